"""A dialect that a user wrote down in a TOML file → the `Dialect` that the walker reads.

docs/dialects.md explains the file. Nothing in it is run: it names types, keys and paths only.
"""

from __future__ import annotations

import re
from fnmatch import translate
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import ConfigError
from snake_pipe.schemas import KINDS, ROLES
from snake_pipe.transform.dialects.checked_table import CheckedTable
from snake_pipe.transform.dialects.declared_rules import (
    DeclaredDefinition,
    DeclaredImport,
    DeclaredReference,
    Naming,
    RootTest,
    in_order,
    qualifying,
    steps,
)
from snake_pipe.transform.dialects.dialect import CALL, THROUGH, Dialect, RoleRule, Tags, no_kind
from snake_pipe.transform.dialects.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

UNITS = ("byte", "utf16", "char", "none")
_PATHS = Places._fields[:6]
_ENDS = ("offset", "column")
_PLACE_WORDS = {"call": CALL, "through": THROUGH} | {
    word: RoleRule(word) for word in (*ROLES, "none", "local") if word != "call"
}
_KIND_OF_ROLE = {"call": "call", "type": "type_ref", "inherit": "type_ref", "decorate": "annotation"}
_FUNCTIONS = ("function", "method")
_CLASSES = ("class", "interface", "enum")
_LONGEST_FILE = 1 << 20


