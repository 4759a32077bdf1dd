"""Heads of definitions: modifiers, visibility and export, from the words before the name."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from snake_pipe.schemas import KINDS
from snake_pipe.transform.languages.rules import Define, Head
from snake_pipe.transform.sources.definitions import FUNCTION, METHOD, bodies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snake_pipe.transform.sources.definitions import Definitions
    from snake_pipe.transform.sources.rows import SourceRows

_HEAD_BYTES = 400
_MARKED = frozenset("_#")
_WORD = re.compile(r"\w+")


class Heads:
    """Modifiers, visibility and export of definitions, from the words before their names.

    Heads repeat, so what a language says of one is kept; the rules see no more of a name than its
    case, its first characters if they are marks, and whether it ends in two underscores.
    """

    def __init__(
        self, rows: SourceRows, definitions: Definitions, texts: list[str], qualified: list[str]
    ) -> None:
        self._rows, self._definitions, self._texts, self._qualified = rows, definitions, texts, qualified
        self._rules = rows.grammar.rules
        self.top = self._wrapped(definitions.head_row)

    def _wrapped(self, row: NDArray[np.int32]) -> NDArray[np.int32]:
        """The outermost wrapper around each definition, such as a decorated definition."""
        rows, rules = self._rows, self._rules
        around = rows.grammar.flags(rules.wrappers)
        first_in = rows.grammar.flags(rules.declarations)
        top = row.copy()
        for _ in range(8):
            above = rows.shape.parent[top]
            code = rows.code[above]
            first = rows.first_child(above)
            rise = (above >= 0) & (around[code] | (first_in[code] & (top == first)))
            if not rise.any():
                break
            top = np.where(rise, above, top)
        return top

    def read(self) -> tuple[list[list[str] | None], pa.Array, pa.Array]:
        """The columns modifiers, visibility and exported."""
        rows, rules = self._rows, self._rules
        data = rows.data
        scopes = np.where(self._definitions.scope_row < 0, 0, rows.code[self._definitions.scope_row]).tolist()
        outermost = rows.code[self.top].tolist()
        begins = rows.start[self.top]
        ends = self._definitions.name_start
        if rules.late_modifiers:
            body = bodies(rows, self._definitions)
            row = self._definitions.row
            ends = np.where(body < 0, rows.end[row], rows.start[body])
        begins = np.where(ends - begins > _HEAD_BYTES, rows.start[self._definitions.row], begins)
        sections = self._sections()
        place_modifiers = [p.modifiers if isinstance(p, Define) else () for p in rows.grammar.places]
        declares = [isinstance(p, Define) and p.hinted for p in rows.grammar.places]
        known: dict[Any, tuple[list[str] | None, str | None, bool | None]] = {}
        modifiers: list[list[str] | None] = []
        visibility: list[str | None] = []
        exported: list[bool | None] = []
        codes = rows.code[self._definitions.row].tolist()
        constructors, named_constructors = rules.constructors, rules.named_constructors
        for text, qualified, begin, end, kind, place, scope, outer, section, code in zip(
            self._texts,
            self._qualified,
            begins.tolist(),
            ends.tolist(),
            self._definitions.kind.tolist(),
            self._definitions.place.tolist(),
            scopes,
            outermost,
            sections,
            codes,
            strict=True,
        ):
            head = data[begin : min(end, begin + _HEAD_BYTES)]
            constructs = text in constructors or (
                named_constructors and kind == METHOD and f".{qualified}".endswith(f".{text}.{text}")
            )
            case = text[:2] if text[:1] in _MARKED else text[:1].isupper()
            key = (head, kind, place, scope, outer, section, code, case, text[-2:] == "__", constructs)
            answer = known.get(key)
            if answer is None:
                declared = ("declaration",) if declares[place] and kind in {FUNCTION, METHOD} else ()
                answer = known[key] = self._describe(
                    Head(
                        text,
                        KINDS[kind],
                        frozenset(_WORD.findall(head.decode("utf-8", "replace"))),
                        rows.grammar.types[scope],
                        section,
                        rows.grammar.types[outer],
                        rows.grammar.types[code],
                    ),
                    (*place_modifiers[place], *(("constructor",) if constructs else ()), *declared),
                )
            modifiers.append(answer[0])
            visibility.append(answer[1])
            exported.append(answer[2])
        return (
            modifiers,
            pa.array(visibility, pa.string()).dictionary_encode(),
            pa.array(exported, pa.bool_()),
        )

    def _describe(
        self, head: Head, by_place: tuple[str, ...]
    ) -> tuple[list[str] | None, str | None, bool | None]:
        rules = self._rules
        modifiers = {rules.modifiers[word] for word in head.words if word in rules.modifiers}
        modifiers.update(by_place)
        return sorted(modifiers) or None, rules.visibility(head), rules.exported(head)

    def _sections(self) -> list[str]:
        """The word of the last section mark (`private:`) before each definition in its class body."""
        rows, rules = self._rows, self._rules
        if not rules.sections:
            return [""] * len(self._definitions)
        marks: dict[int, tuple[list[int], list[str]]] = {}
        for type_, accepted in rules.sections.items():
            for row in np.flatnonzero(rows.grammar.flags({type_})[rows.code]).tolist():
                if int(rows.end[row]) - int(rows.start[row]) <= _HEAD_BYTES:
                    word = rows.text(row)
                    if word in accepted:
                        at, found = marks.setdefault(int(rows.shape.parent[row]), ([], []))
                        at.append(row)
                        found.append(word)
        if not marks:
            return [""] * len(self._definitions)
        sections = []
        for top, parent in zip(self.top.tolist(), rows.shape.parent[self.top].tolist(), strict=True):
            at, found = marks.get(parent, ([], []))
            before = bisect_left(at, top)
            sections.append(found[before - 1] if before else "")
        return sections
