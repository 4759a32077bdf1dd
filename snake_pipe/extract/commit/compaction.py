"""What a job's journal may forget: a watch or an engine that takes submissions may run for months."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from snake_pipe.errors import SnakePipeError
from snake_pipe.extract.sinks.ledger import last_delivered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from snake_pipe.utils.journal.journal import Journal
    from snake_pipe.utils.journal.record import Record


def compact_journal(
    journal: Journal, committed_ids: Callable[[], Collection[int]], sinks: Collection[str] = ()
) -> None:
    """Rewrite a journal that has become long; one that cannot be stays as it is.

    `committed_ids()` are the ids of all files that the job has committed; `sinks` those of sinks for which
    flushes are kept until they have them.
    """
    if not journal.is_long:
        return
    with suppress(OSError, SnakePipeError):  # a full disk, say; it is tried again after the next commit
        committed = committed_ids()
        journal.rewrite(lambda records: still_needed(records, committed, sinks))


def still_needed(
    records: list[Record], committed_ids: Collection[int], sinks: Collection[str] = ()
) -> list[Record]:
    """The records that a resume would miss, in their order.

    These are the last start, flushes that are promised and not committed, or that one of the `sinks` lacks,
    the last one for its number, what each sink has, and submitted files that are not committed, nor a later
    submission of them. The parts of other flushes are named by the tables' logs; the last of them that was
    dropped leaves its number and epoch, so that a sink that comes later sees that it lacks something.
    """
    flushes = {record["seq"]: record for record in records if record["type"] == "flush"}
    done = {record["seq"] for record in records if record["type"] == "committed"}
    has = {sink: last_delivered(records, sink) for sink in (*sinks, *_sinks_of(records))}
    least = min((has[sink] for sink in sinks), default=max(flushes, default=0))
    wanted = flushes.keys() - done | {max(flushes, default=0)} | {seq for seq in flushes if seq > least}
    dropped = max(flushes.keys() - wanted, default=0)
    starts = [at for at, record in enumerate(records) if record["type"] == "start"]
    offers = [file for record in records if record["type"] == "offered" for file in record["files"]]
    again = {file[3] for file in offers}
    last_read = last_committed([(file[0], file[2]) for file in offers], committed_ids.__contains__)
    kept: list[Record] = []
    for at, record in enumerate(records):
        match record["type"]:
            case "flush" | "committed":
                if record["seq"] in wanted:
                    kept.append(record)
                elif record["seq"] == dropped and record["type"] == "flush":
                    kept.append({"type": "compacted", "seq": dropped, "epoch": record["epoch"]})
            case "compacted":
                if not dropped:
                    kept.append(record)
            case "delivered":
                if record["seq"] == has[record["sink"]]:
                    kept.append(record)
            case "offered":
                files = [f for f in record["files"] if f[2] > last_read.get(f[0], -1) and f[2] not in again]
                if files:
                    kept.append({**record, "files": files})
            case "start":
                if at == starts[-1]:
                    kept.append(record)
            case _:
                kept.append(record)
    return kept


def _sinks_of(records: Iterable[Record]) -> set[str]:
    return {record["sink"] for record in records if record["type"] == "delivered"}


def last_committed(offers: Iterable[tuple[str, int]], is_committed: Callable[[int], bool]) -> dict[str, int]:
    """The greatest committed file id of each path that was offered, where there is one."""
    return dict(sorted((path, file_id) for path, file_id in offers if is_committed(file_id)))
