"""The comparison of two states in SQL.

A state is a schema with the views `files`, `symbols` and `imports`: `before` and `after`, both of one
dataset. A file that both hold under the same id is the same in both, and nothing of it is looked at.

- A file is known by its path, else by its content: the same content at another path is a file that moved.
  An empty file has no content to be known by.
- A symbol is known by its name and kind in its file, also where that moved; of namesakes, their signatures
  tell first. One that is gone from its file and has appeared in another of its language, with the same
  signature, has moved. Lines are not looked at: what is shifted is the same.
- An import is known by what it names in its file.
"""

from __future__ import annotations

from snake_pipe.load.diff.pairing import OTHER, difference, pair_rows

ITEMS = {"files": "file", "symbols": "symbol", "imports": "import"}
"""What is compared, and what one of them is called."""

_FILES = """
    CREATE TABLE files_{state} AS
    SELECT row_number() OVER (ORDER BY repo, parse_filename(path), path) AS id, repo, path, path AS own_path,
           file_id, language, sha256, size_bytes, status, NULL::INTEGER AS line,
           if(size_bytes > 0, sha256, NULL) AS content
    FROM {state}.files ANTI JOIN {other}.files o USING (file_id)
    WHERE container_id IS NULL
    """

_MOVED = """
    CREATE TABLE moved_before AS
    SELECT b.file_id, a.path FROM files_pairs p
    JOIN files_before b ON b.id = p.before JOIN files_after a ON a.id = p.after;
    CREATE TABLE moved_after (file_id BIGINT, path VARCHAR)
    """
"""The path that each file of a state has in the later one: of a moved file another one."""

_TREES = """
    CREATE TABLE trees_{state} AS
    SELECT f.file_id, f.repo, coalesce(f.language, f.dialect) AS language, f.path AS own_path,
           -- a tree in a file that holds several moves with it
           coalesce(moved.path || substr(f.path, len(outer_file.path) + 1), f.path) AS path
    FROM {state}.files f ANTI JOIN {other}.files o USING (file_id)
    LEFT JOIN {state}.files outer_file ON outer_file.file_id = coalesce(f.container_id, f.file_id)
    LEFT JOIN moved_{state} moved ON moved.file_id = outer_file.file_id
    """

_SYMBOLS = """
    CREATE TABLE symbols_{state} AS
    SELECT row_number() OVER (ORDER BY repo, own_path, node_id) AS id, repo, path, own_path, language,
           qualified_name, kind, signature, visibility, exported, modifiers, complexity, doc,
           if(kind IN ('function', 'method'), end_line - start_line + 1, NULL) AS line_count,
           coalesce(name_line, start_line) AS line
    FROM {state}.symbols JOIN trees_{state} USING (file_id)
    """

_IMPORTS = """
    CREATE TABLE imports_{state} AS
    SELECT row_number() OVER (ORDER BY repo, own_path, node_id) AS id, repo, path, own_path, module, name,
           alias, is_relative, is_wildcard, start_line AS line
    FROM {state}.imports JOIN trees_{state} USING (file_id)
    """

_FILE_STEPS = (("repo", "path"), ("repo", "content"))
_SYMBOL_STEPS = (
    ("repo", "path", "signature", "kind", "qualified_name"),
    ("repo", "path", "kind", "qualified_name"),
    ("repo", "path", "qualified_name"),
    ("repo", "language", "signature", "kind", "qualified_name"),
)
_IMPORT_STEPS = (
    ("module", "name", "alias", "is_relative", "is_wildcard", "repo", "path"),
    ("module", "name", "repo", "path"),
)


def _of_both(statement: str) -> list[str]:
    return [statement.format(state=state, other=other) for state, other in OTHER.items()]


COMPARE_FILES = (*_of_both(_FILES), *pair_rows("files", _FILE_STEPS), _MOVED, *_of_both(_TREES))
"""To be executed first."""

COMPARE = {
    "files": (),
    "symbols": (*_of_both(_SYMBOLS), *pair_rows("symbols", _SYMBOL_STEPS)),
    "imports": (*_of_both(_IMPORTS), *pair_rows("imports", _IMPORT_STEPS)),
}
"""What has to be executed for each of `ITEMS`, after the comparison of files."""

DIFFERENCES = {
    "files": difference(
        "files", "file", "language AS kind, NULL AS name", ("sha256", "size_bytes", "status")
    ),
    "symbols": difference(
        "symbols",
        "symbol",
        "kind, qualified_name AS name",
        ("kind", "signature", "visibility", "exported", "modifiers", "complexity", "line_count", "doc"),
    ),
    "imports": difference(
        "imports",
        "import",
        "NULL AS kind, concat_ws('.', module, name) AS name",
        ("alias", "is_relative", "is_wildcard"),
    ),
}
"""What differs in each of `ITEMS`: the columns are `repo`, `item`, `change` (added, removed, moved, changed),
`kind` (of a file its language), `name`, `path` and `line`, `path_before` and `line_before`, and `changes`, a
list of the attributes that differ with both values."""
