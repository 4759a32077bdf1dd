"""The repository as a tree of folders and files, cut to what a page can hold.

Kept are the folders and files with the most lines. A folder has at least the lines of what is in it, so
what is kept is a tree by itself; the page shows what was cut as one cell of its folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.report.table import size_in_page

if TYPE_CHECKING:
    import duckdb

MOST_CELLS = 12_000
_BYTES_FOR_NAMES = 1_000_000
"""More than names of usual length take; where they are longer there are fewer cells."""

CREATE_FILES = """
    CREATE OR REPLACE TEMP TABLE report_files AS
    WITH branches AS (
        SELECT file_id, count(*) AS functions, sum(complexity) AS complexity
        FROM symbols WHERE complexity IS NOT NULL GROUP BY file_id
    )
    SELECT
        coalesce(container_id, file_id) AS file_id,
        any_value(repo) AS repo,
        -- Trees beside each other in a document count as that document.
        any_value(path) FILTER (container_id IS NULL) AS path,
        any_value(coalesce(language, dialect)) AS language,
        any_value(status) FILTER (container_id IS NULL) AS status,
        coalesce(sum(line_count), 0)::BIGINT AS lines,
        coalesce(sum(functions), 0)::BIGINT AS functions,
        coalesce(sum(complexity), 0)::BIGINT AS complexity,
        bool_or(status IN ('partial', 'failed', 'quarantined')) AS has_errors,
        max(mtime_ns) // 86400000000000 AS day
    FROM files LEFT JOIN branches USING (file_id)
    GROUP BY 1
    """
"""A row a file, with the figures that the map colours by."""

_SUMS = """
    sum(files)::BIGINT AS files, sum(lines)::BIGINT AS lines, sum(functions)::BIGINT AS functions,
    sum(complexity)::BIGINT AS complexity, sum(with_errors)::BIGINT AS with_errors, max(day) AS day
    """

_CELLS = f"""
    WITH parts AS (
        SELECT string_split(CASE WHEN $several THEN repo || '/' || path ELSE path END, '/') AS names, *
        FROM report_files
    ), holding AS (
        SELECT names[1:len(names) - 1] AS names, count(*) AS files, sum(lines) AS lines,
               sum(functions) AS functions, sum(complexity) AS complexity,
               count(*) FILTER (has_errors) AS with_errors, max(day) AS day
        FROM parts GROUP BY 1
    ), folders AS (
        SELECT names[1:depth] AS names, {_SUMS}
        FROM (SELECT unnest(range(0, len(names) + 1)) AS depth, * FROM holding)
        GROUP BY 1
    ), largest AS (
        SELECT names, language, status, 1 AS files, lines, functions, complexity,
               has_errors::INTEGER AS with_errors, day
        FROM parts ORDER BY lines DESC, names LIMIT $most
    ), cells AS (
        SELECT names, NULL AS language, NULL AS status, files, lines, functions, complexity, with_errors, day
        FROM folders
        UNION ALL
        SELECT * FROM largest
    )
    SELECT * FROM cells ORDER BY lines DESC, len(names), names LIMIT $most
    """  # noqa: S608 - a constant of this file


def folder_tree(connection: duckdb.DuckDBPyConnection, *, several: bool) -> dict[str, Any]:
    """The cells, each after the folder that holds it; `report_files` must be there.

    `several` repositories are folders of one root. A cell is a list: index of its folder, name, language
    (index, or -1 for a folder), files, lines, functions, their complexity, files with errors, day of the last
    change since 1970.
    """
    rows = connection.execute(_CELLS, {"several": several, "most": MOST_CELLS}).fetchall()
    languages = sorted({language or "" for _, language, status, *_ in rows if status is not None})
    code = {language: index for index, language in enumerate(languages)}
    index_of: dict[tuple[str, ...], int] = {}
    cells = []
    left = _BYTES_FOR_NAMES
    for index, (names, language, status, *figures) in enumerate(rows):
        left -= size_in_page(names[-1]) if names else 0
        if left < 0:
            break
        index_of[tuple(names)] = index
        folder = index_of[tuple(names[:-1])] if names else -1
        cells.append(
            [folder, names[-1] if names else "", -1 if status is None else code[language or ""], *figures]
        )
    return {"languages": languages, "cells": cells}
