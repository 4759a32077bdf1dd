"""The plans of the rules in `ecmascript_definitions`: what these find in nearly all ESTree-like trees."""

from __future__ import annotations

from snake_pipe.transform.dialects.defining import Defining, Listing, Mark
from snake_pipe.transform.dialects.ecmascript import FLAGS, FUNCTIONS, LOOP
from snake_pipe.transform.dialects.guards import (
    NOTHING,
    Guard,
    Reading,
    Readings,
    all_of,
    any_of,
    begins_with,
    is_empty,
    is_not,
    is_one_of,
    is_true,
    noted,
)

EXPORTED = "exported"
NOTES_THAT_MODIFY = ("const", "declare", "default")
_PARAMETER: Readings = (
    Reading("name", is_one_of("type", "Identifier")),
    Reading(when=is_one_of("type", "AssignmentPattern"), before="left", is_wrapper=True),
    Reading(when=is_one_of("type", "RestElement"), word="...", before="argument", is_wrapper=True),
    Reading(when=is_one_of("type", "TSParameterProperty"), before="parameter", is_wrapper=True),
    Reading("name"),
    Reading(when=is_one_of("type", "ArrayPattern"), word="[...]"),
    Reading(word="{...}"),
)
_ABSTRACT = is_one_of("type", "TSAbstractMethodDefinition", "TSAbstractPropertyDefinition")
_COMPUTED = Defining(when=is_true("computed"))


def _parameters(function: str = "") -> tuple[Listing, ...]:
    """What `parameters_of` gives for the function at a path, which ends with a dot."""
    return (
        Listing(f"{function}params", _PARAMETER),
        Listing(f"{function}parameters", _PARAMETER, otherwise=True),
    )


def _modifiers(node: str = "", function: str = "") -> tuple[Mark, ...]:
    """What `modifiers_of` gives for a node, and for the function it holds."""
    return (
        *(Mark(flag, is_true(f"{node}{flag}")) for flag in FLAGS),
        *((Mark("async", is_true(f"{function}async")),) if function else ()),
        Mark("generator", is_true(f"{function or node}generator")),
        Mark("getter", is_one_of(f"{node}kind", "get")),
        Mark("setter", is_one_of(f"{node}kind", "set")),
        Mark("constructor", is_one_of(f"{node}kind", "constructor")),
        *(() if node else (Mark("abstract", _ABSTRACT),)),
    )


_NOTED = tuple(Mark(word, noted(word)) for word in NOTES_THAT_MODIFY)


def _key_name(path: str) -> Readings:
    """What `property_name` gives for most keys."""
    return (Reading(f"{path}.name", is_not(is_one_of(f"{path}.type", "PrivateIdentifier", "PrivateName"))),)


def named(
    kind: str, body: str = "body", *, parameters: tuple[Listing, ...] | None = None
) -> tuple[Defining, ...]:
    """For declarations that carry their name in `id`."""
    is_declared = any_of(is_true("declare"), noted("declare"))
    is_body_elsewhere = all_of(is_one_of("type", "TSDeclareFunction"), is_not(is_declared))
    return (
        Defining(when=is_empty("id")),
        Defining(
            kind,
            (Reading("id.name"), Reading("id.value")),
            at="id",
            body=body,
            parameters=parameters,
            modifiers=(*_modifiers(), *_NOTED, Mark("declaration", is_body_elsewhere)),
            exported=noted(EXPORTED),
            exported_by_name=True,
        ),
    )


PARAMETERS = _parameters()
_IS_NAME = is_one_of("id.type", "Identifier")
_DECLARATOR = Defining(
    "variable",
    (Reading("id.name"),),
    _IS_NAME,
    at="id",
    modifiers=_NOTED,
    exported=noted(EXPORTED),
    exported_by_name=True,
)
DECLARATORS = (
    Defining(when=noted(LOOP)),
    _DECLARATOR._replace(
        kind="function",
        when=all_of(_IS_NAME, is_one_of("init.type", *FUNCTIONS)),
        body="init.body",
        parameters=_parameters("init."),
        modifiers=(*_NOTED, *_modifiers("init.")),
    ),
    _DECLARATOR._replace(
        kind="class", when=all_of(_IS_NAME, is_one_of("init.type", "ClassExpression")), body="init.body"
    ),
    _DECLARATOR._replace(outer_only=True),
)


def members(kind: str, *, is_public: bool) -> tuple[Defining, ...]:
    """For members of classes and interfaces, which carry their name in `key`, those of enums in `id`."""
    return (
        _COMPUTED,
        *_members(kind, "key", is_not(is_empty("key")), is_public=is_public),
        *_members(kind, "id", is_empty("key"), is_public=is_public),
    )


def _members(kind: str, key: str, has_key: Guard, *, is_public: bool) -> tuple[Defining, ...]:
    field = Defining(
        kind,
        _key_name(key),
        has_key,
        at=key,
        modifiers=_modifiers(),
        visibility=(
            Reading(word="private", when=begins_with(f"{key}.name", "#")),
            Reading("accessibility"),
            Reading(word="public") if is_public else NOTHING,
        ),
    )
    is_abstract = any_of(is_true("abstract"), _ABSTRACT)

    def method(function: str) -> Defining:
        declared = Mark("declaration", all_of(is_empty(f"{function}body"), is_not(is_abstract)))
        return field._replace(
            kind="method",
            body=f"{function}body",
            parameters=_parameters(function),
            modifiers=(*_modifiers("", function), declared),
        )

    held = method("value.")._replace(when=all_of(has_key, is_one_of("value.type", *FUNCTIONS)))
    return held, method("") if kind == "method" else field


OBJECT_FUNCTIONS = (
    _COMPUTED,
    Defining(
        "method",
        _key_name("key"),
        is_one_of("type", "ObjectMethod"),
        at="key",
        body="body",
        parameters=_parameters(),
        modifiers=_modifiers(),
    ),
    Defining(
        "method",
        _key_name("key"),
        is_one_of("value.type", *FUNCTIONS),
        at="key",
        body="value.body",
        parameters=_parameters("value."),
        modifiers=_modifiers("", "value."),
    ),
)
_ASSIGNED = Defining(
    "function",
    (Reading("left.name"),),
    is_one_of("left.type", "Identifier"),
    at="left",
    body="right.body",
    parameters=_parameters("right."),
    modifiers=_modifiers("right."),
)
_TO_MEMBER = is_one_of("left.type", "MemberExpression")
ASSIGNED_FUNCTIONS = (
    Defining(when=all_of(_TO_MEMBER, is_true("left.computed"))),
    _ASSIGNED,
    _ASSIGNED._replace(
        kind="method",
        name=_key_name("left.property"),
        when=_TO_MEMBER,
        at="left.property",
        qualified_by="left",
    ),
)