def read_dialect_file(path: Path) -> str:
    """The text of a dialect file, which ends with a line's end; ConfigError if it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: no UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > _LONGEST_FILE:
        raise ConfigError(f"{path}: larger than {_LONGEST_FILE} bytes, no dialect file")
    return text.rstrip("\r\n") + "\n"


def compile_dialect(text: str, file: str) -> Dialect:
    """The dialect that the text of a file describes; ConfigError of one line for the first mistake."""
    table = CheckedTable.parse(text, file)
    return _Compiler(table).compile(sha256(text.encode()).hexdigest())


class _Compiler:
    """Reads one file's tables into the fields of `Dialect`."""

    def __init__(self, table: CheckedTable) -> None:
        self._table = table
        self._named_uses: dict[str, str] = {}
        self._type_key = table.required("type_key")
        self._kinds: dict[str, str] = {}
        self._patterns: list[tuple[str, str]] = []
        self._naming = Naming(self._type_key, {})
        self._defined: dict[str, set[str]] = {}

    def compile(self, revision: str) -> Dialect:
        table = self._table
        name = table.required("name")
        language = table.required("language")
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,39}", name):
            table.refuse("name", f"is {name!r}; small letters, digits and - are allowed")
        written_by = table.text("written_by", "a tool with a dialect file")
        root_table = table.table("root")
        root_is_list = root_table.flag("list")
        root = self._root(root_table)
        unit, positions = self._positions(table.table("positions"))
        self._read_kinds(table.table("kinds"))
        name_paths = self._name_paths(table.table("names"))
        self._naming = Naming(self._type_key, name_paths)
        values = dict(self._texts_by_type(table.table("values")))
        definitions = self._rules("definitions", self._definition)
        references = self._rules("references", self._reference)
        imports = self._rules("imports", self._import)
        qualifiers = {type_: steps(path) for type_, path in self._texts_by_type(table.table("qualifiers"))}
        places = table.table("places")
        uses = {type_: self._uses(places.table(type_)) for type_ in places.keys()}  # noqa: SIM118 - as above
        sources = table.words("source")
        literals = table.words("literals")
        self._kinds = dict.fromkeys(literals, "atom") | self._kinds
        leaves = {self._type_key, *table.words("never_nodes")}
        leaves |= {path.split(".")[0] for path in positions.paths if path}
        dialect = Dialect(
            name=name,
            written_by=written_by,
            language=language,
            type_key=self._type_key,
            positions=positions if any(positions.paths) else "none",
            offset_unit=unit,
            leaf_keys=frozenset(leaves),
            kinds=self._kinds,
            is_root=root,
            root_is_list=root_is_list,
            source_keys=sources,
            fallback_kind=_by_patterns(self._patterns) if self._patterns else no_kind,
            name_keys={type_: path[0] for type_, path in name_paths.items() if len(path) == 1},
            named={type_: self._naming.of for type_, path in name_paths.items() if len(path) > 1},
            value_keys=values,
            literals=frozenset(literals),
            branches=frozenset(table.words("branches")),
            functions=self._scope("functions", _FUNCTIONS),
            classes=self._scope("classes", _CLASSES),
            names=self._named_uses,
            uses=uses,
            members=frozenset(qualifiers),
            qualifier=qualifying(self._naming, qualifiers),
            definitions=definitions,
            references=references,
            imports=imports,
            tags=self._tags(table.table("wrapped")),
            revision=revision,
        )
        table.close()
        return dialect

    def _root(self, table: CheckedTable) -> RootTest:
        test = RootTest(
            frozenset(table.words("types")),
            table.words("keys"),
            {steps(path): value for path, value in table.scalars("values").items()},
        )
        table.close()
        if not test.types and not test.keys:
            table.refuse("types", "is missing: what tells a root? [root] needs types, keys or both")
        return test

    def _positions(self, table: CheckedTable) -> tuple[str, Places]:
        paths: dict[str, Any] = {name: table.text(name) for name in _PATHS}
        places = Places(
            **paths,
            first_line=table.number("first_line", 1, choices=(0, 1)),
            first_column=table.number("first_column", 0, choices=(0, 1)),
            ends_on_last=frozenset(table.words("ends_on_last", choices=_ENDS)),
            length=table.text("length"),
        )
        if places.length and (places.end_offset or not places.start_offset):
            table.refuse("length", "is for a start_offset without an end_offset")
        if places.mistake is not None:
            table.refuse(*places.mistake)
        given = any(places.paths)
        unit = table.required("unit", choices=UNITS) if given else table.text("unit", "none", choices=UNITS)
        table.close()
        return unit, places

    def _tags(self, table: CheckedTable) -> Tags | None:
        """Types around the nodes: those named, or else all that have a kind; `*Stmt` is any that ends so."""
        named = table.words("types")
        for pattern in filter(_is_pattern, named):
            if not pattern.startswith("*") or _is_pattern(pattern[1:]):
                table.refuse("types", f"has {pattern!r}; of patterns only * at the begin is allowed")
        fields = table.table("fields")
        tags = Tags(
            types=frozenset(type_ for type_ in named if not _is_pattern(type_)) or frozenset(self._kinds),
            fields={key: fields.required(key) for key in fields.keys()},  # noqa: SIM118 - as below
            root=table.text("root", "root"),
            others=tuple(type_[1:] for type_ in named if _is_pattern(type_)),
        )
        table.close()
        return tags if table else None

    def _read_kinds(self, table: CheckedTable) -> None:
        for kind in table.keys():  # noqa: SIM118 - it also notes that they were asked for
            if kind not in KINDS:
                CheckedTable(table.file, table.values, table.at, list(KINDS)).close()
            for type_ in table.words(kind):
                if _is_pattern(type_):
                    self._patterns.append((type_, kind))
                elif self._kinds.setdefault(type_, kind) != kind:
                    table.refuse(kind, f"has {type_!r}, which is a {self._kinds[type_]} already")

    def _name_paths(self, table: CheckedTable) -> dict[str, tuple[str, ...]]:
        found = {"" if type_ == "*" else type_: steps(path) for type_, path in self._texts_by_type(table)}
        if len(found.get("", ())) > 1:
            table.refuse("*", "is a path; for all other types it can only be a key")
        return found

    def _texts_by_type(self, table: CheckedTable) -> Iterable[tuple[str, str]]:
        return [(type_, table.required(type_)) for type_ in table.keys()]  # noqa: SIM118 - as above

    def _rules(self, section: str, read: Callable[[CheckedTable, str], Any]) -> dict[str, Any]:
        """The rules of a section by type: one, or several that apply together."""
        table = self._table.table(section)
        rules = {}
        for type_ in table.keys():  # noqa: SIM118 - as above
            found = tuple(rule for one in table.tables(type_) if (rule := read(one, type_)) is not None)
            if found:
                rules[type_] = found[0] if len(found) == 1 else in_order(found)
        return rules

    def _definition(self, table: CheckedTable, type_: str) -> DeclaredDefinition:
        kind = table.required("kind", choices=KINDS)
        self._kinds.setdefault(type_, kind)
        self._defined.setdefault(type_, set()).add(kind)
        rule = DeclaredDefinition(
            **self._shared(table),
            kind=kind,
            name=steps(table.text("name")),
            body=steps(table.text("body")),
            parameters=steps(table.text("parameters")) if "parameters" in table else None,
            modifiers=self._modifiers(table),
            visibility=steps(table.text("visibility")),
            exported=steps(table.text("exported")),
            doc=steps(table.text("doc")),
            only_outside=table.flag("only_outside_functions"),
        )
        if not rule.name:
            self._need_name(table, type_)
        table.close("parameters")
        return rule

    def _need_name(self, table: CheckedTable, type_: str) -> None:
        if type_ not in self._naming.paths and "" not in self._naming.paths:
            table.refuse("name", f"is missing, and [names] does not tell the name of {type_} either")

    def _modifiers(self, table: CheckedTable) -> dict[tuple[str, ...], str]:
        if isinstance(table.values.get("modifiers"), dict):
            words = table.table("modifiers")
            return {steps(path): words.required(path) for path in words.keys()}  # noqa: SIM118 - as above
        return {steps(path): path.rpartition(".")[2] for path in table.words("modifiers")}

    def _reference(self, table: CheckedTable, type_: str) -> DeclaredReference | None:
        """A rule where a path leads to the name; a node that is the name itself climbs to its role."""
        role = table.required("role", choices=(*ROLES, "none"))
        if "name" not in table:
            self._kinds.setdefault(type_, "identifier")
            self._named_uses[type_] = role
            self._need_name(table, type_)
            table.close("name")
            return None
        self._kinds.setdefault(type_, _KIND_OF_ROLE.get(role, "identifier"))
        if role == "none":
            table.refuse("role", "none is for nodes that are names; leave the whole table out")
        rule = DeclaredReference(
            **self._shared(table),
            role=role,
            name=steps(table.required("name")),
            qualifier=steps(table.text("qualifier")),
        )
        table.close()
        return rule

    def _import(self, table: CheckedTable, type_: str) -> DeclaredImport:
        self._kinds.setdefault(type_, "import")
        rule = DeclaredImport(
            **self._shared(table),
            module=steps(table.required("module")),
            name=steps(table.text("name")),
            alias=steps(table.text("alias")),
            wildcard=steps(table.text("wildcard")),
        )
        table.close()
        return rule

    def _shared(self, table: CheckedTable) -> dict[str, Any]:
        return {
            "naming": self._naming,
            "when": {steps(path): value for path, value in table.scalars("when").items()},
            "each": steps(table.text("each")),
        }

    def _uses(self, table: CheckedTable) -> dict[str, RoleRule]:
        found = {}
        for field in table.keys():  # noqa: SIM118 - as above
            if isinstance(table.values[field], dict):
                inner = table.table(field)
                use = _PLACE_WORDS[inner.required("role", choices=_PLACE_WORDS)]
                found[field] = use._replace(first=inner.flag("first"))
                inner.close()
            else:
                found[field] = _PLACE_WORDS[table.required(field, choices=_PLACE_WORDS)]
        return found

    def _scope(self, key: str, kinds: Iterable[str]) -> frozenset[str]:
        """The types named under the key, and those that define nothing but such kinds."""
        by_kind = {type_ for type_, defined in self._defined.items() if defined <= set(kinds)}
        return frozenset({*self._table.words(key), *by_kind})


def _is_pattern(type_: str) -> bool:
    return any(mark in type_ for mark in "*?[")


def _by_patterns(patterns: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """The kind of a type by the first pattern that it matches."""
    tests = [(re.compile(translate(pattern)).match, kind) for pattern, kind in patterns]

    def kind_of(type_: str) -> str:
        return next((kind for match, kind in tests if match(type_)), "other")

    return kind_of
