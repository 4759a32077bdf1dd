"""Readings of memory and processors, and the arithmetic of batch sizes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping

_Key = TypeVar("_Key")

MIB = 1024 * 1024

_CGROUP_ROOT = Path("/sys/fs/cgroup")
_LIMITS_V2: tuple[str, ...] = ("memory.max", "memory.high")
_LIMITS_V1: tuple[str, ...] = ("memory.limit_in_bytes",)


def memory_limit(requested: int | None = None, *, cgroup_root: Path = _CGROUP_ROOT) -> int:
    """Bytes that the process tree may use: the least of the request, the cgroups' limits and the machine.

    psutil alone reports the host's memory inside a container, so all ancestors of this process's cgroup
    are read, of version 2 (`memory.max`, `memory.high`) or 1 (`memory.limit_in_bytes`).
    """
    limits = [psutil.virtual_memory().total, *_cgroup_limits(cgroup_root)]
    if requested is not None:
        limits.append(requested)
    return int(min(limits))


def _cgroup_limits(root: Path) -> list[int]:
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    limits: list[int] = []
    for line in lines:
        hierarchy, controllers, path = line.split(":", 2)
        if hierarchy == "0":
            base, names = root, _LIMITS_V2
        elif "memory" in controllers.split(","):
            base, names = root / "memory", _LIMITS_V1
        else:
            continue
        folder = base / path.lstrip("/")
        while True:
            limits += [value for name in names if (value := _read_limit(folder / name)) is not None]
            if folder == base:
                break
            folder = folder.parent
    return limits


def _read_limit(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdigit() else None


def available_cpus() -> int:
    """Processors that this process may use, at least 1; a cgroup's quota counts, rounded up."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        count = os.cpu_count() or 1
    try:
        quota, period = (_CGROUP_ROOT / "cpu.max").read_text(encoding="ascii").split()
        if quota != "max":
            count = min(count, -(-int(quota) // int(period)))
    except (OSError, ValueError):
        pass
    return max(1, count)


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
    for child in process.children(recursive=True):
        try:
            children[child.pid] = _resident(child, exact)
        except psutil.Error:
            continue
    return TreeMemory(_resident(process, exact), children)


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
