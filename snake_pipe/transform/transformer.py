"""The seam: bytes plus a queue's word (a language, or `ast`) in, Arrow record batches out.

A native twin may replace what stands behind `open_transformer`; nothing outside knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.transform.rows.contract import AST_QUEUE

if TYPE_CHECKING:
    from snake_pipe.transform.rows.contract import Transformer, TransformOptions


def open_transformer(queue: str, options: TransformOptions) -> Transformer:
    """The transformer for a language's name or for `AST_QUEUE`."""
    if queue == AST_QUEUE:
        from snake_pipe.transform.trees.transformer import JsonTreeTransformer

        return JsonTreeTransformer(options)
    from snake_pipe.transform.languages import LANGUAGES

    if not LANGUAGES[queue].installed:
        from snake_pipe.transform.sources.missing_language import MissingLanguageTransformer

        return MissingLanguageTransformer(queue, options)
    from snake_pipe.transform.sources.transformer import SourceTreeTransformer

    return SourceTreeTransformer(queue, options)
