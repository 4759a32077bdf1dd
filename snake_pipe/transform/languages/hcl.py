"""HCL: blocks of Terraform and its like are definitions, named by their last label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    NONE,
    THROUGH,
    Define,
    ImportRow,
    Rules,
    Subtree,
    Use,
    member,
    table,
    tokens,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKS = {
    'variable "': "variable",
    'output "': "variable",
    'provider "': "variable",
    'provisioner "': "variable",
    'module "': "module",
    '" "': "class",
}


def _source(tree: Subtree, attribute: int) -> Iterator[ImportRow]:
    """`source = "./m"` of a module; one that is computed is no import that a reader could follow."""
    value = tree.text(attribute).partition("=")[2].strip()
    if tree.type(attribute) == "attribute" and value[:1] == value[-1:] == '"' and "${" not in value:
        module = value[1:-1]
        yield ImportRow(attribute, module, is_relative=module.startswith("."))


RULES = Rules(
    names={"identifier": "read", "template_literal": "none"},
    uses={
        "block": {"": Define(None, keywords=_BLOCKS, local="none", body=(":body",)), "^": NONE},
        "string_lit": {"": THROUGH},
        "attribute": {"^": NONE},
        "object_elem": {"key": NONE},
        "variable_expr": {"": THROUGH},
        "get_attr": {"": THROUGH},
        "expression": {"^": THROUGH, "": member("")},
        "function_call": {"^": Use("call")},
        "for_intro": {"": Use("write", direct=True)},
    },
    scopes={},
    kinds=table(
        module="config_file",
        class_="block",
        field="attribute object_elem",
        member="get_attr attr_splat full_splat splat index legacy_index new_index",
        identifier="variable_expr",
        call="function_call",
        loop="for_expr for_intro for_object_expr for_tuple_expr for_cond template_for template_for_start",
        conditional="template_if template_if_intro template_else_intro",
        operator="binary_operation unary_operation",
        collection="collection_value",
        string="string_lit heredoc_template quoted_template template_expr",
        number="numeric_lit",
        atom="bool_lit null_lit",
        block="body",
        statement="expression",
    )
    | tokens(
        """
        block_end block_start function_arguments heredoc_identifier literal_value object_end object_start
        quoted_template_end quoted_template_start strip_marker template_directive template_directive_end
        template_directive_start template_for_end template_if_end template_interpolation
        template_interpolation_end template_interpolation_start template_literal tuple_end tuple_start
        """
    ),
    branches=words("conditional for_expr"),
    import_calls={"source": _source},
    modifiers={word: word for word in ("resource", "data", "output", "provider")},
)
