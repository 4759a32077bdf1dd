"""The view `import_targets`: each import with the file or folder that it means, or why none is known."""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

from snake_pipe.load.import_targets.go import GO
from snake_pipe.load.import_targets.names import NAMES
from snake_pipe.load.import_targets.paths import PATHS
from snake_pipe.load.import_targets.python import PYTHON
from snake_pipe.load.import_targets.rust import RUST

_MACROS = """
    CREATE MACRO snake_pipe.joined(folder, path) AS array_to_string(list_reduce(
        list_transform(list_filter(string_split(concat_ws('/', folder, path), '/'),
                                   lambda part: part NOT IN ('', '.')), lambda part: [part]),
        lambda above, part: CASE WHEN part[1] <> '..' OR len(above) = 0 OR above[-1] = '..' THEN above || part
                                 ELSE above[:-2] END, []::VARCHAR[]), '/');
    CREATE MACRO snake_pipe.tail(path, parts) AS array_to_string(string_split(path, '/')[-parts:], '/');
    CREATE MACRO snake_pipe.and_above(folder) AS list_transform(
        range(0, len(string_split(folder, '/')) + 1),
        lambda parts: array_to_string(string_split(folder, '/')[:parts], '/'))
    """
"""A path without `.` and `..` (those that lead out of the repository stay), its last parts, and a folder with
all that are above it."""

_LONGEST = 1000
"""Characters of what is looked for. No path is longer, and the time grows with the square of its parts."""

_COMPUTED = r"""
    regexp_matches(module, '["''()\s]')
    OR s.language IN ('bash', 'make', 'php', 'powershell') AND contains(module, '$')
    OR s.language IN ('c', 'cpp', 'objc') AND regexp_matches(module, '^[A-Z0-9_]+$')
    """
"""What is no path and no name, but an expression or a macro that gives one."""

_VIEW = f"""
    CREATE VIEW import_targets AS
    WITH code AS MATERIALIZED (
        SELECT file_id, repo, path, language, symbol_count, parse_dirpath(path) AS folder,
               parse_filename(path) AS name, regexp_replace(name, '\\.[^.]*$', '') AS stem
        FROM files WHERE input_kind = 'source' OR reason = 'not_an_ast'
    ),
    keyed AS MATERIALIZED (  -- by the last part of their path, and by the last two
        SELECT repo, path, {{'file_id': file_id, 'folder': folder}} AS file, name AS key FROM code
        UNION ALL
        SELECT repo, path, {{'file_id': file_id, 'folder': folder}}, snake_pipe.tail(path, 2)
        FROM code WHERE folder <> ''
    ),
    all_sites AS MATERIALIZED (  -- an import in an AST file is one in its source
        SELECT row_number() OVER () AS id, i.*, f.repo, f.path, f.language,
               CASE WHEN f.input_kind = 'source' THEN f.path ELSE d.source END AS from_path,
               parse_dirpath(from_path) AS from_folder
        FROM imports i JOIN files f USING (file_id) LEFT JOIN dump_sources d ON d.dump_file_id = f.file_id
    ),
    sites AS (FROM all_sites WHERE len(concat(module, name)) <= {_LONGEST}),
    {PATHS}, {PYTHON}, {RUST}, {GO}, {NAMES},
    exact AS (FROM paths_exact UNION ALL FROM python_exact UNION ALL FROM rust_exact),
    unique_endings AS (FROM paths_endings UNION ALL FROM names_endings),
    fitting_endings AS (  -- of all files that fit the two ends: more than one is as good as a thousand
        SELECT w.repo, target, unnest([min(file), max(file)]) AS file
        FROM (SELECT DISTINCT repo, target FROM unique_endings) w
        JOIN keyed k ON k.repo = w.repo AND k.key = snake_pipe.tail(target, 2)
             AND (k.path = target OR ends_with(k.path, '/' || target))
        GROUP BY w.repo, target
    ),
    candidates AS (
        SELECT e.id, ord, way, c.file_id AS target_file_id, c.folder AS target_folder
        FROM exact e JOIN code c ON c.repo = e.repo AND c.path = e.target
        UNION ALL
        SELECT e.id, ord, 'ending', file.file_id, file.folder
        FROM unique_endings e JOIN fitting_endings f ON f.repo = e.repo AND f.target = e.target
        UNION ALL
        FROM paths_found UNION ALL FROM python_found UNION ALL FROM rust_found
        UNION ALL FROM go_found UNION ALL FROM names_found
    ),
    best AS (
        SELECT id, count(DISTINCT coalesce(target_file_id::VARCHAR, target_folder)) AS fitting,
               CASE WHEN fitting = 1 THEN any_value(way) WHEN fitting > 1 THEN 'ambiguous' END AS way,
               CASE WHEN fitting = 1 THEN any_value(target_file_id) END AS target_file_id,
               CASE WHEN fitting = 1 THEN any_value(target_folder) END AS target_folder
        FROM (SELECT *, min(ord) OVER (PARTITION BY id) AS least FROM candidates) WHERE ord = least
        GROUP BY id
    )
    SELECT s.repo, s.path, s.language,
           s.file_id, s.node_id, module, s.name, alias, is_relative, is_wildcard, start_line,
           b.target_file_id, t.path AS target_path, b.target_folder,
           CASE WHEN b.way IS NOT NULL THEN b.way WHEN {_COMPUTED} THEN 'computed'
                WHEN is_relative THEN 'missing' ELSE 'outside' END AS way
    FROM all_sites s LEFT JOIN best b USING (id)
    LEFT JOIN code t ON t.file_id = b.target_file_id
    """

CREATE_VIEWS = (_MACROS, _VIEW)
"""Statements for a connection that has the tables' views, `dump_sources` and the schema `snake_pipe`."""
