"""Trees that are larger than a worker may hold."""

from __future__ import annotations

import json
from typing import Any

LEAST_MEMORY = 240
"""MiB with which one worker starts; files above a megabyte are read in pieces then."""


def program(functions: int, end: str = "]}") -> str:
    """A program of functions that call each other, some 500 bytes each."""

    def at(type_: str, line: int, **rest: Any) -> dict[str, Any]:
        loc = {"start": {"line": line, "column": 0}, "end": {"line": line, "column": 20}}
        return {"type": type_, "start": 20 * line, "end": 20 * line + 19, "loc": loc, **rest}

    body = ",".join(
        json.dumps(
            at(
                "FunctionDeclaration", n, id=at("Identifier", n, name=f"f{n}"), params=[],
                body=at("BlockStatement", n, body=[
                    at("ExpressionStatement", n, expression=at(
                        "CallExpression", n, callee=at("Identifier", n, name=f"f{n - 1}"), arguments=[]))]),
            )
        )
        for n in range(1, functions + 1)
    )  # fmt: skip
    return '{"type":"Program","start":0,"end":1000000,"sourceType":"module","body":[' + body + end
