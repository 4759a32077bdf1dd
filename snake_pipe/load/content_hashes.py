"""What the content of files was: 16 bytes of its hash for each, read when the first is asked for.

A run that finds everything unchanged never asks, and needs neither the time nor the memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from snake_pipe.load.stored_part import StoredPart

HASH_BYTES = 16
"""So many of the 32 bytes of a SHA-256: two contents that share them will not be met."""

_ROWS_AT_ONCE = 16_384
_NONE = bytes(HASH_BYTES)


class ContentHashes:
    """The hashes of some rows of `files`, by their places in a list of ids."""

    def __init__(self, list_parts: Callable[[], Sequence[StoredPart]], file_ids: NDArray[np.int64]) -> None:
        """`list_parts()` are those of `files` now: in a long watch others take their place."""
        self._list_parts = list_parts
        self._file_ids = file_ids
        self._hashes: NDArray[np.uint8] | None = None

    def at(self, place: int) -> bytes | None:
        """The first bytes of the SHA-256 of a file's content; None where the row has none."""
        if self._hashes is None:
            self._hashes = self._read()
        found = self._hashes[place].tobytes()
        return None if found == _NONE else found

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return 0 if self._hashes is None else self._hashes.nbytes

    def _read(self) -> NDArray[np.uint8]:
        import pyarrow.compute as pc

        hashes = np.zeros((len(self._file_ids), HASH_BYTES), np.uint8)
        order = np.argsort(self._file_ids)
        ids = self._file_ids[order]
        for part in self._list_parts():
            for batch in part.open().iter_batches(_ROWS_AT_ONCE, columns=["file_id", "sha256"]):
                batch = batch.filter(pc.is_valid(batch["sha256"]))
                rows = batch["file_id"].to_numpy()
                at = np.minimum(np.searchsorted(ids, rows), len(ids) - 1)
                is_here = ids[at] == rows
                if is_here.any():
                    hashes[order[at[is_here]]] = _first_bytes(batch["sha256"].filter(pa.array(is_here)))
        return hashes


def _first_bytes(texts: pa.StringArray) -> NDArray[np.uint8]:
    """The first bytes of hexadecimal texts, a row for each."""
    import pyarrow.compute as pc

    digits = pc.utf8_slice_codeunits(texts, 0, 2 * HASH_BYTES)
    together = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(digits)], pa.int32()), digits), "")
    return np.frombuffer(bytes.fromhex(together[0].as_py()), np.uint8).reshape(-1, HASH_BYTES)
