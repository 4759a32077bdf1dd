"""Dockerfile: stages, and the variables given to the build; base images are its imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.languages.rules import (
    Define,
    ImportRow,
    Rules,
    Subtree,
    table,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _from(tree: Subtree, statement: int) -> Iterator[ImportRow]:
    alias = tree.child(statement, "as")
    for child in tree.children(statement):
        if tree.type(child) == "image_spec":
            yield ImportRow(statement, tree.text(child), None, tree.text(alias) if alias >= 0 else None)


RULES = Rules(
    names={"image_alias": "none", "unquoted_string": "none", "variable": "read"},
    uses={
        "from_instruction": {"as": Define("module", body=(), modifiers=("stage",))},
        "arg_pair": {"name": Define("variable", body=(), modifiers=("arg",))},
        "env_pair": {"name": Define("variable", body=(), modifiers=("env",))},
    },
    scopes={},
    kinds=table(
        variable="arg_pair env_pair label_pair",
        identifier="variable image_alias image_name image_tag image_digest",
        import_="from_instruction image_spec",
        string="""
            double_quoted_string single_quoted_string unquoted_string json_string path shell_command
            heredoc_block
        """,
        collection="json_string_array",
        annotation="param mount_param mount_param_param",
        statement="""
            add_instruction arg_instruction cmd_instruction copy_instruction cross_build_instruction
            entrypoint_instruction env_instruction expose_instruction healthcheck_instruction
            label_instruction maintainer_instruction onbuild_instruction run_instruction shell_instruction
            stopsignal_instruction user_instruction volume_instruction workdir_instruction
        """,
        number="expose_port",
        error="error_sentinel",
    )
    | tokens("end_of_options expansion_modifier expansion_operator heredoc_marker"),
    branches=frozenset(),
    imports={"from_instruction": _from},
    declarations=frozenset({"arg_instruction", "env_instruction"}),
)
