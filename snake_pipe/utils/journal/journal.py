"""What a journal is, whatever it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from snake_pipe.utils.journal.record import Record


class Journal(ABC):
    """A journal open for appending, by the one process that runs its job; closed by a `with` block, too.

    `records` are those that it had as it was opened.
    """

    records: list[Record]

    @property
    @abstractmethod
    def is_long(self) -> bool:
        """Whether it is worth being rewritten."""

    @abstractmethod
    def append(self, record: Record) -> None:
        """Write one record and make it durable; StorageError if that is not certain. For any thread."""

    @abstractmethod
    def rewrite(self, select: Callable[[list[Record]], list[Record]]) -> None:
        """Keep only the records that are selected; OSError or StorageError. For any thread."""

    @abstractmethod
    def close(self) -> None:
        """The journal cannot be used afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
