"""The table of source languages: which files are theirs, which grammar reads them.

Nothing here imports a grammar: discovery asks the table in the command line's own process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snake_pipe.transform.languages.rules import Rules

EXTRACTION_VERSION = 7
"""Raised when the same source gives other rows, or counts as of another language.

Files of another version are read again; of the others nobody asks which language they are in.
"""


@dataclass(frozen=True, slots=True)
class Language:
    """One source language.

    `distribution` is the wheel of its grammar, `module` and `function` where the grammar is found in it.
    `endings` (with the dot, lower case), `files` (exact names) and `interpreters` (of a `#!` line) tell
    its files; `modes` are further names that editors know it by. `data` languages are read only on request.
    The grammar of an `extra` one comes with `snake-pipe[languages]`. `rules_module` holds its `RULES`.
    """

    name: str
    distribution: str
    rules_module: str
    endings: tuple[str, ...]
    function: str = "language"
    files: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    data: bool = False
    extra: bool = False

    @property
    def module(self) -> str:
        """The grammar's import name."""
        return self.distribution.replace("-", "_")

    @property
    def parser(self) -> str:
        """What `files.parser` shows."""
        return self.distribution

    @property
    def parser_version(self) -> str:
        """Version of the grammar's wheel and of our rules: either one changes the rows."""
        return f"{_installed_version(self.distribution) or 'none'}+r{EXTRACTION_VERSION}"

    @property
    def installed(self) -> bool:
        """Whether the grammar's wheel is there."""
        return _is_there(self.module)

    @property
    def install_command(self) -> str:
        """What brings the grammar."""
        wanted = "'snake-pipe[languages]'" if self.extra else self.distribution
        return f"pip install {wanted}"

    def rules(self) -> Rules:
        """The language's rules, imported on first use."""
        rules: Rules = import_module(f"{__package__}.{self.rules_module}").RULES
        return rules


