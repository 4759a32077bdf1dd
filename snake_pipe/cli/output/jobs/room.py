"""The room that a job's dataset takes, and what of it could be freed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.cli.output.text import size
from snake_pipe.errors import SnakePipeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snake_pipe.cli.job_view import JobView


def room(view: JobView) -> Iterator[tuple[str, str]]:
    """Figures and their values for people; only the size where the dataset cannot be read."""
    from snake_pipe.load.tidy.space import space_of

    space = space_of(view.dataset)
    yield "dataset", f"{size(space.bytes.total())} in {space.parts:,} parts, {space.log_files:,} log files"
    if view.runs:
        return
    from snake_pipe.extract.batch_config import BatchConfig, check_settings
    from snake_pipe.extract.job.recovery import promises
    from snake_pipe.extract.job.upkeep import retention_of
    from snake_pipe.load.dataset import Dataset
    from snake_pipe.load.tidy.retention import Vacuum
    from snake_pipe.utils.checkpoint_manager import CheckpointManager

    try:
        dataset = Dataset.open(view.dataset)
        config = BatchConfig(**check_settings(view.checkpoint.config, "the checkpoint"))
        vacuum = Vacuum(
            dataset,
            retention_of(config),
            is_promised=promises(dataset, CheckpointManager(view.dataset), config.sink_ids),
        )
        kept, unneeded = vacuum.earlier, vacuum.removable
    except SnakePipeError:
        return
    count = len(vacuum.kept) - 1
    yield "earlier states", f"{count} kept, in {size(kept.bytes)} more" if count > 0 else "none kept"
    if unneeded.parts:
        yield "to be freed", f"{size(unneeded.bytes)} in {unneeded.parts:,} parts, by snake-pipe compact"
