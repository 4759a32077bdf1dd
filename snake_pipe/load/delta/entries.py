"""What the entries of a Delta log say: written and read here, action by action."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from snake_pipe.schemas import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from snake_pipe.load.part_writer import Part

Action = dict[str, Any]

_OWN_KEY = "snakePipe"
"""Key of `commitInfo` with what only this program reads; the protocol leaves other keys alone."""


@dataclass(frozen=True, slots=True)
class LoggedPart:
    """A part that a version of a table consists of; `first_file_id` and `last_file_id` as in `Part`."""

    name: str
    size_bytes: int
    rows: int
    first_file_id: int | None = None
    last_file_id: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedState:
    """A version of a table and the parts that it consists of, by name."""

    version: int
    parts: Sequence[LoggedPart]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of a dataset: the versions of all tables that belong to a version of `files`.

    Each commit of `files` has one, since that is what makes a flush visible. `job_id` made it, at `time_ms`
    (milliseconds since 1970). In one that `is_tidy` each table holds the current state alone; else rows that
    were superseded stand beside those that supersede them. `has_loose_errors` tells of rows of `errors` that
    belong to no file. `epoch` is the number of the run. `since` is the version of `files` from which on the
    same rows were seen, None where that is its own: a tidy changes nothing that is seen.
    """

    versions: Mapping[str, int] = field(default_factory=dict)
    job_id: str = ""
    is_tidy: bool = False
    has_loose_errors: bool = False
    time_ms: int = 0
    epoch: int = 0
    since: int | None = None

    def shows(self, files_version: int) -> bool:
        """Whether this is what was seen at a version of `files`."""
        newest = self.versions["files"]
        return (newest if self.since is None else self.since) <= files_version <= newest


_SETTINGS = {"delta.deletedFileRetentionDuration": "interval 1 hours"}
"""Checkpoints name parts for so long after they were removed, by default for a week: in a watch 100,000 of
them, which cost whoever opens the table a tenth of a second. How long parts are kept is another matter."""

_TYPES: Mapping[str, Any] = {
    "int64": "long",
    "int32": "integer",
    "float64": "double",
    "bool": "boolean",
    "string": "string",
    "binary": "binary",
    "dictionary": "string",
    "list<string>": {"type": "array", "elementType": "string", "containsNull": True},
    "timestamp": "timestamp",
}
"""How the words of `schemas` are called by the protocol."""


def new_table(table: str) -> list[Action]:
    """The entry that makes a table, without rows."""
    fields = [
        {"name": column.name, "type": _TYPES[column.type], "nullable": column.nullable, "metadata": {}}
        for column in TABLES[table]
    ]
    about: Action = {
        "id": str(uuid4()),
        "name": None,
        "description": None,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": orjson.dumps({"type": "struct", "fields": fields}).decode(),
        "partitionColumns": [],
        "createdTime": int(time.time() * 1000),
        "configuration": _SETTINGS,
    }
    protocol = {"minReaderVersion": 1, "minWriterVersion": 2}
    return [commit_info("CREATE TABLE", {}), {"protocol": protocol}, {"metaData": about}]


def commit_info(operation: str, parameters: Mapping[str, str], snapshot: Snapshot | None = None) -> Action:
    """What was done, and for `files` the snapshot that the commit makes."""
    info: dict[str, Any] = {
        "timestamp": int(time.time() * 1000),
        "operation": operation,
        "operationParameters": dict(parameters),
        "engineInfo": "snake-pipe",
    }
    if snapshot is not None:
        info[_OWN_KEY] = asdict(snapshot) | {"time_ms": info["timestamp"]}
    return {"commitInfo": info}


def transaction(app_id: str, version: int) -> Action:
    """How far an application has come."""
    return {"txn": {"appId": app_id, "version": version}}


def add(part: Part, *, changes_rows: bool = True) -> Action:
    """A part that belongs to the table from here on."""
    stats: dict[str, Any] = {"numRecords": part.rows}
    if part.first_file_id is not None:
        stats["minValues"] = {"file_id": part.first_file_id}
        stats["maxValues"] = {"file_id": part.last_file_id}
    return {
        "add": {
            "path": part.name,
            "partitionValues": {},
            "size": part.size_bytes,
            "modificationTime": int(time.time() * 1000),
            "dataChange": changes_rows,
            "stats": orjson.dumps(stats).decode(),
        }
    }


def remove(part: LoggedPart, *, changes_rows: bool) -> Action:
    """A part that no longer belongs to the table; earlier versions still need it."""
    return {
        "remove": {
            "path": part.name,
            "deletionTimestamp": int(time.time() * 1000),
            "dataChange": changes_rows,
            "extendedFileMetadata": True,
            "partitionValues": {},
            "size": part.size_bytes,
        }
    }


def to_bytes(actions: Iterable[Action]) -> bytes:
    """An entry as it is stored."""
    return b"".join(orjson.dumps(action) + b"\n" for action in actions)


def actions_of(data: bytes) -> list[Action]:
    """What the bytes of an entry say; nothing if it is not whole."""
    try:
        lines = [orjson.loads(line) for line in data.splitlines()]
    except orjson.JSONDecodeError:
        return []
    return [line for line in lines if isinstance(line, dict)]


def added_names(actions: list[Action]) -> list[str]:
    """The parts that an entry adds to the table."""
    return [action["add"]["path"] for action in actions if isinstance(action.get("add"), dict)]


def added_parts(actions: list[Action]) -> list[LoggedPart] | None:
    """The same with what the entry says of them; None where it does not tell how many rows one has."""
    parts = []
    for action in actions:
        if not isinstance(added := action.get("add"), dict):
            continue
        try:
            stats = orjson.loads(added["stats"])
            ids = [(stats.get(bound) or {}).get("file_id") for bound in ("minValues", "maxValues")]
            parts.append(LoggedPart(added["path"], added["size"], stats["numRecords"], *ids))
        except (AttributeError, KeyError, TypeError, orjson.JSONDecodeError):  # another writer need not tell
            return None
    return parts


def removed_names(actions: list[Action]) -> list[str]:
    """The parts that an entry takes out of the table."""
    return [action["remove"]["path"] for action in actions if isinstance(action.get("remove"), dict)]


def transaction_in(actions: list[Action], app_id: str) -> int | None:
    """How far an application has come by an entry; None for one that says nothing of it."""
    for action in actions:
        transaction = action.get("txn")
        if isinstance(transaction, dict) and transaction.get("appId") == app_id:
            return int(transaction["version"])
    return None


def time_of(actions: list[Action]) -> int | None:
    """When an entry was made, in milliseconds since 1970; None where it does not tell."""
    infos = (action["commitInfo"] for action in actions if isinstance(action.get("commitInfo"), dict))
    return next((info["timestamp"] for info in infos if isinstance(info.get("timestamp"), int)), None)


def snapshot_in(actions: list[Action]) -> Snapshot | None:
    """The snapshot that an entry of `files` makes; None for one that says nothing of it."""
    for action in actions:
        info = action.get("commitInfo")
        own = info.get(_OWN_KEY) if isinstance(info, dict) else None
        if isinstance(own, dict):
            try:
                return Snapshot(**own)
            except TypeError:  # of another version of this program
                return None
    return None


def is_whole(data: bytes) -> bool:
    """Whether an entry was written to its end."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    try:
        return bool(lines) and all(isinstance(orjson.loads(line), dict) for line in lines)
    except orjson.JSONDecodeError:
        return False
