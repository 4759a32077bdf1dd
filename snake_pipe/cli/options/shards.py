"""The share of the files that one of several jobs reads, as an option.

The dataclass here is neither frozen nor slotted: making it so takes milliseconds, and `--help` waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from snake_pipe.cli.options.selection import SelectionOptions


@dataclass
class ShardOptions:
    """Which shard of the files is read."""

    heading: ClassVar = SelectionOptions.heading

    shard: Annotated[
        str | None,
        Option(
            metavar="K/N",
            help="Read only the K-th of N shares of the files, such as 3/16; another job reads each of the"
            " others, at the same time if you like. auto: as Kubernetes, Slurm or AWS Batch number the jobs"
            " of an array.",
        ),
    ] = None

    @property
    def chosen(self) -> str:
        """The shard as it is written, empty for all files; UsageError for one that cannot be told."""
        if self.shard is None:
            return ""
        from snake_pipe.extract.settings.job_array import shard_of_array
        from snake_pipe.utils.shard import Shard

        return str(shard_of_array() if self.shard.strip() == "auto" else Shard.parse(self.shard))
