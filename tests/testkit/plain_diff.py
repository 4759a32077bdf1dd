"""The comparison of two states in plain Python, to judge the one in SQL by: no ids, no SQL, no shortcuts."""

from __future__ import annotations

from collections import defaultdict
from posixpath import basename
from typing import TYPE_CHECKING, Any

from snake_pipe.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

Row = dict[str, Any]
Found = tuple[Any, ...]

FILE_COLUMNS = ("repo", "path", "language", "dialect", "sha256", "size_bytes", "status")
SYMBOL_COLUMNS = (
    "node_id qualified_name kind signature visibility exported modifiers complexity doc start_line end_line "
    "name_line"
).split()
IMPORT_COLUMNS = "node_id module name alias is_relative is_wildcard start_line".split()

_FILE_ATTRIBUTES = ("sha256", "size_bytes", "status")
_SYMBOL_ATTRIBUTES = (
    "kind", "signature", "visibility", "exported", "modifiers", "complexity", "line_count", "doc",
)  # fmt: skip
_IMPORT_ATTRIBUTES = ("alias", "is_relative", "is_wildcard")


def state_of(dataset: Path) -> list[Row]:
    """The files of a dataset's current state, with lists of their `symbols` and `imports`."""
    from snake_pipe.load.sql.views import connect

    with connect(LocalStorage(dataset)) as connection:
        ids: dict[int, Row] = {}
        files = []
        names = (*FILE_COLUMNS, "file_id", "container_id")
        for row in connection.execute(f"SELECT {', '.join(names)} FROM files").fetchall():
            file = dict(zip(names, row, strict=True)) | {"symbols": [], "imports": []}
            ids[file["file_id"]] = file
            files.append(file)
        for file in files:
            outer = ids.get(file.pop("container_id"))
            file["container"] = outer["path"] if outer else None
        for table, columns in (("symbols", SYMBOL_COLUMNS), ("imports", IMPORT_COLUMNS)):
            for file_id, *row in connection.execute(
                f"SELECT file_id, {', '.join(columns)} FROM {table}"
            ).fetchall():
                ids[file_id][table].append(dict(zip(columns, row, strict=True)))
    return files


def plain_diff(before: Sequence[Row], after: Sequence[Row]) -> list[Found]:
    """(repo, item, change, kind, name, path, line, path before, line before, changes), sorted."""
    old_files = _sorted_files(before)
    new_files = _sorted_files(after)
    pairs, removed, added = _paired(
        old_files,
        new_files,
        [
            lambda f: (f["repo"], f["path"]),
            lambda f: (f["repo"], f["sha256"]) if f["sha256"] and f["size_bytes"] else None,
        ],
    )
    found = list(
        _found("file", pairs, removed, added, _FILE_ATTRIBUTES, lambda f: f["language"], lambda f: None)
    )
    moved = {(old["repo"], old["path"]): new["path"] for old, new in pairs}
    found += _found(
        "symbol",
        *_paired(
            _parts(before, "symbols", moved),
            _parts(after, "symbols", {}),
            [
                lambda s: (s["repo"], s["mapped"], s["qualified_name"], s["kind"], s["signature"]),
                lambda s: (s["repo"], s["mapped"], s["qualified_name"], s["kind"]),
                lambda s: (s["repo"], s["mapped"], s["qualified_name"]),
                lambda s: (s["repo"], s["language"], s["qualified_name"], s["kind"], s["signature"]),
            ],
        ),
        _SYMBOL_ATTRIBUTES,
        lambda s: s["kind"],
        lambda s: s["qualified_name"],
    )
    exact = ("repo", "mapped", "module", "name", "alias", "is_relative", "is_wildcard")
    found += _found(
        "import",
        *_paired(
            _parts(before, "imports", moved),
            _parts(after, "imports", {}),
            [
                lambda i: tuple(i[key] for key in exact),
                lambda i: tuple(i[key] for key in ("repo", "mapped", "module", "name")),
            ],
        ),
        _IMPORT_ATTRIBUTES,
        lambda i: None,
        lambda i: ".".join(word for word in (i["module"], i["name"]) if word is not None),
    )
    return sorted(found, key=repr)


def _sorted_files(files: Iterable[Row]) -> list[Row]:
    whole = [file | {"line": None} for file in files if file["container"] is None]
    return sorted(whole, key=lambda f: (f["repo"], basename(f["path"]), f["path"]))


def _parts(files: Iterable[Row], table: str, moved: dict[tuple[str, str], str]) -> list[Row]:
    """The symbols or imports of all files, with the language and path of each, as it is and as it becomes."""
    found = []
    for file in sorted(files, key=lambda f: (f["repo"], f["path"])):
        outer = file["container"] or file["path"]
        mapped = moved.get((file["repo"], outer), outer) + file["path"][len(outer) :]
        for row in sorted(file[table], key=lambda r: r["node_id"]):
            about = {"repo": file["repo"], "path": file["path"], "mapped": mapped}
            about |= {"language": file["language"] or file["dialect"]}
            if table == "symbols":
                about["line"] = row["start_line"] if row["name_line"] is None else row["name_line"]
                is_long = row["kind"] in ("function", "method") and row["end_line"] is not None
                about["line_count"] = row["end_line"] - row["start_line"] + 1 if is_long else None
            else:
                about["line"] = row["start_line"]
            found.append(row | about)
    return found


def _paired(
    old: Sequence[Row], new: Sequence[Row], keys: Sequence[Callable[[Row], Any]]
) -> tuple[list[tuple[Row, Row]], list[Row], list[Row]]:
    pairs = []
    for key in keys:
        waiting = defaultdict(list)
        for row in old:
            waiting[key(row)].append(row)
        waiting.pop(None, None)
        rest = []
        for row in new:
            if waiting.get(key(row)):
                pairs.append((waiting[key(row)].pop(0), row))
            else:
                rest.append(row)
        taken = {id(a) for a, _ in pairs}
        old, new = [row for row in old if id(row) not in taken], rest
    return pairs, list(old), list(new)


def _found(
    item: str,
    pairs: Sequence[tuple[Row, Row]],
    removed: Sequence[Row],
    added: Sequence[Row],
    attributes: Sequence[str],
    kind: Callable[[Row], Any],
    name: Callable[[Row], Any],
) -> Iterable[Found]:
    for a in removed:
        yield (a["repo"], item, "removed", kind(a), name(a), None, None, a["path"], a["line"], {})
    for b in added:
        yield (b["repo"], item, "added", kind(b), name(b), b["path"], b["line"], None, None, {})
    for a, b in pairs:
        changes = {key: (_text(a[key]), _text(b[key])) for key in attributes if a[key] != b[key]}
        if a["path"] != b["path"] or changes:
            change = "moved" if a["path"] != b["path"] else "changed"
            place = (b["path"], b["line"], a["path"], a["line"])
            yield (b["repo"], item, change, kind(b), name(b), *place, changes)


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case list():
            return "[" + ", ".join(value) + "]"
    return str(value)