@cache
def _installed_version(distribution: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # takes 10 ms

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


@cache
def _is_there(module: str) -> bool:
    return find_spec(module) is not None


def _extra(name: str, *endings: str, data: bool = False, **more: Any) -> Language:
    """A language whose wheel and rules are named as it is, unless `more` says otherwise."""
    wheel = more.pop("wheel", name)
    rules_module = more.pop("rules_module", name.replace("-", "_"))
    return Language(name, f"tree-sitter-{wheel}", rules_module, endings, data=data, extra=True, **more)


_CORE = (
    Language(
        "bash",
        "tree-sitter-bash",
        "bash",
        (".sh", ".bash", ".ebuild", ".eclass", ".bats", ".ksh"),
        files=(
            ".bashrc",
            ".bash_profile",
            ".bash_aliases",
            ".bash_logout",
            ".profile",
            "PKGBUILD",
            "APKBUILD",
        ),
        interpreters=("bash", "sh", "dash", "ksh", "ash"),
        modes=("shell", "shell-script"),
    ),
    Language("c", "tree-sitter-c", "c", (".c", ".h")),
    Language("c-sharp", "tree-sitter-c-sharp", "c_sharp", (".cs", ".csx"), modes=("csharp", "cs")),
    Language(
        "cpp",
        "tree-sitter-cpp",
        "cpp",
        (".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".tpp", ".inl", ".cu", ".cuh"),
        modes=("c++",),
    ),
    Language("go", "tree-sitter-go", "go", (".go",), modes=("golang",)),
    Language("java", "tree-sitter-java", "java", (".java",)),
    Language(
        "javascript",
        "tree-sitter-javascript",
        "javascript",
        (".js", ".jsx", ".mjs", ".cjs"),
        files=("Jakefile",),
        interpreters=("node", "nodejs"),
        modes=("js", "js2", "jsx"),
    ),
    Language(
        "php",
        "tree-sitter-php",
        "php",
        (".php", ".php3", ".php4", ".php5", ".php7", ".php8", ".phtml"),
        function="language_php",
        interpreters=("php",),
    ),
    Language(
        "python",
        "tree-sitter-python",
        "python",
        (".py", ".pyi", ".pyw"),
        files=("SConstruct", "SConscript", "wscript"),
        interpreters=("python", "pypy", "python2", "python3", "pypy3"),
        modes=("py",),
    ),
    Language(
        "ruby",
        "tree-sitter-ruby",
        "ruby",
        (".rb", ".rake", ".gemspec", ".ru", ".podspec", ".thor"),
        files=(
            "Rakefile",
            "Gemfile",
            "Guardfile",
            "Vagrantfile",
            "Capfile",
            "Podfile",
            "Fastfile",
            "Brewfile",
        ),
        interpreters=("ruby", "jruby"),
    ),
    Language("rust", "tree-sitter-rust", "rust", (".rs",), modes=("rs",)),
    Language(
        "tsx", "tree-sitter-typescript", "tsx", (".tsx",), function="language_tsx", modes=("typescriptreact",)
    ),
    Language(
        "typescript",
        "tree-sitter-typescript",
        "typescript",
        (".ts", ".mts", ".cts"),
        function="language_typescript",
        interpreters=("deno", "ts-node", "tsx", "bun"),
        modes=("ts",),
    ),
)

_PROGRAMMING = (
    _extra("dart", ".dart", interpreters=("dart",)),
    _extra(
        "dockerfile",
        ".dockerfile",
        ".containerfile",
        wheel="containerfile",
        files=("Dockerfile", "Containerfile"),
        modes=("docker",),
    ),
    _extra("elixir", ".ex", ".exs", interpreters=("elixir",)),
    _extra("haskell", ".hs", ".hs-boot", interpreters=("runghc", "runhaskell", "stack")),
    _extra("hcl", ".hcl", ".tf", ".tfvars", ".nomad", modes=("terraform",)),
    _extra("julia", ".jl", interpreters=("julia",)),
    _extra("kotlin", ".kt", ".kts", interpreters=("kotlin",)),
    _extra("lua", ".lua", ".rockspec", interpreters=("lua", "luajit", "texlua"), files=(".luacheckrc",)),
    _extra(
        "make",
        ".mk",
        ".mak",
        files=("Makefile", "makefile", "GNUmakefile", "Makefile.am", "Makefile.in", "Kbuild"),
        interpreters=("make",),
        modes=("makefile",),
    ),
    _extra("objc", ".mm", modes=("objective-c", "objcpp")),
    _extra("ocaml", ".ml", function="language_ocaml", interpreters=("ocaml", "ocamlrun")),
    _extra(
        "ocaml-interface", ".mli", wheel="ocaml", rules_module="ocaml", function="language_ocaml_interface"
    ),
    _extra("perl", ".pl", ".pm", ".t", ".psgi", interpreters=("perl",), modes=("cperl",)),
    _extra("powershell", ".ps1", ".psm1", ".psd1", interpreters=("pwsh", "powershell"), modes=("ps1",)),
    _extra("scala", ".scala", ".sc", ".sbt", interpreters=("scala", "scala-cli", "amm")),
    _extra("solidity", ".sol"),
    _extra("swift", ".swift", interpreters=("swift",)),
    _extra("zig", ".zig", ".zon"),
)

_DATA = (
    _extra("css", ".css", data=True),
    _extra("html", ".html", ".htm", ".xhtml", data=True),
    _extra("json", ".json", ".jsonc", ".webmanifest", ".geojson", data=True),
    _extra("markdown", ".md", ".markdown", ".mkd", data=True),
    _extra("sql", ".sql", ".ddl", ".psql", modes=("mysql", "plsql", "pgsql"), data=True),
    _extra("toml", ".toml", data=True, files=("Cargo.lock", "poetry.lock", "uv.lock", "Pipfile")),
    _extra(
        "xml",
        ".xml",
        ".xsd",
        ".xsl",
        ".xslt",
        ".svg",
        ".csproj",
        ".plist",
        function="language_xml",
        data=True,
    ),
    _extra("yaml", ".yaml", ".yml", data=True, files=(".clang-format", ".clang-tidy")),
)

LANGUAGES: dict[str, Language] = {
    language.name: language
    for language in sorted((*_CORE, *_PROGRAMMING, *_DATA), key=lambda language: language.name)
}
"""Every language by name, sorted."""
