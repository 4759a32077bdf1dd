"""Ruby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    INHERIT,
    NONE,
    READ,
    THROUGH,
    TYPE,
    WRITE,
    Define,
    Head,
    ImportRow,
    Rules,
    Subtree,
    Use,
    member,
    table,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONSTANTS = ("left", {"constant": "variable", "scope_resolution": "variable", "global_variable": "variable"})


def _argument(tree: Subtree, call: int, index: int) -> str | None:
    arguments = tree.child(call, "arguments")
    if arguments < 0:
        return None
    listed = list(tree.children(arguments))
    if index >= len(listed) or tree.type(listed[index]) not in {"string", "simple_symbol"}:
        return None
    return tree.text(listed[index]).strip("'\":")


def _require(tree: Subtree, call: int) -> Iterator[ImportRow]:
    module = _argument(tree, call, 0)
    if module is not None and tree.child(call, "receiver") < 0:
        yield ImportRow(call, module, is_relative=module.startswith(("./", "../")))


def _require_relative(tree: Subtree, call: int) -> Iterator[ImportRow]:
    module = _argument(tree, call, 0)
    if module is not None:
        yield ImportRow(call, module, is_relative=True)


def _autoload(tree: Subtree, call: int) -> Iterator[ImportRow]:
    name, module = _argument(tree, call, 0), _argument(tree, call, 1)
    if module is not None:
        yield ImportRow(call, module, name)


def _visibility(head: Head) -> str | None:
    if head.kind not in {"method", "function"}:
        return None
    return "public" if head.type == "singleton_method" else head.section or "public"


RULES = Rules(
    names={
        "identifier": "read",
        "constant": "read",
        "instance_variable": "read",
        "class_variable": "read",
        "global_variable": "read",
        "setter": "none",
        "operator": "none",
    },
    uses={
        "class": {"name": Define("class", qualified=True)},
        "module": {"name": Define("module", qualified=True)},
        "method": {"name": Define("function")},
        "singleton_method": {"name": Define("method", modifiers=("static",))},
        "setter": {"name": NONE},
        "alias": {"name": Define("method", body=(), modifiers=("alias",)), "alias": READ},
        "superclass": {"": INHERIT},
        "assignment": {"left": Define(None, by=_CONSTANTS, local="write", qualified=True, body=())},
        "operator_assignment": {"left": WRITE},
        "left_assignment_list": {"": THROUGH},
        "destructured_left_assignment": {"": THROUGH},
        "rest_assignment": {"": THROUGH},
        "scope_resolution": {"name": member("scope")},
        "call": {"method": Use("call", climb=True, qualifier="receiver")},
        "method_parameters": {"": NONE},
        "lambda_parameters": {"": NONE},
        "block_parameters": {"": NONE, "locals": NONE},
        "destructured_parameter": {"": NONE},
        "optional_parameter": {"name": NONE},
        "keyword_parameter": {"name": NONE},
        "splat_parameter": {"name": NONE},
        "hash_splat_parameter": {"name": NONE},
        "block_parameter": {"name": NONE},
        "exceptions": {"": TYPE},
        "exception_variable": {"": WRITE},
        "for": {"pattern": WRITE},
    },
    scopes={
        "class": "class",
        "module": "class",
        "singleton_class": "class",
        "method": "function",
        "singleton_method": "function",
    },
    kinds=table(module="module", conditional="then", string="string_array", jump="break next redo retry"),
    branches=words(
        """
        if unless elsif if_modifier unless_modifier while until while_modifier until_modifier for when
        in_clause rescue rescue_modifier conditional
        """
    ),
    operators=frozenset({"binary"}),
    word_operators=True,
    import_calls={
        "require": _require,
        "require_relative": _require_relative,
        "load": _require,
        "autoload": _autoload,
    },
    constructors=frozenset({"initialize"}),
    sections={"identifier": ("private", "protected", "public")},
    visibility=_visibility,
)
