"""Imports that name a definition or a package: Java, Kotlin, Scala, C#, PHP, Elixir, Haskell, Perl."""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

_OF_JVM = ("java", "kotlin", "scala")
_OF_MODULES = ("elixir", "haskell", "perl")
"""Languages that name nothing but modules."""

_LANGUAGES = (*_OF_JVM, *_OF_MODULES, "c-sharp", "php")
_FAMILY = f"CASE WHEN language IN {_OF_JVM} THEN 'jvm' ELSE language END"

NAMES = f"""
    named_symbols AS MATERIALIZED (
        SELECT file_id, repo, {_FAMILY} AS family, folder, node_id, parent_node_id, kind, qualified_name
        FROM symbols JOIN code USING (file_id) WHERE language IN {_LANGUAGES}
    ),
    packages_of_files AS MATERIALIZED (  -- `package a.b` holds no symbols, it is a line before them
        SELECT file_id, repo, family, folder, string_agg(qualified_name, '.' ORDER BY node_id) AS package
        FROM named_symbols
        ANTI JOIN (SELECT file_id, parent_node_id AS node_id FROM named_symbols) USING (file_id, node_id)
        WHERE kind = 'module' AND parent_node_id IS NULL AND family NOT IN {_OF_MODULES}
        GROUP BY ALL
    ),
    packages_of_folders AS (  -- of all folders of a package two, as in `fitting_endings`
        SELECT repo, family, package, unnest([min(folder), max(folder)]) AS folder
        FROM (SELECT repo, family, folder, package FROM packages_of_files
              UNION ALL
              SELECT repo, family, folder, qualified_name FROM named_symbols
              WHERE kind = 'module' AND family = 'c-sharp')
        GROUP BY repo, family, package
    ),
    full_names AS (
        SELECT s.repo, s.family, coalesce(package || '.', '') || qualified_name AS full_name,
               unnest([min({{'file_id': file_id, 'folder': s.folder}}),
                       max({{'file_id': file_id, 'folder': s.folder}})]) AS file
        FROM named_symbols s LEFT JOIN packages_of_files p USING (file_id)
        WHERE (kind = 'module') = (s.family IN {_OF_MODULES})
        GROUP BY s.repo, s.family, full_name
    ),
    names_wanted AS MATERIALIZED (
        SELECT id, repo, {_FAMILY} AS family, is_wildcard, name,
               replace(replace(module, '\\', '.'), '::', '.') AS module
        FROM sites WHERE language IN {_LANGUAGES} AND module IS NOT NULL
    ),
    names_found AS (
        SELECT id, want.ord AS ord, 'name' AS way, file.file_id AS target_file_id,
               file.folder AS target_folder
        FROM (SELECT id, repo, family, unnest([{{'full_name': module || '.' || name, 'ord': 0}},
                                              {{'full_name': module, 'ord': 1}}]) AS want
              FROM names_wanted) w
        JOIN full_names f ON f.repo = w.repo AND f.family = w.family AND f.full_name = want.full_name
        UNION ALL
        SELECT id, 2, 'package', NULL, folder
        FROM names_wanted w JOIN packages_of_folders p
             ON p.repo = w.repo AND p.family = w.family AND p.package = w.module
        WHERE is_wildcard
    ),
    names_endings AS (  -- of a language whose files are named by convention, where symbols tell nothing
        SELECT id, repo, 90 AS ord,
               replace(module || '.' || name, '.', '/') || unnest(['.java', '.kt', '.scala']) AS target
        FROM sites WHERE language IN {_OF_JVM} AND contains(module, '.')
        UNION ALL
        SELECT id, repo, 91, replace(module, '.', '/') || unnest(['.java', '.kt', '.scala'])
        FROM sites WHERE language IN {_OF_JVM} AND contains(module, '.')
    )
    """
