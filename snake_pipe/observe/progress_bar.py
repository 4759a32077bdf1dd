"""A bar of tqdm that follows a job: as text on a terminal, as a widget in a notebook that has widgets."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

from snake_pipe.observe.events import JobStarted, Progress

if TYPE_CHECKING:
    from snake_pipe.observe.events import Event, Listener
    from snake_pipe.observe.statistics import BatchStatistics


class ProgressBar:
    """A listener that moves the bar and passes each event on; nothing is shown where stderr is a file."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._bar: Any = None

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, JobStarted):
            self._bar = _open_bar()
        elif isinstance(event, Progress):
            self.show(event.status.statistics)
        self._listener(event)

    def show(self, statistics: BatchStatistics) -> None:
        """Move the bar to where the figures are."""
        bar = self._bar
        if bar.disable:
            return
        total = statistics.files_discovered - statistics.files_unchanged
        if bar.total != total:
            started = bar.start_t
            bar.reset(total)  # only so does a notebook's bar come to know it
            bar.start_t = started
        bar.n = statistics.files_done
        bar.refresh()

    def close(self) -> None:
        """Leave the bar as it is; one that is not full counts as a failure."""
        if self._bar is not None:
            self._bar.close()


def _open_bar() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets tqdm asks for them, and draws with characters
        from tqdm.auto import tqdm

        # A notebook's stderr is no terminal, and shows a bar all the same.
        return tqdm(unit=" files", disable=False if _is_notebook() else None)


def _is_notebook() -> bool:
    """Whether a kernel of Jupyter runs this code."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython and ipython.get_ipython(), "kernel")
