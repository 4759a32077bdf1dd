"""One table for each way of writing syntax trees as JSON, and the sniffing that picks one.

`DIALECTS` holds all of them by name. It is built on first use, because rules of other layers ask for this
package without wanting every table.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snake_pipe.transform.dialects.dialect import Dialect

    DIALECTS: dict[str, Dialect]


@cache
def _all() -> dict[str, Dialect]:
    from snake_pipe.transform.dialects.babel import BABEL
    from snake_pipe.transform.dialects.clang import CLANG
    from snake_pipe.transform.dialects.estree import ESTREE
    from snake_pipe.transform.dialects.generic import GENERIC
    from snake_pipe.transform.dialects.python_ast import PYTHON_AST
    from snake_pipe.transform.dialects.typescript_estree import TYPESCRIPT_ESTREE

    found = (BABEL, CLANG, ESTREE, GENERIC, PYTHON_AST, TYPESCRIPT_ESTREE)
    return {dialect.name: dialect for dialect in found}


def __getattr__(name: str) -> Any:
    if name == "DIALECTS":
        return _all()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
