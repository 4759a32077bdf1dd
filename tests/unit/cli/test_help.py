"""The help of every command that there is: without the words of types, within the terminal, by example."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from snake_pipe.cli.app import app, run
from snake_pipe.cli.command_tree import find_command, walk
from snake_pipe.cli.output.help.pages import page_of

ROOT = typer.main.get_command(app).make_context("snake-pipe", [], resilient_parsing=True)
CONTEXTS = {context.command_path: context for context in walk(ROOT)}
COMMANDS = [path.split()[1:] for path in CONTEXTS]


def options_of(context):
    return {
        name
        for one in context.command.get_params(context)
        for name in (*one.opts, *one.secondary_opts)
        if one.param_type_name == "option"
    }


@pytest.fixture
def shown(capsys, monkeypatch):
    """What a command prints at a width."""

    def of(*arguments, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert run(list(arguments)) == 0
        return capsys.readouterr().out

    return of


def test_the_tree_has_groups_and_the_commands_within():
    assert {"snake-pipe", "snake-pipe ingest", "snake-pipe dialects check"} < set(CONTEXTS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_line_fits_eighty_columns_and_names_no_type(shown, command):
    """`[PATH] <list[Path]>` said more of Python than of paths."""
    text = shown(*command, "--help")
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert not re.search(r"<[a-zA-Z\[\] ]+>|list\[|\bTEXT\b|\bINTEGER\b|\[required|\[default", text)
    assert "\x1b" not in text


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("columns", "widest"), [(60, 60), (120, 100)])
def test_other_widths(shown, command, columns, widest):
    """What is to be typed as it stands is not cut."""
    blocks = page_of(CONTEXTS[" ".join(["snake-pipe", *command])].command, ROOT).blocks
    typed = {line.strip() for block in blocks if block.verbatim for line in block.lines}
    wide = [line for line in shown(*command, "--help", columns=columns).splitlines() if len(line) > widest]
    assert [line for line in wide if not any(line.strip() in whole for whole in typed)] == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_everything_is_explained_and_shown_by_example(command):
    page = page_of(CONTEXTS[" ".join(["snake-pipe", *command])].command, ROOT)
    assert page.about
    for entries in page.sections.values():
        for typed, text in entries:
            assert text.endswith((".", ".)")), f"{typed}: {text}"
    assert any(block.heading.startswith("Examples") for block in page.blocks)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_examples_name_commands_and_options_that_exist(command):
    page = page_of(CONTEXTS[" ".join(["snake-pipe", *command])].command, ROOT)
    lines = [line for block in page.blocks if block.heading.startswith("Examples") for line in block.lines]
    for line in lines:
        assert "snake-pipe" in line or "duckdb" in line
        for words in commands_in(line):
            context = ROOT
            while words and hasattr(context.command, "commands") and words[0] in context.command.commands:
                context = find_command(context, [words.pop(0)])
            assert context is not ROOT, line
            own, _, passed_on = partition(words, "--")
            assert options_in(own) <= options_of(context), line
            assert options_in(passed_on) <= options_of(CONTEXTS["snake-pipe ingest"]), line


def partition(words, separator):
    """As `str.partition`, for a list."""
    at = words.index(separator) if separator in words else len(words)
    return words[:at], words[at : at + 1], words[at + 1 :]


def options_in(words):
    return {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}


def commands_in(line):
    """The arguments of each use of the command in a line of a shell, its comment aside."""
    words = shlex.split(line.partition("   ")[0].replace("<(", "( ").replace(")", " )"))
    for index, word in enumerate(words):
        if word == "snake-pipe":
            rest = words[index + 1 :]
            ends = [place for place, one in enumerate(rest) if one in ("|", "<", ">", ")", ";")]
            yield rest[: min(ends, default=len(rest))]


def test_options_stand_under_headings(shown):
    text = shown("ingest", "--help")
    headings = re.findall(r"^(\S.*):$", text, re.MULTILINE)
    assert headings == [
        "Arguments",
        "Selection",
        "Settings",
        "Plugins",
        "Other jobs",
        "Budget",
        "Output",
        "For machines",
        "Options",
        "Examples",
    ]
    assert text.index("Selection:") < text.index("--files-from") < text.index("Settings:")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_and_its_command_say_the_same(shown, command):
    assert shown("help", *command) == shown(*command, "--help") == shown(*command, "-h")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["ingst"], "snake-pipe: no command 'ingst'", "did you mean snake-pipe ingest?"),
        (["help", "ingst"], "snake-pipe: no command 'ingst'", "did you mean snake-pipe ingest?"),
        (["help", "zzz"], "snake-pipe: no command 'zzz'", "snake-pipe --help lists them"),
        (["help", "jobs", "x"], "snake-pipe: no command 'x' in snake-pipe jobs", None),
        (["."], "snake-pipe: no command '.'", "did you mean snake-pipe ingest .?"),
        (
            ["dialects", "chek"],
            "snake-pipe: no command 'chek' in snake-pipe dialects",
            "did you mean snake-pipe dialects check?",
        ),
        (
            ["ingest", "--langages", "x"],
            "snake-pipe ingest: no option --langages",
            "did you mean --languages?",
        ),
        (["ingest", "-z"], "snake-pipe ingest: no option -z", "snake-pipe ingest --help lists them"),
        (
            ["--no-gitignore", "ingest"],
            "snake-pipe: no option --no-gitignore",
            "options go after the command: snake-pipe ingest --no-gitignore",
        ),
        (
            ["ingest", "--workers"],
            "snake-pipe ingest: option '--workers' requires an argument",
            "snake-pipe ingest --help",
        ),
        (["query"], "snake-pipe query: missing argument 'SQL'", "snake-pipe query --help"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_nearest_is_named(capsys, arguments, message, hint):
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()) == ("", [message] if hint is None else [message, f"  {hint}"])


def test_a_value_that_does_not_fit_is_one_line(capsys):
    assert run(["ingest", "--workers", "many"]) == 2
    line, hint = capsys.readouterr().err.splitlines()
    assert line.startswith("snake-pipe ingest: invalid value for '--workers': ")
    assert hint == "  snake-pipe ingest --help"


@pytest.mark.parametrize("group", [[], ["config"]])
def test_a_group_alone_shows_its_help_and_counts_as_wrong_usage(capsys, group):
    assert run(group) == 2
    assert capsys.readouterr().err.startswith("Usage: snake-pipe")


def test_a_watch_has_no_option_that_does_nothing():
    options = options_of(CONTEXTS["snake-pipe watch"])
    assert "--flush-interval" in options
    assert "--allow-empty" in options_of(CONTEXTS["snake-pipe ingest"]) - options
