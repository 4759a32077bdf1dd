"""Go: a package is a folder, found by the path of the repository's module, which its own imports tell."""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

_STANDARD = (
    "C archive bufio builtin bytes cmp compress container context crypto database debug embed encoding "
    "errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path "
    "plugin reflect regexp runtime simd slices sort strconv strings structs sync syscall testing text "
    "time unicode unique unsafe vendor weak"
).split()
"""First parts of the standard library's paths."""

GO = f"""
    go_folders AS MATERIALIZED (
        SELECT DISTINCT repo, folder FROM code WHERE language = 'go' AND NOT ends_with(name, '_test.go')
    ),
    go_sites AS MATERIALIZED (
        SELECT id, repo, module FROM sites
        WHERE language = 'go' AND NOT list_contains({_STANDARD}, string_split(module, '/')[1])
    ),
    go_inside AS (  -- the longest folder with which an import ends, and what is before it
        SELECT repo, module, max_by(folder, len(folder)) AS longest,
               module[:len(module) - len(longest) - 1] AS prefix
        FROM (SELECT repo, module, array_to_string(parts[unnest(range(2, len(parts) + 1)):], '/') AS folder
              FROM (SELECT DISTINCT repo, module, string_split(module, '/') AS parts FROM go_sites))
        SEMI JOIN go_folders USING (repo, folder)
        GROUP BY repo, module
    ),
    go_prefixes AS MATERIALIZED (
        SELECT repo, prefix, count(DISTINCT longest) AS folders,
               regexp_extract(prefix, '([^/]+?)(?:/v[0-9]+)?$', 1) = repo AS is_named
        FROM go_inside GROUP BY repo, prefix
    ),
    go_modules AS (  -- a single folder may be a namesake, unless the module has the repository's name
        SELECT repo, prefix FROM go_prefixes
        QUALIFY (is_named OR folders > 1)  -- and no other prefix has as many
                AND rank() OVER (PARTITION BY repo ORDER BY folders) = count(*) OVER (PARTITION BY repo)
    ),
    go_own AS MATERIALIZED (
        SELECT s.id, s.repo, CASE WHEN module = prefix THEN '' ELSE module[len(prefix) + 2:] END AS folder
        FROM go_sites s JOIN go_modules m USING (repo)
        WHERE module = prefix OR starts_with(module, prefix || '/')
    ),
    go_found AS (
        SELECT id, 0 AS ord, 'module' AS way, NULL::BIGINT AS target_file_id, folder AS target_folder
        FROM go_own SEMI JOIN go_folders USING (repo, folder)
        UNION ALL
        SELECT s.id, 1, 'ending', NULL, f.folder
        FROM go_sites s JOIN go_folders f
             ON f.repo = s.repo AND snake_pipe.tail(f.folder, 2) = snake_pipe.tail(module, 2)
             AND ends_with(f.folder, '/' || module)
    )
    """
