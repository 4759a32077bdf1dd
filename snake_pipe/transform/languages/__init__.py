"""The source languages: which files are theirs, which grammar reads them, which rules give meaning.

Finding a file's language is a lookup of its name; only `.h` and names without ending need a look at the
file's first bytes. Grammars and rules are loaded on first use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snake_pipe.transform.languages.rules import Rules

EXTRACTION_VERSION = 1
"""Raised when the same source gives other rows; files of another version are read again."""


@dataclass(frozen=True, slots=True)
class Language:
    """One source language.

    `distribution` is the wheel of its grammar, `module` and `function` where the grammar is found in it.
    `endings` (with the dot, lower case), `files` (exact names) and `interpreters` (of a `#!` line) tell
    its files. `data` languages are read only on request. `rules_module` holds its `RULES`.
    """

    name: str
    distribution: str
    rules_module: str
    endings: tuple[str, ...]
    function: str = "language"
    files: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    data: bool = field(default=False, kw_only=True)

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
        try:
            return f"{version(self.distribution)}+r{EXTRACTION_VERSION}"
        except PackageNotFoundError:
            return f"unknown+r{EXTRACTION_VERSION}"

    def rules(self) -> Rules:
        """The language's rules, imported on first use."""
        rules: Rules = import_module(f"{__name__}.{self.rules_module}").RULES
        return rules


_LANGUAGES = (
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
    ),
    Language("c", "tree-sitter-c", "c", (".c", ".h")),
    Language("c-sharp", "tree-sitter-c-sharp", "c_sharp", (".cs", ".csx")),
    Language(
        "cpp",
        "tree-sitter-cpp",
        "cpp",
        (".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".tpp", ".inl", ".cu", ".cuh"),
    ),
    Language("go", "tree-sitter-go", "go", (".go",)),
    Language("java", "tree-sitter-java", "java", (".java",)),
    Language(
        "javascript",
        "tree-sitter-javascript",
        "javascript",
        (".js", ".jsx", ".mjs", ".cjs"),
        files=("Jakefile",),
        interpreters=("node", "nodejs"),
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
    Language("rust", "tree-sitter-rust", "rust", (".rs",)),
    Language("tsx", "tree-sitter-typescript", "tsx", (".tsx",), function="language_tsx"),
    Language(
        "typescript",
        "tree-sitter-typescript",
        "typescript",
        (".ts", ".mts", ".cts"),
        function="language_typescript",
        interpreters=("deno", "ts-node", "tsx", "bun"),
    ),
)

LANGUAGES: dict[str, Language] = {language.name: language for language in _LANGUAGES}
"""Every language by name, sorted."""

_BY_FILE = {name: language.name for language in _LANGUAGES for name in language.files}
_BY_ENDING = {ending: language.name for language in _LANGUAGES for ending in language.endings}
_BY_INTERPRETER = {word: language.name for language in _LANGUAGES for word in language.interpreters}

_SHEBANG = re.compile(
    rb"\A#![ \t]*(?:\S*/)?env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*(\S+)|\A#![ \t]*(?:\S*/)?(\S+)"
)
_VERSION = re.compile(r"[-.\d]+\Z")
_CPP_ONLY = re.compile(
    rb"^[ \t]*(?:class[ \t]+\w+|namespace\b|template[ \t]*<|using[ \t]+\w|(?:public|private|protected)[ \t]*:"
    rb"|(?:virtual|explicit|constexpr|friend|inline[ \t]+namespace)\b|#[ \t]*include[ \t]*<(?:c?\w+)>\s*$)"
    rb"|\bstd::|\boperator[ \t]*[=+<>(\[-]|\bstatic_cast<",
    re.MULTILINE,
)
_GUARDED = re.compile(
    rb"^[ \t]*#[ \t]*if(?:def|[ \t]+defined)?[ \t(]*__cplusplus.*?^[ \t]*#[ \t]*(?:endif|else)",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)


def language_of_name(filename: str) -> str | None:
    """The language a file's name tells (`filename` without folders), None for none of ours."""
    exact = _BY_FILE.get(filename)
    if exact is not None:
        return exact
    _, dot, ending = filename.rpartition(".")
    return _BY_ENDING.get(f".{ending.lower()}") if dot else None


def language_of_head(filename: str, head: bytes) -> str | None:
    """The language of a file by its name and its first bytes (a few KB are enough).

    Differs from `language_of_name` for `.h`, which is C++ where its text can't be C, and for names
    without ending, whose `#!` line decides.
    """
    by_name = language_of_name(filename)
    if by_name == "c" and filename[-2:].lower() == ".h":
        return "cpp" if is_cpp_header(head) else "c"
    if by_name is not None or "." in filename.lstrip("."):
        return by_name
    return _language_of_shebang(head)


def is_cpp_header(head: bytes) -> bool:
    """Whether a header's text, outside of comments and of what C compilers never see, is C++ alone."""
    text = _GUARDED.sub(b"", _COMMENT.sub(b"", head))
    return _CPP_ONLY.search(text) is not None


def _language_of_shebang(head: bytes) -> str | None:
    found = _SHEBANG.match(head)
    if found is None:
        return None
    word = (found[1] or found[2]).rsplit(b"/", 1)[-1].decode("latin-1")
    return _BY_INTERPRETER.get(word) or _BY_INTERPRETER.get(_VERSION.sub("", word))


@cache
def other_types(name: str) -> tuple[str, ...]:
    """The types of a language's grammar that no table gives a normalised kind."""
    from snake_pipe.transform.source_grammar import other_types as compute

    return tuple(compute(name))
