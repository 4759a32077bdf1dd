"""A batching strategy as the coordinator asks it: whatever it does, the answer is one that can be used."""

from __future__ import annotations

import queue
import threading
import weakref
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import PluginError
from snake_pipe.plugins.batching import (
    BUILT_IN_STRATEGIES,
    Adaptive,
    BatchSettings,
    BatchTarget,
    load_strategy,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.plugins.batching import BatchingStrategy, WaitingFile

    _Questions = queue.SimpleQueue[Callable[[], Any] | None]
    _Answers = queue.SimpleQueue[tuple[Any, Exception | None]]

_PATIENCE = 1.0
"""Seconds for an answer."""


class AskedStrategy:
    """Asks a strategy until it fails, then `adaptive`; `on_failure` is told once, in words.

    `call` calls what it is given, and may end the wait for it by an exception.
    """

    def __init__(
        self,
        strategy: BatchingStrategy,
        *,
        call: Callable[[Callable[[], Any]], Any] = lambda asked: asked(),
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._strategy = strategy
        self._call = call
        self._on_failure = on_failure

    @property
    def cuts(self) -> bool:
        """Whether it is worth asking where to cut."""
        return type(self._strategy).cut is not Adaptive.cut

    def target(self, name: str, adapted: BatchTarget, config: BatchConfig) -> BatchTarget:
        """Files and bytes, each at least 1, at which a batch of the queue of a name is full."""
        if type(self._strategy) is Adaptive:  # mostly
            return adapted
        settings = BatchSettings(
            config.batch_size, config.max_batch_size, config.batch_bytes, config.target_seconds
        )
        try:
            files, size = self._call(lambda: self._strategy.target(name, adapted, settings))
            if not (_is_count(files) and _is_count(size)):
                raise ValueError(f"its target is {files!r} files and {size!r} bytes")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001 - of somebody else's code
            self._give_up(error)
            return adapted
        return BatchTarget(files, size)

    def cut(self, files: Sequence[WaitingFile], following: WaitingFile | None) -> int:
        """How many of the files leave, from 1 to all."""
        try:
            count = self._call(lambda: self._strategy.cut(files, following))
            if not _is_count(count) or count > len(files):
                raise ValueError(f"it cuts {len(files)} files at {count!r}")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001 - of somebody else's code
            self._give_up(error)
            return len(files)
        return int(count)

    def _give_up(self, error: Exception) -> None:
        self._strategy = Adaptive()
        words = str(error) if isinstance(error, (ValueError, TimeoutError)) else ""
        self._on_failure(words or f"{type(error).__name__}: {error}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def open_strategy(name: str, on_failure: Callable[[str], None] = lambda _: None) -> AskedStrategy:
    """The strategy of a name; PluginError where it cannot be made. Others' are asked in a thread."""
    try:
        strategy = load_strategy(name)()
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"the batching strategy {name!r} cannot be made: {error}") from error
    call = (lambda asked: asked()) if name in BUILT_IN_STRATEGIES else _AskingThread(name).call

    def tell(words: str) -> None:
        on_failure(f"the batching strategy {name} is not asked any more: {words}; batches adapt instead")

    return AskedStrategy(strategy, call=call, on_failure=tell)


class _AskingThread:
    """Calls one thing after the other; what takes too long is left alone, and so is the thread then."""

    def __init__(self, name: str) -> None:
        self._asked: _Questions = queue.SimpleQueue()
        self._answers: _Answers = queue.SimpleQueue()
        work = (self._asked, self._answers)
        threading.Thread(target=_answer, args=work, name=f"batching-{name}", daemon=True).start()
        weakref.finalize(self, self._asked.put, None)  # it ends with whoever asks

    def call(self, asked: Callable[[], Any]) -> Any:
        """What it gives; TimeoutError where that takes too long."""
        self._asked.put(asked)
        try:
            value, error = self._answers.get(timeout=_PATIENCE)
        except queue.Empty:
            raise TimeoutError(f"it has given no answer for {_PATIENCE:g} s") from None
        if error is not None:
            raise error
        return value


def _answer(questions: _Questions, answers: _Answers) -> None:
    while (asked := questions.get()) is not None:
        try:
            answers.put((asked(), None))
        except Exception as error:  # noqa: BLE001 - handed on
            answers.put((None, error))
