"""Which dumps no longer fit their sources: what `files`, `symbols`, `refs` and `imports` tell, asked in SQL.

Which source a dump was made from, `dump_links` tells. A linked dump is stale for the first of these reasons
that holds:

- `unreadable`: it could not be read at all;
- `changed_since`: earlier jobs saw this source with other content after they saw this dump as it is;
- `beyond_end`: its nodes end beyond the source's last line or byte;
- `content`: definitions and calls, by name and line, or imports by name, differ. All three are compared for
  the dialects of `_EXACT`; of others, where macros and conditions make more or less of a source than
  is written there, only the lines of what both define exactly once;
- `newer_source`: the source was changed later, by the time of the files. Useless in a fresh checkout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from snake_pipe.errors import QueryError
from snake_pipe.load.sql import dump_links
from snake_pipe.load.sql.views import connect_tables

if TYPE_CHECKING:
    from snake_pipe.storage.storage import Storage

COLUMNS = ("repo", "drift", "dump", "source", "reason", "detail")

STALE, NO_SOURCE, NO_DUMP = "stale", "no_source", "no_dump"
KINDS = (STALE, NO_SOURCE, NO_DUMP)

_EXACT = ("estree", "babel", "typescript-estree", "python-ast")
"""Dialects whose definitions, calls and imports are those of the source, file for file."""

_Row = tuple[str, str, str | None, str | None, str | None, str | None]


@dataclass(slots=True)
class Drift:
    """`rows` have the columns `COLUMNS`, in the order of their paths; `dumps` were looked at."""

    dumps: int = 0
    rows: list[_Row] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """Rows of one of `KINDS`."""
        return sum(row[1] == kind for row in self.rows)


def find_drift(dataset: Storage, *, times: bool = True) -> Drift:
    """All that drifted apart in the current state of a dataset; without `times`, content alone counts.

    DatasetError as `connect`; QueryError if the tables cannot be read to the end.
    """
    with connect_tables(dataset) as connection:
        try:
            for statement in (*dump_links.CREATE_VIEWS, _TABLES, _EVIDENCE, _DIFFERENCES, _FINDINGS):
                connection.execute(statement)
            drift = connection.execute(_DRIFT, {"times": times}).fetchall()
            dumps = connection.execute("SELECT count(*) FROM drift_dumps").fetchall()[0][0]
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
    return Drift(dumps, drift)


_TABLES = """
    CREATE TEMP TABLE drift_dumps AS FROM snake_pipe.dumps;
    CREATE TEMP TABLE drift_sources AS FROM snake_pipe.sources;
    CREATE TEMP TABLE drift_links AS
    SELECT dump_file_id AS dump, source_file_id AS source FROM dump_sources
    """

_EVIDENCE = """
    CREATE TEMP TABLE drift_evidence AS
    WITH wanted AS (SELECT dump AS file_id FROM drift_links UNION SELECT source FROM drift_links)
    SELECT file_id, 'definition' AS sort, name, coalesce(name_line, start_line) AS line
    FROM symbols SEMI JOIN wanted USING (file_id)
    WHERE kind IN ('function', 'method', 'class', 'interface', 'enum')
    UNION
    SELECT file_id, 'call', ltrim(name, '#'), start_line FROM refs SEMI JOIN wanted USING (file_id)
    WHERE role = 'call'
    UNION
    SELECT file_id, 'import', concat_ws('.', module, name), NULL
    FROM imports SEMI JOIN wanted USING (file_id) JOIN files USING (file_id)
    WHERE language <> 'typescript'  -- whose `import('x').T` within types is an import to some tools only
    """

_DIFFERENCES = f"""
    CREATE TEMP TABLE drift_differences AS
    WITH links AS (
        SELECT dump, source, dialect IN {_EXACT} AS exact
        FROM drift_links JOIN drift_dumps d ON d.file_id = dump
        JOIN drift_sources s ON s.file_id = source
        WHERE d.status IN ('ok', 'partial') AND s.status IN ('ok', 'partial')
    ), of_dump AS (
        SELECT dump, exact, sort, name, line, count(*) OVER (PARTITION BY dump, sort, name) AS often
        FROM links JOIN drift_evidence ON file_id = dump
    ), of_source AS (
        SELECT dump, exact, sort, name, line, count(*) OVER (PARTITION BY dump, sort, name) AS often
        FROM links JOIN drift_evidence ON file_id = source
    ), differing AS (
        SELECT dump, 'dump' AS side, sort, name, line FROM
            (SELECT dump, sort, name, line FROM of_dump WHERE exact
             EXCEPT SELECT dump, sort, name, line FROM of_source)
        UNION ALL
        SELECT dump, 'source', sort, name, line FROM
            (SELECT dump, sort, name, line FROM of_source WHERE exact
             EXCEPT SELECT dump, sort, name, line FROM of_dump)
        UNION ALL
        SELECT dump, unnest(['dump', 'source']), sort, name, unnest([d.line, s.line])
        FROM of_dump d JOIN of_source s USING (dump, sort, name)
        WHERE NOT d.exact AND sort = 'definition' AND d.often = 1 AND s.often = 1 AND d.line <> s.line
    )
    SELECT dump, side, count(*) AS count,
           list(sort || ' ' || name || coalesce(':' || line, '') ORDER BY line, name)[:3] AS first
    FROM differing GROUP BY dump, side
    """  # noqa: S608 - names of our own

_FINDINGS = """
    CREATE TEMP TABLE drift_findings AS
    WITH linked AS (
        SELECT l.dump, l.source, d.path AS dump_path, d.status AS dump_status, d.mtime_ns AS dump_time,
               d.content_epoch AS dump_epoch, s.*
        FROM drift_links l JOIN drift_dumps d ON d.file_id = l.dump
        JOIN drift_sources s ON s.file_id = l.source
    ), ends AS (
        SELECT file_id AS dump, max(end_line) AS last_line, max(end_offset) AS last_offset
        FROM nodes SEMI JOIN linked ON linked.dump = nodes.file_id GROUP BY file_id
    ), differences AS (
        SELECT dump, string_agg('only the ' || side || ' has ' || array_to_string(first, ', ')
               || if(count > 3, ' and ' || count - 3 || ' more', ''), '; ' ORDER BY side) AS detail
        FROM drift_differences GROUP BY dump
    )
    SELECT repo, dump, source, dump_path, path AS source_path, dump_status, dump_time,
           mtime_ns AS source_time,
           content_epoch > dump_epoch AND content_epoch > first_epoch AS changed_since,
           size_bytes IS NOT NULL AND status IN ('ok', 'partial')
               AND (last_line > line_count + 1
                    OR (last_offset > size_bytes AND NOT list_contains(traits, 'transcoded'))) AS beyond_end,
           last_line, last_offset, line_count, size_bytes, differences.detail AS differences
    FROM linked
    LEFT JOIN ends USING (dump)
    LEFT JOIN differences USING (dump)
    """

_DRIFT = f"""
    WITH judged AS (
        SELECT *, CASE
            WHEN dump_status NOT IN ('ok', 'partial') THEN 'unreadable'
            WHEN changed_since THEN 'changed_since'
            WHEN beyond_end THEN 'beyond_end'
            WHEN differences IS NOT NULL THEN 'content'
            WHEN $times AND source_time > dump_time THEN 'newer_source'
            END AS reason
        FROM drift_findings
    ), found AS (  -- DuckDB 1.5 orders no UNION by an expression
        SELECT repo, '{STALE}' AS drift, dump_path AS dump, source_path AS source, reason, CASE reason
            WHEN 'unreadable' THEN 'see errors'
            WHEN 'changed_since' THEN coalesce(differences, 'a later job saw the source with other content')
            WHEN 'beyond_end' THEN
                if(last_line > line_count + 1,
                   'the dump ends on line ' || last_line || ', the source on ' || line_count,
                   'the dump ends at ' || last_offset || ', the source has ' || size_bytes || ' bytes')
            WHEN 'content' THEN differences
            ELSE 'changed ' || ((source_time - dump_time) / 1e9)::DECIMAL(18, 1) || ' s after the dump'
            END AS detail
        FROM judged WHERE reason IS NOT NULL
        UNION ALL
        SELECT repo, '{NO_SOURCE}', path, NULL, if(told IS NULL, 'not_found', 'told_not_found'), told
        FROM drift_dumps ANTI JOIN drift_links ON dump = file_id
        WHERE status IN ('ok', 'partial')
        UNION ALL
        SELECT repo, '{NO_DUMP}', NULL, path, 'not_found', language
        FROM drift_sources s ANTI JOIN drift_links ON source = file_id
        WHERE EXISTS (FROM drift_dumps d WHERE d.repo = s.repo AND d.language = s.language)
    )
    FROM found ORDER BY repo, coalesce(dump, source), drift
    """  # noqa: S608 - names of our own
