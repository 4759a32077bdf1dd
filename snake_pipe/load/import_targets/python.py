"""Python: modules and packages, from the file's own root, the repository's, or the only one that has them."""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

import sys

_STANDARD = sorted(sys.stdlib_module_names)
"""Only a file beside the importing one hides a module of the standard library."""

PYTHON = f"""
    packages AS MATERIALIZED (
        SELECT DISTINCT repo, folder FROM code WHERE name IN ('__init__.py', '__init__.pyi')
    ),
    python_roots AS (  -- of each folder the nearest one that is no package: itself, or one above
        SELECT repo, of_folder, max_by(folder, len(folder)) AS root
        FROM (SELECT repo, from_folder AS of_folder, unnest(snake_pipe.and_above(from_folder)) AS folder
              FROM (SELECT DISTINCT repo, from_folder FROM sites WHERE language = 'python'))
        ANTI JOIN packages USING (repo, folder)
        GROUP BY ALL
    ),
    python_wanted AS (
        SELECT id, s.repo, root, is_relative, CASE WHEN is_relative THEN 'relative' ELSE 'root' END AS way,
               unnest([
                   {{'at': module_path || '/' || name, 'ord': 0}}, {{'at': module_path, 'ord': 4}}]) AS part
        FROM (SELECT *, len(module) - len(ltrim(module, '.')) AS dots,
                     repeat('../', dots - 1) || replace(ltrim(module, '.'), '.', '/') AS written,
                     snake_pipe.joined(CASE WHEN is_relative THEN from_folder END, written) AS module_path
              FROM sites WHERE language = 'python' AND module IS NOT NULL) s
        LEFT JOIN python_roots r ON r.repo = s.repo AND of_folder = from_folder
    ),
    python_paths AS MATERIALIZED (
        SELECT id, repo, root, is_relative, way, unnest([
                   {{'path': ltrim(part.at || '/__init__.py', '/'), 'ord': part.ord}},
                   {{'path': ltrim(part.at, '/') || '.py', 'ord': part.ord + 1}},
                   {{'path': ltrim(part.at || '/__init__.pyi', '/'), 'ord': part.ord + 2}},
                   {{'path': ltrim(part.at, '/') || '.pyi', 'ord': part.ord + 3}}]) AS want,
               list_contains({_STANDARD}, string_split(part.at, '/')[1]) AS is_standard
        FROM python_wanted WHERE part.at IS NOT NULL
    ),
    python_exact AS (
        SELECT id, repo, want.ord AS ord, way,
               CASE WHEN is_relative THEN want.path ELSE ltrim(concat_ws('/', root, want.path), '/') END
                   AS target
        FROM python_paths
        UNION ALL
        SELECT id, repo, 10 + want.ord, way, unnest([want.path, 'src/' || want.path])
        FROM python_paths
        WHERE NOT is_relative AND NOT is_standard
    ),
    python_fitting AS (  -- as `fitting_endings`
        SELECT w.repo, w.path, unnest([min(file), max(file)]) AS file
        FROM (SELECT DISTINCT repo, want.path AS path FROM python_paths
              WHERE NOT is_relative AND NOT is_standard) w
        JOIN keyed k ON k.repo = w.repo AND k.key = snake_pipe.tail(w.path, 2)
             AND ends_with(k.path, '/' || w.path)
        ANTI JOIN packages a ON a.repo = k.repo AND a.folder = k.path[:len(k.path) - len(w.path) - 1]
        GROUP BY w.repo, w.path
    ),
    python_found AS (
        SELECT p.id, 20 + want.ord AS ord, 'ending' AS way, file.file_id AS target_file_id,
               file.folder AS target_folder
        FROM python_paths p JOIN python_fitting f ON f.repo = p.repo AND f.path = want.path
        WHERE NOT is_relative AND NOT is_standard
    )
    """
