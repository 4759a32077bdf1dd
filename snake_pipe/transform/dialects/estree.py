"""ESTree: acorn, espree, esprima, meriyah and others, which cannot be distinguished."""

from __future__ import annotations

from snake_pipe.transform.dialects import ecmascript
from snake_pipe.transform.dialects.dialect import Dialect, in_turn
from snake_pipe.transform.dialects.ecmascript_definitions import DEFINITIONS, NAMED, PREPARE
from snake_pipe.transform.dialects.ecmascript_imports import IMPORTS, note_required, note_source
from snake_pipe.transform.dialects.ecmascript_names import qualifier

ESTREE = Dialect(
    name="estree",
    written_by="acorn, espree, esprima, meriyah and other ESTree parsers",
    language="javascript",
    type_key="type",
    positions="loc",
    offset_unit="utf16",
    leaf_keys=ecmascript.LEAF_KEYS,
    kinds=ecmascript.KINDS,
    is_root=ecmascript.is_program,
    is_part=lambda _sample: True,
    name_keys=ecmascript.NAME_KEYS,
    value_keys=ecmascript.VALUE_KEYS,
    literals=frozenset({"Literal"}),
    branches=ecmascript.BRANCHES,
    weights=ecmascript.WEIGHTS,
    functions=ecmascript.SCOPES,
    classes=ecmascript.CLASSES,
    names=ecmascript.NAMES,
    not_names=frozenset({"undefined"}),
    uses=ecmascript.USES,
    variants=ecmascript.VARIANTS,
    named=NAMED,
    members=ecmascript.MEMBERS,
    qualifier=qualifier,
    prepare={
        **PREPARE,
        "ImportDeclaration": note_source,
        "ExportNamedDeclaration": in_turn(PREPARE["ExportNamedDeclaration"], note_source),
        "VariableDeclarator": note_required,
    },
    definitions=DEFINITIONS,
    imports=IMPORTS,
)
