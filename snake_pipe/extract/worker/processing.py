"""The user's processors in a worker: what they say of the files of a batch becomes rows of `processed`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from snake_pipe.extract.model.rows import Row, rows_to_batch
from snake_pipe.extract.worker.processor_call import call_processor
from snake_pipe.plugins.processors import load_processor
from snake_pipe.transform.rows.contract import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from snake_pipe.extract.worker.file_results import FileResult
    from snake_pipe.plugins.processors import Processor

_ROWS_AT_ONCE = 20_000

_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY

FAILED = "processor_failed"
"""The code of a processor's failure in `errors`, and the reason of its file."""


class Processing:
    """Calls the processors for one file after the other; `write` gets their rows, many at a time."""

    def __init__(self, names: Sequence[str], write: Callable[[dict[str, pa.RecordBatch]], None]) -> None:
        """PluginError for a name that stands for nothing that can be imported."""
        self._processors = [(name, _load(name)) for name in names]
        self._write = write
        self._rows: list[Row] = []

    def process(self, result: FileResult) -> None:
        """Call each for a file that was read; what one raises is a problem of the file."""
        for name, processor in self._processors:
            outcome = call_processor(partial(_all_of, processor), Path(result.file.os_path))
            words = outcome.error or outcome.status
            if outcome.status == "ok":
                try:
                    self._rows += _rows(result.file.file_id, name, outcome.value)
                    continue
                except (TypeError, ValueError, RecursionError) as error:
                    words = f"what it gives is no JSON: {error}"
            result.processing.append(Problem("process", FAILED, f"{name}: {words}"))
        if len(self._rows) >= _ROWS_AT_ONCE:
            self.drain()

    def drain(self) -> None:
        """Write the rows that wait."""
        if self._rows:
            rows, self._rows = self._rows, []
            self._write({"processed": rows_to_batch("processed", rows)})

    def restart(self) -> None:
        """Forget the rows that wait."""
        self._rows.clear()


@cache
def _load(name: str) -> Processor:
    return load_processor(name)


def _all_of(processor: Processor, path: Path) -> Any:
    """What it gives; of an iterator all values, while the file's time still counts."""
    value = processor(path)
    return list(value) if isinstance(value, Iterator) else value


def _rows(file_id: int, name: str, value: Any) -> list[Row]:
    values = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return [
        {
            "file_id": file_id,
            "processor": name,
            "row": number,
            "value": orjson.dumps(one, option=_JSON).decode(),
        }
        for number, one in enumerate(values)
    ]
