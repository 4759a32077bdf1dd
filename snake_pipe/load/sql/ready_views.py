"""Ready answers to what is asked of every repository: each row says where it stands, so none needs a join.

They are views, and cost nothing until they are queried. Where a table was left out by `--tables`, those that
read it are empty.
"""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

_FUNCTIONS = """
    CREATE VIEW functions AS
    SELECT repo, path, language, s.kind, s.name, s.qualified_name, s.signature, s.start_line, s.end_line,
           s.end_line - s.start_line + 1 AS line_count, s.complexity,
           s.body_start_line IS NOT NULL AS has_body, s.in_error, s.visibility, s.exported, s.modifiers,
           s.doc, s.file_id, s.node_id
    FROM symbols s JOIN files f USING (file_id) WHERE s.kind IN ('function', 'method')
    """

_CLASSES = """
    CREATE VIEW classes AS
    SELECT repo, path, language, s.kind, s.name, s.qualified_name, s.start_line, s.end_line,
           s.end_line - s.start_line + 1 AS line_count,
           coalesce(method_count, 0) AS method_count, coalesce(field_count, 0) AS field_count,
           s.in_error, s.visibility, s.exported, s.modifiers, s.doc, s.file_id, s.node_id
    FROM symbols s JOIN files f USING (file_id)
    LEFT JOIN (SELECT file_id, parent_node_id AS node_id,
                      count(*) FILTER (kind = 'method') AS method_count,
                      count(*) FILTER (kind = 'field') AS field_count
               FROM symbols GROUP BY ALL) members USING (file_id, node_id)
    WHERE s.kind IN ('class', 'interface', 'enum')
    """

_CALL_SITES = """
    CREATE VIEW call_sites AS
    SELECT repo, path, language, r.name, r.qualifier, r.start_line, r.start_col,
           s.qualified_name AS caller, s.kind AS caller_kind, s.start_line AS caller_start_line,
           r.file_id, r.node_id, r.enclosing_node_id AS caller_node_id
    FROM refs r JOIN files f USING (file_id)
    LEFT JOIN symbols s ON s.file_id = r.file_id AND s.node_id = r.enclosing_node_id
    WHERE r.role = 'call'
    """

_IMPORT_GRAPH = """
    CREATE VIEW import_graph AS
    SELECT repo, path, parse_dirpath(path) AS folder, language, target_path, target_folder,
           count(*) AS import_count, min(start_line) AS start_line, file_id, target_file_id
    FROM import_targets
    WHERE target_folder IS NOT NULL AND target_file_id IS DISTINCT FROM file_id
    GROUP BY ALL
    """

_HOT_SPOTS = """
    CREATE VIEW hot_spots AS
    WITH calls AS (
        SELECT repo, name, count(*) AS calls
        FROM refs JOIN files USING (file_id) WHERE role = 'call' GROUP BY ALL
    ), defined AS (
        SELECT *, count(*) OVER (PARTITION BY repo, name) AS namesakes FROM functions WHERE has_body
    )
    SELECT d.repo, path, language, kind, d.name, qualified_name, start_line, end_line, line_count, complexity,
           coalesce(calls / namesakes, 0) AS call_count,
           round(complexity * ln(1 + line_count) * ln(2 + call_count), 1) AS score, file_id, node_id
    FROM defined d LEFT JOIN calls c ON c.repo = d.repo AND c.name = d.name
    WHERE NOT in_error
          AND file_id NOT IN (SELECT file_id FROM files WHERE list_has_any(traits, ['minified', 'generated']))
    ORDER BY score DESC, repo, path, start_line
    """

_TAG = r"(?:^|\W)(TODO|FIXME|XXX|HACK)\b(?:\(([^)]*)\))?\s*[:;]?\s*(.*)"

_COMMENT_END = r"\s*(\*+/|--+>|\*\)|-\}|=\})?\s*$"

_TODO_COMMENTS = f"""
    CREATE VIEW todo_comments AS
    WITH comments AS (
        SELECT file_id, node_id, start_line AS first_line, string_split(value, chr(10)) AS lines
        FROM nodes WHERE kind = 'comment' AND regexp_matches(value, '{_TAG}')
        WINDOW earlier AS (
            PARTITION BY file_id ORDER BY node_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        -- comments may hold comments: the outermost has all their text
        QUALIFY coalesce(node_id > max(node_id + descendant_count) OVER earlier, true)
    ), tagged AS (
        SELECT *, regexp_extract(lines[line], '{_TAG}', ['tag', 'author', 'rest']) AS found
        FROM (SELECT *, unnest(range(1, len(lines) + 1)) AS line FROM comments)
    )
    SELECT repo, path, language, found.tag AS tag, nullif(trim(found.author), '') AS author,
           (first_line + line - 1)::INTEGER AS start_line,
           trim(regexp_replace(found.rest, '{_COMMENT_END}', '')) AS text, file_id, node_id
    FROM tagged JOIN files f USING (file_id) WHERE found.tag <> ''
    """

CREATE_VIEWS = (_FUNCTIONS, _CLASSES, _CALL_SITES, _IMPORT_GRAPH, _HOT_SPOTS, _TODO_COMMENTS)
"""Statements for a connection that has the tables' views and `import_targets`."""
