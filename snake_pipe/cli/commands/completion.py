"""`completion`: scripts that have a shell ask for what may come next, and the command that answers it."""

from __future__ import annotations

from typing import Annotated

import typer

from snake_pipe.cli.completers import shells
from snake_pipe.cli.completion import complete, words_of_line
from snake_pipe.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("completion", epilog=_EXAMPLES)(completion)
    anything = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("_complete", hidden=True, context_settings=anything)(answer)


_EXAMPLES = """
\b
Examples, for the file that your shell reads at its start:
  source <(snake-pipe completion bash)    ~/.bashrc
  source <(snake-pipe completion zsh)     ~/.zshrc, after compinit
  snake-pipe completion fish | source     ~/.config/fish/config.fish
"""

_BASH = r"""
_snake_pipe() {
    local line word=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files) compopt -o default ;;
            :folders) compopt -o dirnames ;;
            *)
                line=${line%%$'\t'*}
                [[ $line == *= ]] && compopt -o nospace
                COMPREPLY+=("$line")
                ;;
        esac
    done < <("${1/#\~/$HOME}" _complete line -- "${COMP_LINE:0:COMP_POINT}" "$word" 2>/dev/null)
}
complete -F _snake_pipe snake-pipe
"""

_ZSH = r"""
#compdef snake-pipe
_snake_pipe() {
    local line
    local -a offers settings
    for line in "${(@f)$(${(Q)words[1]} _complete words -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
            :files) compset -P '--*='; _files ;;
            :folders) compset -P '--*='; _files -/ ;;
            '') ;;
            *)
                line=${line//:/\\:}
                line=${line/$'\t'/:}
                [[ ${line%%:*} == *= ]] && settings+=("$line") || offers+=("$line")
                ;;
        esac
    done
    (( $#offers )) && _describe -t values 'snake-pipe' offers
    (( $#settings )) && _describe -t settings 'setting' settings -S ''
}
if [[ $funcstack[1] == _snake_pipe ]]; then
    _snake_pipe "$@"
else
    compdef _snake_pipe snake-pipe
fi
"""

_FISH = r"""
function __snake_pipe_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in ($words[1] _complete words -- $words[2..-1] "$word" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$word"
            case :folders
                __fish_complete_directories "$word"
            case '*'
                echo $line
        end
    end
end
complete -c snake-pipe -f -a '(__snake_pipe_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.", autocompletion=shells)],
) -> None:
    """Print a shell's script for completion: of commands, options and values."""
    if shell not in _SCRIPTS:
        raise UsageError(f"no script for {shell!r}", f"one of {', '.join(_SCRIPTS)}")
    typer.echo(_SCRIPTS[shell].lstrip(), nl=False)


def answer(context: typer.Context) -> None:
    """Offers for the word at the cursor, one per line, each with a tab and what is said of it.

    `_complete words -- WORD...` has the words after the program's name; `_complete line -- LINE WORD` has the
    line up to the cursor, and the word that bash sees: it cuts words at `=` and `:` too, and is to be given
    what comes after. They are no parameters of typer's, which would take half of the time.
    """
    how, *given = context.args
    cut = ""
    if how == "line":
        line, seen = given
        given = words_of_line(line)[1:] or [""]
        cut = given[-1].removesuffix("" if seen in ("=", ":") else seen)
    for value, about in complete(context.find_root(), given or [""]):
        typer.echo(f"{value.removeprefix(cut)}\t{' '.join(about.split())}".rstrip("\t"))
