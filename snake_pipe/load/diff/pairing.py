"""Which row of one state is which of the other, where no id tells: by keys, the narrowest first.

Rows with equal keys are paired in their order, the first with the first. What one step has paired is out of
the next one's reach.
"""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OTHER = {"before": "after", "after": "before"}
"""Both states, each with the other one."""


def pair_rows(item: str, steps: Sequence[Sequence[str]]) -> Iterator[str]:
    """Statements that pair the rows of `<item>_before` and `<item>_after` in a table `<item>_pairs`.

    Both have the columns of all steps, and a unique `id`, which orders them. Null is a key like any other,
    but for a step's last column: what has none is not paired by that step.
    """
    yield f"CREATE TABLE {item}_pairs (before BIGINT, after BIGINT)"
    for keys in steps:
        columns = ", ".join(keys)
        same = " AND ".join(f"b.{key} IS NOT DISTINCT FROM a.{key}" for key in keys)
        before, after = (
            f"""(SELECT id, {columns}, row_number() OVER (PARTITION BY {columns} ORDER BY id) AS ordinal
                 FROM {item}_{state} ANTI JOIN {item}_pairs ON {state} = id WHERE {keys[-1]} IS NOT NULL)"""
            for state in OTHER
        )
        yield f"""
            INSERT INTO {item}_pairs
            SELECT b.id, a.id FROM {before} b JOIN {after} a ON b.ordinal = a.ordinal AND {same}
            """


def changes(attributes: Sequence[str]) -> str:
    """An expression: which of these attributes differ between `b` and `a`, as a list of structs."""
    items = ", ".join(
        f"""CASE WHEN b.{name} IS DISTINCT FROM a.{name} THEN
            {{'attribute': '{name}', 'before': b.{name}::VARCHAR, 'after': a.{name}::VARCHAR}} END"""
        for name in attributes
    )
    return f"list_filter([{items}], lambda change: change IS NOT NULL)"


def difference(item: str, word: str, columns: str, attributes: Sequence[str]) -> str:
    """The query of what differs: what only one state has, and pairs that moved or of which attributes differ.

    Both tables have `repo`, `own_path` and `line` beside the attributes; `columns` are an item's kind and
    name.
    """
    shown = f"SELECT repo, '{word}' AS item"
    return f"""
        {shown}, 'removed' AS change, {columns}, NULL AS path, NULL AS line,
               own_path AS path_before, line AS line_before
        FROM {item}_before ANTI JOIN {item}_pairs ON before = id
        UNION ALL BY NAME
        {shown}, 'added' AS change, {columns}, own_path AS path, line
        FROM {item}_after ANTI JOIN {item}_pairs ON after = id
        UNION ALL BY NAME
        {shown}, if(path_before <> path, 'moved', 'changed') AS change, {columns}, path, line,
               path_before, line_before, changes
        FROM (SELECT a.* EXCLUDE (path), a.own_path AS path, b.own_path AS path_before, b.line AS line_before,
                     {changes(attributes)} AS changes
              FROM {item}_pairs p
              JOIN {item}_before b ON b.id = p.before JOIN {item}_after a ON a.id = p.after)
        WHERE path_before <> path OR len(changes) > 0
        """
