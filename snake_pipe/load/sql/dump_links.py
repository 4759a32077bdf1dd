"""Dumps and the sources they were made from, linked in SQL: the view `dump_sources`.

A dump is a row of `files` with `input_kind` `ast`. It is linked with its source if the dataset holds that;
whether it does is judged at the time of the question, not when the dump was read. A link is made in one of
three ways, the first that gives exactly one best source:

- `told`: the dump names its source (`files.source_path`), from whatever folder its tool ran in;
- `beside`: its name without the endings of dumps is that of a source in the same folder
  (`a.js.ast.json`, `a.ast.json`, `a_ast.json`, `a.acorn.ast.json`);
- `mirrored`: the same under another folder (`ast/lib/a.js.json` and `src/lib/a.js`), for dumps that tell
  nothing and lie in a folder without sources of their language.
"""

from __future__ import annotations

_TOOLS = (
    "acorn espree esprima meriyah babel estree typescript tsestree typescript-estree swc oxc clang python py "
    "solc php ruby prism go java rust"
).split()
"""What may stand between a source's name and the endings of dumps."""

_JSON = "\\.(?:json|jsonl|ndjson)(?:\\.gz)?"
"""How files that hold trees end."""

_FAMILIES = (("javascript", "typescript", "tsx", "jsx"), ("c", "cpp", "objc"))
"""Languages between which a tool's word for a file differs from ours."""

IS_DUMP = "f.input_kind = 'ast' AND (f.dialect IS NOT NULL OR f.status IN ('failed', 'quarantined'))"
"""What makes a row of `files f` a dump: a tree, or what was meant to be one."""


def _family_case() -> str:
    cases = "".join(f" WHEN word IN {family} THEN '{family[0]}'" for family in _FAMILIES)
    return f"CASE{cases} ELSE word END"


_MACROS = f"""
    CREATE MACRO snake_pipe.family(word) AS {_family_case()};
    CREATE MACRO snake_pipe.base(path) AS regexp_extract(path, '[^/]*$');
    CREATE MACRO snake_pipe.folders(path) AS string_split(path, '/')[:-2];
    CREATE MACRO snake_pipe.shared(a, b) AS
        len(list_filter(range(1, least(len(a), len(b)) + 1), lambda i: a[:i] = b[:i]));
    CREATE MACRO snake_pipe.told(path) AS
        regexp_replace(regexp_replace(replace(path, '\\', '/'), '^file:/*', '/'), '^(\\.\\.?/+)+', '')
    """

_DUMPS = f"""
    CREATE VIEW snake_pipe.dumps AS
    SELECT *, snake_pipe.family(language) AS family,
           regexp_replace(stem, '[._-]({"|".join(_TOOLS)})$', '', 'i') AS bare_stem
    FROM (SELECT f.file_id, f.repo, f.path, f.language, f.dialect, f.status, f.mtime_ns,
                 coalesce(c.path, f.path) AS file,
                 coalesce(c.content_epoch, f.content_epoch) AS content_epoch,
                 snake_pipe.folders(file) AS folders,
                 snake_pipe.told(f.source_path) AS told,
                 regexp_replace(snake_pipe.base(file), '([._-]ast|\\.syntax|\\.estree)?{_JSON}$', '', 'i')
                     AS stem
          FROM files f LEFT JOIN files c ON c.file_id = f.container_id
          WHERE {IS_DUMP})
    """  # noqa: S608 - names of our own

_SOURCES = """
    CREATE VIEW snake_pipe.sources AS
    SELECT file_id, repo, path, language, status, mtime_ns, size_bytes, line_count, traits,
           first_epoch, content_epoch,
           snake_pipe.family(language) AS family, snake_pipe.folders(path) AS folders,
           snake_pipe.base(path) AS name, regexp_replace(name, '\\.[^.]*$', '') AS stem
    FROM files WHERE input_kind = 'source'
    """

_LINKS = """
    CREATE VIEW dump_sources AS
    WITH dumps AS MATERIALIZED (FROM snake_pipe.dumps),
    sources AS MATERIALIZED (FROM snake_pipe.sources),
    wanted AS (  -- with `repo`, so that no plan joins all dumps of a repository with all its sources
        SELECT repo, snake_pipe.base(told) AS name, file_id, true AS is_told FROM dumps WHERE told IS NOT NULL
        UNION SELECT repo, stem, file_id, false FROM dumps
        UNION SELECT repo, bare_stem, file_id, false FROM dumps
    ), named AS (
        SELECT w.file_id AS dump, s.file_id AS source, is_told, true AS whole_name
        FROM wanted w JOIN sources s USING (repo, name)
        UNION
        SELECT w.file_id, s.file_id, false, false
        FROM wanted w JOIN sources s ON s.repo = w.repo AND s.stem = w.name
        WHERE NOT is_told
    ), placed AS (
        SELECT n.*, d.told, s.path,
               d.language IS NOT DISTINCT FROM s.language AS same_language,
               d.folders = s.folders AS same_folder,
               snake_pipe.shared(d.folders, s.folders) AS above,
               snake_pipe.shared(list_reverse(d.folders[above + 1:]), list_reverse(s.folders[above + 1:]))
                   AS below,
               len(d.folders) - above - below AS own,
               len(s.folders) - above - below AS others,
               d.repo, d.family, d.folders
        FROM named n JOIN dumps d ON d.file_id = dump JOIN sources s ON s.file_id = source
        WHERE is_told
              AND (told = s.path OR ends_with(told, '/' || s.path) OR ends_with(s.path, '/' || told))
           OR NOT is_told
              AND (d.family IS NULL OR d.family = s.family)
              -- all that `ways` can take, told cheaply: thousands of files may be called `__init__.py`
              AND (d.folders[-1] = s.folders[-1] OR d.folders[:len(s.folders)] = s.folders
                   OR s.folders[:-2] IN (d.folders[:-2], d.folders))
    ), ways AS (
        SELECT *, CASE
            WHEN is_told THEN 1
            WHEN same_folder THEN 2
            WHEN told IS NULL AND others <= 1 AND (below >= 1 OR own <= 1 OR others = 0)
                 AND NOT EXISTS (FROM sources o WHERE o.repo = placed.repo
                                 AND o.family = placed.family AND o.folders = placed.folders) THEN 3
            END AS way
        FROM placed
    ), ranked AS (
        SELECT *, rank() OVER (
            PARTITION BY dump
            ORDER BY way, CASE way WHEN 1 THEN least(len(told), len(path)) ELSE below END DESC,
                     whole_name DESC, same_language DESC, above DESC) AS place
        FROM ways WHERE way IS NOT NULL
    ), best AS (
        SELECT dump, any_value(source) AS source, any_value(way) AS way
        FROM ranked WHERE place = 1 GROUP BY dump HAVING count(DISTINCT source) = 1
    )
    SELECT d.repo, d.path AS dump, s.path AS source, ['told', 'beside', 'mirrored'][way] AS way,
           d.file_id AS dump_file_id, s.file_id AS source_file_id
    FROM best JOIN dumps d ON d.file_id = best.dump JOIN sources s ON s.file_id = best.source
    """

CREATE_VIEWS = (_MACROS, _DUMPS, _SOURCES, _LINKS)
"""Statements for a connection that has `files` and the schema `snake_pipe`. Nothing is computed by them: the
links cost what they cost when someone asks for them. `snake_pipe.dumps` and `snake_pipe.sources` have a row
for each of both, with what links are made by."""
