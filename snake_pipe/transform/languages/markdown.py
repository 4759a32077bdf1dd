"""Markdown: headings are modules, one in the other."""

from __future__ import annotations

from snake_pipe.transform.languages.rules import (
    THROUGH,
    Define,
    Rules,
    table,
    tokens,
)

RULES = Rules(
    names={"inline": "none"},
    uses={
        "atx_heading": {"heading_content": THROUGH},
        "setext_heading": {"heading_content": Define("module", body=())},
        "paragraph": {"": THROUGH},
        "section": {"": Define("module", via=frozenset({"atx_heading"}), body=(), head=":atx_heading")},
    },
    scopes={"section": "class"},
    kinds=table(
        module="document section",
        identifier="link_label link_destination language",
        annotation="info_string",
        string="inline code_fence_content fenced_code_block indented_code_block html_block link_title",
        collection="list list_item pipe_table pipe_table_header pipe_table_row pipe_table_cell",
        directive="link_reference_definition minus_metadata plus_metadata",
        block="block_quote paragraph",
        statement="atx_heading setext_heading thematic_break",
    )
    | tokens(
        """
        atx_h1_marker atx_h2_marker atx_h3_marker atx_h4_marker atx_h5_marker atx_h6_marker
        backslash_escape block_continuation block_quote_marker entity_reference
        fenced_code_block_delimiter list_marker_dot list_marker_minus list_marker_parenthesis
        list_marker_plus list_marker_star numeric_character_reference pipe_table_align_left
        pipe_table_align_right pipe_table_delimiter_cell pipe_table_delimiter_row setext_h1_underline
        setext_h2_underline task_list_marker_checked task_list_marker_unchecked
        """
    ),
    branches=frozenset(),
    comments=frozenset(),
)
