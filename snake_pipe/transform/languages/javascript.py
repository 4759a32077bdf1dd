"""JavaScript with JSX; TypeScript builds on these tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    CALL,
    DECORATE,
    INHERIT,
    NONE,
    READ,
    THROUGH,
    WRITE,
    Define,
    Head,
    ImportRow,
    Rules,
    Subtree,
    Uses,
    member,
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FUNCTIONS = ("arrow_function", "function_expression", "generator_function", "function")
FUNCTION_VALUES = {**dict.fromkeys(_FUNCTIONS, "function"), "class": "class"}
METHOD_VALUES = dict.fromkeys(_FUNCTIONS, "method")


def string_text(tree: Subtree, node: int) -> str:
    """A string's text without its quotes."""
    return tree.text(node)[1:-1]


def _is_relative(module: str) -> bool:
    return module.startswith(("./", "../")) or module in {".", ".."}


def read_import(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`import` with all its clauses."""
    source = tree.child(statement, "source")
    module = string_text(tree, source) if source >= 0 else None
    found = False
    for clause in tree.children(statement):
        if tree.type(clause) == "import_clause":
            for item in _clause(tree, clause, module):
                found = True
                yield item
        elif tree.type(clause) == "import_require_clause":
            found = True
            inner = tree.child(clause, "source")
            required = string_text(tree, inner)
            name = next(tree.children(clause))
            yield ImportRow(statement, required, None, tree.text(name), _is_relative(required))
    if not found and module is not None:
        yield ImportRow(statement, module, is_relative=_is_relative(module))


def _clause(tree: Subtree, clause: int, module: str | None) -> Iterator[ImportRow]:
    relative = _is_relative(module or "")
    for child in tree.children(clause):
        kind = tree.type(child)
        if kind == "identifier":
            yield ImportRow(child, module, "default", tree.text(child), relative)
        elif kind == "namespace_import":
            alias = next(tree.children(child), -1)
            yield ImportRow(
                child, module, None, tree.text(alias) if alias >= 0 else None, relative, is_wildcard=True
            )
        elif kind == "named_imports":
            yield from _specifiers(tree, child, module, "import_specifier")


def _specifiers(tree: Subtree, parent: int, module: str | None, type_: str) -> Iterator[ImportRow]:
    relative = _is_relative(module or "")
    for item in tree.children(parent):
        if tree.type(item) == type_:
            name, alias = (_specified(tree, item, field) for field in ("name", "alias"))
            yield ImportRow(item, module, name, alias, relative)


def _specified(tree: Subtree, item: int, field: str) -> str | None:
    """A specifier's name or alias; the grammar has no node for the name `default`."""
    node = tree.child(item, field)
    if node >= 0:
        return tree.text(node)
    words = tree.text(item).split()
    at = {"name": 0, "alias": -1}[field]
    return "default" if words[at:][:1] == ["default"] and (field == "name" or "as" in words) else None


def read_reexport(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    """`export ... from`."""
    module = string_text(tree, tree.child(statement, "source"))
    relative = _is_relative(module)
    listed = False
    for child in tree.children(statement):
        if tree.type(child) == "export_clause":
            listed = True
            yield from _specifiers(tree, child, module, "export_specifier")
        elif tree.type(child) == "namespace_export":
            listed = True
            alias = next(tree.children(child), -1)
            yield ImportRow(
                statement, module, None, tree.text(alias) if alias >= 0 else None, relative, is_wildcard=True
            )
    if not listed:
        yield ImportRow(statement, module, is_relative=relative, is_wildcard=True)


def read_call(tree: Subtree, node: int) -> Iterator[ImportRow]:
    """`require("m")` and `import("m")`, with the names a declaration around it takes from the module."""
    target = -1
    call = node
    if tree.type(node) == "variable_declarator":
        target, call = tree.child(node, "name"), tree.child(node, "value")
    arguments = tree.child(call, "arguments") if call >= 0 else -1
    first = next(tree.children(arguments), -1) if arguments >= 0 else -1
    if first < 0 or tree.type(first) != "string":
        return
    module = string_text(tree, first)
    relative = _is_relative(module)
    if target >= 0 and tree.type(target) == "object_pattern":
        for item in tree.children(target):
            if tree.type(item) == "shorthand_property_identifier_pattern":
                yield ImportRow(item, module, tree.text(item), None, relative)
            elif tree.type(item) == "pair_pattern":
                key, value = tree.child(item, "key"), tree.child(item, "value")
                yield ImportRow(item, module, tree.text(key), tree.text(value), relative)
    else:
        yield ImportRow(call, module, None, tree.text(target) if target >= 0 else None, relative)


def visibility(head: Head) -> str | None:
    """Accessibility words, private names, else public for members."""
    for word in ("private", "protected", "public"):
        if word in head.words:
            return word
    if head.name.startswith("#"):
        return "private"
    return "public" if head.scope in {"class_declaration", "class", "abstract_class_declaration"} else None


def exported(head: Head) -> bool | None:
    """Known where the definition stands in an export; a list of names may come later."""
    return True if head.outer == "export_statement" else None


_VARIABLE = Define("variable", by=("value", FUNCTION_VALUES), local="write", body=("value", "body"))

USES: Uses = {
    "function_declaration": {"name": Define("function")},
    "generator_function_declaration": {"name": Define("function")},
    "function_expression": {"name": NONE},
    "generator_function": {"name": NONE},
    "class_declaration": {"name": Define("class")},
    "class": {"name": Define("class")},
    "class_heritage": {"": INHERIT},
    "method_definition": {"name": Define("method")},
    "field_definition": {"property": Define("field", by=("value", METHOD_VALUES), body=("value", "body"))},
    "variable_declarator": {"name": _VARIABLE},
    "assignment_expression": {
        "left": Define(
            None, by=("right", FUNCTION_VALUES), local="write", qualified=True, body=("right", "body")
        )
    },
    "augmented_assignment_expression": {"left": WRITE},
    "update_expression": {"argument": WRITE},
    "pair": {"key": Define(None, by=("value", METHOD_VALUES), local="none", body=("value", "body"))},
    "object_pattern": {"": THROUGH},
    "array_pattern": {"": THROUGH},
    "rest_pattern": {"": THROUGH},
    "pair_pattern": {"value": THROUGH, "key": NONE},
    "assignment_pattern": {"left": THROUGH},
    "object_assignment_pattern": {"left": THROUGH},
    "formal_parameters": {"": NONE},
    "arrow_function": {"parameter": NONE},
    "catch_clause": {"parameter": NONE},
    "for_in_statement": {"left": WRITE},
    "member_expression": {"property": member("object")},
    "call_expression": {"function": CALL},
    "new_expression": {"constructor": CALL},
    "decorator": {"": DECORATE},
    "export_specifier": {"name": READ, "alias": NONE},
    "jsx_opening_element": {"name": CALL},
    "jsx_self_closing_element": {"name": CALL},
    "jsx_closing_element": {"name": NONE},
    "jsx_attribute": {"": NONE},
    "jsx_namespace_name": {"": NONE},
    "meta_property": {"": NONE},
}

SCOPES = {
    "class_declaration": "class",
    "class": "class",
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "function_expression": "function",
    "generator_function": "function",
    "arrow_function": "function",
    "method_definition": "function",
    "class_static_block": "function",
}

BRANCHES = words(
    """
    if_statement for_statement for_in_statement while_statement do_statement switch_case catch_clause
    ternary_expression
    """
)

MODIFIERS = {
    "async": "async",
    "static": "static",
    "const": "const",
    "get": "getter",
    "set": "setter",
    "default": "default",
    "abstract": "abstract",
    "readonly": "readonly",
    "override": "override",
    "declare": "declare",
    "accessor": "accessor",
}

RULES = Rules(
    names={
        "identifier": "read",
        "property_identifier": "none",
        "private_property_identifier": "none",
        "shorthand_property_identifier": "read",
        "shorthand_property_identifier_pattern": "write",
    },
    uses=USES,
    scopes=SCOPES,
    kinds=table(identifier="meta_property"),
    branches=BRANCHES,
    operators=frozenset({"binary_expression"}),
    imports={"import_statement": read_import, "export_statement": read_reexport},
    import_fields={"export_statement": "source"},
    import_calls={"require": read_call, "import": read_call},
    import_wrappers=frozenset({"variable_declarator"}),
    comments=frozenset({"comment", "html_comment"}),
    wrappers=frozenset({"export_statement", "lexical_declaration", "variable_declaration"}),
    modifiers=MODIFIERS,
    constructors=frozenset({"constructor"}),
    visibility=visibility,
    exported=exported,
)
