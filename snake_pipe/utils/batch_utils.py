"""Readings of memory and processors, and the arithmetic of batch sizes."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_Key = TypeVar("_Key")

MIB = 1024 * 1024

CGROUP_ROOT = Path("/sys/fs/cgroup")
_LIMITS_V2: tuple[str, ...] = ("memory.max", "memory.high")
_LIMITS_V1: tuple[str, ...] = ("memory.limit_in_bytes",)
_NO_LIMIT = 1 << 60
"""What version 1 says where there is no limit is a little below 2^63."""


def memory_limit(requested: int | None = None, *, cgroup_root: Path = CGROUP_ROOT) -> int:
    """Bytes that the process tree may use: the least of the request, the cgroups' limits and the machine.

    psutil alone reports the host's memory inside a container, so all ancestors of this process's cgroup
    are read, of version 2 (`memory.max`, `memory.high`) or 1 (`memory.limit_in_bytes`).
    """
    limits = [psutil.virtual_memory().total, *memory_limits(cgroup_root).values()]
    if requested is not None:
        limits.append(requested)
    return int(min(limits))


def memory_limits(root: Path = CGROUP_ROOT) -> dict[Path, int]:
    """The limits of this process's cgroups in bytes, by the files that set them."""
    limits: dict[Path, int] = {}
    for folder, version in _cgroups("memory", root):
        for name in _LIMITS_V2 if version == 2 else _LIMITS_V1:
            value = _words(folder / name)
            if len(value) == 1 and value[0].isdigit() and int(value[0]) < _NO_LIMIT:
                limits[folder / name] = int(value[0])
    return limits


def processor_quotas(root: Path = CGROUP_ROOT) -> dict[Path, float]:
    """How many processors the cgroups of this process grant, by the files that say so."""
    quotas: dict[Path, float] = {}
    for folder, version in _cgroups("cpu", root):
        if version == 2:
            file, values = folder / "cpu.max", _words(folder / "cpu.max")
        else:
            file = folder / "cpu.cfs_quota_us"
            values = [*_words(file), *_words(folder / "cpu.cfs_period_us")]
        if len(values) == 2 and all(value.isdigit() and int(value) for value in values):
            quotas[file] = int(values[0]) / int(values[1])
    return quotas


def _cgroups(controller: str, root: Path) -> Iterator[tuple[Path, int]]:
    """The cgroup of this process that has a controller, and all above it, each with its version.

    Inside a container the path is the host's, and the container's own cgroup is at the root.
    """
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        hierarchy, controllers, path = line.split(":", 2)
        if hierarchy == "0":
            base, version = root, 2
        elif controller in controllers.split(","):
            base, version = root / controllers, 1
            base = base if base.is_dir() else root / controller
        else:
            continue
        folder = base / path.lstrip("/")
        yield folder, version
        while folder != base:
            folder = folder.parent
            yield folder, version


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return []


def available_cpus(root: Path = CGROUP_ROOT) -> int:
    """Processors that this process may use, at least 1; a cgroup's quota counts, rounded up."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        count = os.cpu_count() or 1
    return max(1, min([count, *(math.ceil(quota) for quota in processor_quotas(root).values())]))


@dataclass(frozen=True, slots=True)
class TreeMemory:
    """Resident bytes of this process and of all below it; shared pages of children count once."""

    own: int
    children: dict[int, int]

    @property
    def total(self) -> int:
        """All processes together."""
        return self.own + sum(self.children.values())


def process_tree_memory(process: psutil.Process | None = None, *, exact: bool = False) -> TreeMemory:
    """Read the memory of a process tree; what ends meanwhile counts nothing.

    Quickly (0.2 ms a process) each counts what it does not share with files, but pages that a fork shares
    count for each; `exact` counts every page once, and takes 1-10 ms a process where the system can tell.
    """
    process = process or psutil.Process()
    children: dict[int, int] = {}
    for pid in _descendants(process):
        try:
            children[pid] = _resident(psutil.Process(pid), exact)
        except psutil.Error:
            continue
    return TreeMemory(_resident(process, exact), children)


def _descendants(process: psutil.Process) -> list[int]:
    """All processes below one. psutil looks at every process of the machine for that; Linux knows them."""
    if not Path(f"/proc/{process.pid}/task/{process.pid}/children").exists():
        return [child.pid for child in process.children(recursive=True)]
    found: list[int] = []
    waiting = [process.pid]
    while waiting:
        try:
            tasks = list(Path(f"/proc/{waiting.pop()}/task").iterdir())
        except OSError:  # it has ended
            continue
        for task in tasks:
            with suppress(OSError):
                below = list(map(int, (task / "children").read_bytes().split()))
                found += below
                waiting += below
    return found


def _resident(process: psutil.Process, exact: bool) -> int:
    if exact:
        info = process.memory_full_info()
        return int(getattr(info, "pss", info.rss))
    info = process.memory_info()
    return int(max(0, info.rss - getattr(info, "shared", 0)))


@dataclass(slots=True)
class RunningRate:
    """A ratio learned from pairs, newer ones counting more: `seconds for bytes`, `memory for bytes`.

    `halving` is how many observations let the weight of an old one fall to one half.
    """

    numerator: float = 0.0
    denominator: float = 0.0
    halving: float = 8.0

    def observe(self, numerator: float, denominator: float) -> None:
        """Take in one pair; pairs without a denominator teach nothing."""
        if denominator <= 0:
            return
        keep = 0.5 ** (1.0 / self.halving)
        self.numerator = self.numerator * keep + numerator
        self.denominator = self.denominator * keep + denominator

    @property
    def value(self) -> float | None:
        """The ratio; None before anything was observed."""
        return self.numerator / self.denominator if self.denominator > 0 else None


def clamp(value: float, low: float, high: float) -> float:
    """`value`, or the end of the range it lies beyond."""
    return max(low, min(high, value))


class PeakMemory:
    """Resident memory of this process from here on: at the start, now, and the most between.

    Linux keeps the most in `VmHWM` and lets a process reset it; elsewhere the most since the process
    began is all there is to be had.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self._process.memory_info().rss
        try:
            with Path("/proc/self/clear_refs").open("w", encoding="ascii") as file:
                file.write("5")
            self._resettable = True
        except OSError:
            self._resettable = False

    def read(self) -> tuple[int, int, int]:
        """Bytes before, now, and at the peak."""
        now = self._process.memory_info().rss
        peak = _high_water() if self._resettable else None
        return self._before, now, max(self._before, now, peak or 0)


def _high_water() -> int | None:
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None


def add_counts(totals: dict[_Key, int], more: Mapping[_Key, int]) -> None:
    """Add numbers up by key, in place."""
    for key, count in more.items():
        totals[key] = totals.get(key, 0) + count
