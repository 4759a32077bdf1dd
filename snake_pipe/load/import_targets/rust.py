"""Rust: `mod` names a file; the paths of `use` go through modules, whose files are where `mod` looks."""

from __future__ import annotations

RUST = r"""
    rust_files AS MATERIALIZED (
        SELECT file_id, repo, path, folder, stem, symbol_count,
               stem IN ('lib', 'main', 'build') OR regexp_matches(folder, '(^|/)src/bin$')
                   OR regexp_matches(folder, '(^|/)(tests|benches|examples|fuzz_targets)$')
                      AND NOT regexp_matches(folder, '(^|/)src/') AS is_root,
               CASE WHEN is_root OR stem = 'mod' THEN folder ELSE snake_pipe.joined(folder, stem) END
                   AS inside
        FROM code WHERE language = 'rust'
    ),
    crates AS MATERIALIZED (  -- the folder around `src` is named like the crate, most often
        SELECT repo, folder, bool_or(stem = 'lib') AS is_library,
               replace(CASE WHEN folder = 'src' THEN repo
                            WHEN ends_with(folder, '/src') THEN snake_pipe.tail(folder[:-5], 1) END, '-', '_')
                   AS name
        FROM rust_files WHERE is_root AND stem <> 'build' GROUP BY ALL
    ),
    crates_of_folders AS MATERIALIZED (
        SELECT repo, of_folder, max_by(folder, len(folder)) AS crate
        FROM (SELECT repo, folder AS of_folder, unnest(snake_pipe.and_above(folder)) AS folder
              FROM (SELECT DISTINCT repo, folder FROM rust_files))
        SEMI JOIN crates USING (repo, folder)
        GROUP BY ALL
    ),
    inline_modules AS MATERIALIZED (
        SELECT s.id, list(m.name ORDER BY m.node_id) AS around
        FROM sites s JOIN symbols m ON m.file_id = s.file_id AND m.node_id < s.node_id
             AND s.start_line BETWEEN m.start_line AND m.end_line
        WHERE s.language = 'rust' AND m.kind = 'module' AND m.body_start_line IS NOT NULL
        GROUP BY s.id
    ),
    rust_sites AS MATERIALIZED (
        SELECT s.id, s.alias, f.repo, f.file_id, f.folder, f.inside, f.is_root, crate,
               f.repo IN (SELECT repo FROM rust_files WHERE symbol_count > 0) AS is_known,
               coalesce(around, []) AS around,
               replace(concat_ws('::', module, s.name), 'r#', '') AS written,
               s.name IS NULL AND is_relative AND NOT is_wildcard
                   AND NOT regexp_matches(module, '^(self|super|crate)$|::') AS is_mod
        FROM sites s JOIN rust_files f ON f.repo = s.repo AND f.path = s.from_path
        LEFT JOIN crates_of_folders c ON c.repo = f.repo AND c.of_folder = f.folder
        LEFT JOIN inline_modules i ON i.id = s.id
        WHERE s.language = 'rust'
    ),
    placed AS MATERIALIZED (  -- modules whose file `#[path]` names
        SELECT repo, snake_pipe.joined(inside, array_to_string(around || [alias], '/')) AS module,
               snake_pipe.joined(folder, written) AS target
        FROM rust_sites WHERE is_mod AND alias IS NOT NULL AND is_known
    ),
    declared AS (
        SELECT DISTINCT file_id, around, coalesce(alias, written) AS name FROM rust_sites WHERE is_mod
    ),
    rust_uses AS MATERIALIZED (
        SELECT u.*, len(regexp_extract(u.written || '::', '^(self::)?((super::)*)', 2)) // 7 AS ups,
               CASE WHEN regexp_matches(u.written, '^crate\b') THEN 'crate'
                    WHEN regexp_matches(u.written, '^(self|super)\b') OR d.file_id IS NOT NULL THEN 'own'
                    ELSE 'other' END AS head,
               regexp_replace(u.written || '::', '^(crate::|(self::)?(super::)*)', '') AS rest,
               list_filter(string_split(rest, '::'), lambda part: part <> '') AS parts
        FROM rust_sites u LEFT JOIN declared d
             ON d.file_id = u.file_id AND d.around = u.around AND d.name = string_split(u.written, '::')[1]
        WHERE NOT is_mod
    ),
    rust_paths AS MATERIALIZED (  -- where the parts go on from, and the file of that module, or its path
        SELECT id, repo, 'relative' AS way, parts, crate AS base, NULL AS own,
               CASE WHEN is_root AND snake_pipe.tail(folder, 1) <> 'src' THEN file_id END AS own_id
        FROM rust_uses WHERE head = 'crate'
        UNION ALL
        SELECT id, repo, 'relative', parts,
               snake_pipe.joined(inside, array_to_string(around[:len(around) - ups], '/')), NULL, file_id
        FROM rust_uses WHERE head = 'own' AND ups <= len(around) AND is_known
        UNION ALL
        SELECT id, repo, 'relative', parts, above, CASE WHEN above <> crate THEN above END, NULL
        FROM (SELECT *, snake_pipe.joined(inside, repeat('../', ups - len(around))) AS above FROM rust_uses
              WHERE head = 'own' AND ups > len(around) AND is_known)
        UNION ALL
        SELECT id, u.repo, 'name', parts[2:], c.folder, NULL, NULL
        FROM rust_uses u JOIN crates c ON c.repo = u.repo AND c.name = u.parts[1]
        WHERE head = 'other' AND is_library
    ),
    rust_modules AS MATERIALIZED (  -- each beginning of a path, as the module that it is
        SELECT id, repo, way, len(parts) - number AS ord,
               snake_pipe.joined(base, array_to_string(parts[:number], '/')) AS module
        FROM (SELECT *, unnest(range(1, len(parts) + 1)) AS number FROM rust_paths)
    ),
    rust_exact AS (
        SELECT id, repo, 0 AS ord, 'relative' AS way, snake_pipe.joined(folder, written) AS target
        FROM rust_sites WHERE is_mod AND ends_with(written, '.rs')
        UNION ALL
        SELECT id, repo, 0, 'relative',
               snake_pipe.joined(
                   inside, array_to_string(around || [written || unnest(['.rs', '/mod.rs'])], '/'))
        FROM rust_sites WHERE is_mod AND is_known
        UNION ALL  -- a root of another name
        SELECT id, repo, 1, 'relative', snake_pipe.joined(folder, written || unnest(['.rs', '/mod.rs']))
        FROM rust_sites WHERE is_mod AND is_known AND NOT is_root AND around = []
        UNION ALL
        SELECT id, repo, ord, way, module || unnest(['.rs', '/mod.rs']) FROM rust_modules
        UNION ALL
        SELECT id, m.repo, ord, way, CASE WHEN m.module = p.module THEN target ELSE snake_pipe.joined(
                   parse_dirpath(target), m.module[len(p.module) + 2:] || unnest(['.rs', '/mod.rs'])) END
        FROM (SELECT *, unnest(snake_pipe.and_above(module)) AS above
              FROM rust_modules SEMI JOIN placed USING (repo)) m
        JOIN placed p ON p.repo = m.repo AND p.module = m.above
        UNION ALL
        SELECT id, repo, len(parts), way,
               CASE WHEN own IS NULL THEN snake_pipe.joined(base, unnest(['lib.rs', 'main.rs']))
                    ELSE own || unnest(['.rs', '/mod.rs']) END
        FROM rust_paths WHERE own_id IS NULL
    ),
    rust_found AS (
        SELECT id, len(parts) AS ord, way, file_id AS target_file_id, folder AS target_folder
        FROM rust_paths JOIN rust_files ON file_id = own_id
    )
    """
