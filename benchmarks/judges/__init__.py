"""Who judges the rows of a language: one table, from the language to its judges.

`silent` says of which of our definitions and calls a judge has no opinion, by the words that
`benchmarks.accuracy` shows for them: the kind, or the type of the node (of a call: of the name's parent).
They count neither for nor against, unless the judge has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.agreement import CALLS, DEFINITIONS, SUBJECTS
from benchmarks.judges import ctags, python, tag_queries, typescript
from benchmarks.judges.ctags import Tags
from benchmarks.judges.tag_queries import Captures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from benchmarks.agreement import Fact, Name

    Facts = Callable[[Mapping[str, Path]], Iterator[tuple[str, list[Fact]]]]


def _same(name: Name) -> Name:
    return name


@dataclass(frozen=True)
class Judge:
    """Its name, what it judges, how to ask it, and where it has no opinion."""

    name: str
    subjects: tuple[str, ...]
    facts: Facts
    silent: frozenset[str] = frozenset()
    key: Callable[[Name], Name] = _same
    """What both sides' definitions are brought to before they are compared."""
    sees_locals: bool = True
    """Whether it says what is defined inside of functions."""


_CTAGS: dict[str, tuple[Tags, str]] = {
    "bash": (Tags("Sh", "f", "a"), "variable"),
    "c": (Tags("C", "defgmpstuv", "x"), ""),
    "c-sharp": (Tags("C#", "Ecefgimnps", "t"), ""),
    "cpp": (Tags("C++", "cdefgmnpstuv", "AxNU"), "alias_declaration"),
    "elixir": (Tags("Elixir", "adefgmopy", "cirt"), ""),
    "go": (Tags("Go", "acfimnpstv", "M"), ""),
    "haskell": (Tags("Haskell", "cfmt", ""), "method field signature"),
    "java": (Tags("Java", "acefgimp", ""), ""),
    "julia": (Tags("Julia", "cfgmnst", ""), "variable"),
    "kotlin": (Tags("Kotlin", "CTcimopv", ""), "enum_entry secondary_constructor"),
    "lua": (Tags("Lua", "f", ""), "variable"),
    "make": (Tags("Make", "mt", ""), ""),
    "markdown": (Tags("Markdown", "STcstu", ""), ""),
    "objc": (Tags("ObjectiveC", "EIPMcefimpstv", "C"), ""),
    "perl": (Tags("Perl", "cps", "fld"), "variable"),
    "php": (Tags("PHP", "cdfintv", "al"), ""),
    "powershell": (Tags("PowerShell", "f", "v"), "variable class field method enum"),
    "python": (Tags("Python", "cfmv", "xI"), ""),
    "ruby": (Tags("Ruby", "CSacfm", "AL"), "assignment"),
    "rust": (Tags("Rust", "MPefgimnstv", "c"), "const_item"),
    "sql": (Tags("SQL", "EVfipt", "cdlsv"), ""),
}
"""language → what ctags calls it and its kinds, and our words of which it says nothing."""

_QUERIES: dict[str, tuple[Captures, str]] = {
    "c-sharp": (
        Captures("class interface method", "module", "send"),
        """
        module field enum type_alias function struct_declaration constructor_declaration
        destructor_declaration object_creation_expression generic_name invocation_expression qualified_name
        member_binding_expression
        """,
    ),
    "dart": (
        Captures("class method type mixin enum function extension"),
        "module field variable constructor_signature constant_constructor_signature getter_signature",
    ),
    "elixir": (Captures("module function", "", "call"), "type_alias field"),
    "go": (Captures("function method type", "", "call"), "module field variable method_elem"),
    "java": (
        Captures("class method interface", "", "call", "class"),
        """
        module field enum constructor_declaration compact_constructor_declaration record_declaration
        annotation_type_declaration annotation_type_element_declaration generic_type scoped_type_identifier
        """,
    ),
    "lua": (Captures("function method", "", "call"), "variable"),
    "ocaml": (
        Captures(
            "module interface class method type enum_variant field function operator external", "", "call"
        ),
        "variable value_specification instance_variable_definition constructor_path field_path class_path",
    ),
    "php": (
        Captures("module interface class field function", "", "call", "class"),
        "variable enum const_element function_call_expression object_creation_expression",
    ),
    "ruby": (Captures("class method module", "", "", "call"), "variable assignment"),
    "rust": (
        Captures("class method function interface module macro", "", "call"),
        "field variable scoped_identifier function_signature_item associated_type",
    ),
    "scala": (
        Captures("module interface enum class object function type", "variable property", "call"),
        """
        variable field function_declaration package_object field_expression generic_type instance_expression
        generic_function stable_type_identifier compound_type
        """,
    ),
    "solidity": (
        Captures("method function class interface", "", "call", "class"),
        """
        field variable type_alias function_definition constructor_definition modifier_definition
        fallback_receive_definition yul_function_call expression member_expression user_defined_type
        """,
    ),
    "swift": (
        Captures("class interface method function", "property"),
        "type_alias field variable class_declaration enum_entry",
    ),
}
"""language → captures of its `tags.scm`, and our words of which it says nothing."""

_PARTS = re.compile(r"::|[.:\\]")


def _last_part(name: Name) -> Name:
    """`a.b` and `b` are the same: judges write the one or the other."""
    return name._replace(name=_PARTS.split(name.name)[-1])


def _selector(name: Name) -> Name:
    """A method of Objective-C by its first part, wherever: ctags tells the line of the last part."""
    return name._replace(name=name.name.partition(":")[0], line=0)


def _anywhere(name: Name) -> Name:
    """A signature and its equations, or the clauses of a function: one definition here, several there."""
    return _last_part(name)._replace(line=0)


def _bare(name: Name) -> Name:
    """An operator without its parentheses."""
    return name._replace(name=name.name.strip("() "))


def _together(name: Name) -> Name:
    """`operator==` and `~A` without blanks."""
    return name._replace(name=name.name.replace(" ", ""))


def _unquoted(name: Name) -> Name:
    """A name of SQL without its quotes or brackets."""
    return name._replace(name=name.name.strip('"[]`'))


_KEYS = {
    "c-sharp": _last_part,
    "cpp": _together,
    "elixir": _anywhere,
    "haskell": _anywhere,
    "lua": _last_part,
    "objc": _selector,
    "ocaml": _bare,
    "sql": _unquoted,
}

_TYPESCRIPT = ("javascript", "typescript", "tsx")


def judges_of(language: str, node_folder: Path | None) -> list[Judge]:
    """Who can say something about sources in this language, on this machine."""
    found, key = [], _KEYS.get(language, _same)
    if language == "python":
        found.append(Judge("ast", SUBJECTS, python.facts))
    if language in _TYPESCRIPT and node_folder is not None:
        found.append(Judge("typescript", SUBJECTS, partial(typescript.facts, node_folder)))
    if language in _CTAGS and ctags.available():
        tags, silent = _CTAGS[language]
        ask = partial(ctags.facts, tags)
        found.append(Judge("ctags", (DEFINITIONS,), ask, frozenset(silent.split()), key, sees_locals=False))
    if language in _QUERIES:
        captures, silent = _QUERIES[language]
        subjects = (DEFINITIONS, CALLS) if captures.calls else (DEFINITIONS,)
        ask = partial(tag_queries.facts, language, captures)
        found.append(Judge("tags.scm", subjects, ask, frozenset(silent.split()), key))
    return found
