"""What files take where no earlier run has told: measured once, on one machine, and stated as such.

Times are of one processor of a virtual machine. One run later they are those of the machine at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cost:
    """What files of a queue take, of one worker.

    `memory_per_byte` is by how many bytes a worker grows for a byte of its batch; rows are those of the tree
    tables.
    """

    ms_per_file: float
    ms_per_kb: float
    rows_per_byte: float
    output_per_byte: float
    memory_per_byte: float

    def seconds(self, files: float, size: float) -> float:
        """Seconds of a worker for files of `size` bytes together."""
        return (self.ms_per_file * files + self.ms_per_kb * size / 1000) / 1000

    def scaled(
        self, factor: float, *, rows_per_byte: float, output_per_byte: float, memory_per_byte: float
    ) -> Cost:
        """The same with times multiplied, and the rest as measured."""
        return replace(
            self,
            ms_per_file=self.ms_per_file * factor,
            ms_per_kb=self.ms_per_kb * factor,
            rows_per_byte=rows_per_byte,
            output_per_byte=output_per_byte,
            memory_per_byte=memory_per_byte,
        )


DEFAULT_COSTS: dict[str, Cost] = {
    "ast": Cost(0.4, 0.46, 0.0, 0.0, 15),
    "bash": Cost(0.4, 0.39, 0.12, 1.8, 15),
    "c": Cost(0.4, 0.25, 0.13, 1.7, 23),
    "cpp": Cost(0.4, 0.71, 0.13, 1.8, 15),
    "go": Cost(0.4, 0.34, 0.25, 2.8, 13),
    "java": Cost(0.4, 0.22, 0.12, 1.4, 15),
    "javascript": Cost(0.4, 0.26, 0.22, 2.3, 20),
    "perl": Cost(0.4, 0.09, 0.03, 0.4, 10),
    "php": Cost(0.4, 0.39, 0.22, 2.1, 6),
    "python": Cost(0.4, 0.23, 0.19, 2.1, 17),
    "typescript": Cost(0.4, 0.13, 0.08, 1.3, 10),
}
"""By `python -m benchmarks.default_costs` over Django 5.2, RxJS 7.8, Go 1.19's `net` and some hundred files
of other languages; memory by runs of two workers over the same."""

OTHER_COST = Cost(0.4, 0.33, 0.17, 1.9, 15)
"""Of a language that the table does not have: what most of those take that it has."""
