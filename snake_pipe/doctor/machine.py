"""What the machine, its limits and the settings leave to a job."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from snake_pipe.doctor.finding import Finding, Place, error, note, ok, warning
from snake_pipe.errors import ConfigError, UsageError
from snake_pipe.extract.batch_config import SETTINGS, BatchConfig, load_config
from snake_pipe.extract.batching.memory import COORDINATOR_MEMORY, WORKER_MEMORY, plan_memory
from snake_pipe.utils.batch_utils import MIB, memory_limit, memory_limits, processor_quotas

if TYPE_CHECKING:
    from collections.abc import Iterator

_INOTIFY = Path("/proc/sys/fs/inotify")
_FEW_WATCHES = 65_536
"""One is taken for each folder; a large repository has tens of thousands."""

_FILES_AT_LEAST, _FILES_PER_WORKER, _FILES_WANTED = 48, 4, 256
"""Open files of a run, of each worker in the coordinator, and what leaves room."""


def check_settings(place: Place) -> Iterator[Finding]:
    """Whether the settings of environment and TOML files are right."""
    try:
        loaded = load_config(project=place.folder)
    except ConfigError as failure:
        yield error("settings", failure.message, failure.hint or "correct it there")
        return
    derived = {setting.derived.origin for setting in SETTINGS.values() if setting.derived}
    named = sorted(set(loaded.origins.values()) - derived - {"default"})
    yield ok("settings", f"from {', '.join(named)}" if named else "all have their defaults")


def check_memory(place: Place) -> Iterator[Finding]:
    """The limit that holds, what sets it, and what ingest would make of it."""
    import psutil

    config = _config(place)
    machine = psutil.virtual_memory()
    limits = memory_limits()
    limit = memory_limit(config.memory_limit_bytes)
    if limit == config.memory_limit_bytes:
        by = "memory_limit_mb"
    elif limits and limit == min(limits.values()):
        by = str(min(limits, key=limits.__getitem__))
    else:
        by = "the machine"
    what = f"{limit // MIB:,} MiB by {by}"
    try:
        plan = plan_memory(limit, config.workers)
    except UsageError as failure:
        yield error("memory", f"{what}: {failure.message}", f"give it {failure.hint}")
        return
    what += f": {plan.workers} workers, {plan.batch_memory // MIB:,} MiB for a batch"
    needed = COORDINATOR_MEMORY + plan.workers * WORKER_MEMORY
    if plan.workers < config.workers:
        yield warning("memory", f"{what}; too little for {config.workers} workers", "give it more memory")
    elif machine.available < needed:
        free = f"{machine.available // MIB:,} MiB are free now"
        yield warning("memory", f"{what}; only {free}", "end other programs, or ingest with --workers 1")
    else:
        yield ok("memory", what)


def check_processors(place: Place) -> Iterator[Finding]:
    """How many processors there are, and which of them this process may use."""
    config = _config(place)
    there = os.cpu_count() or 1
    parts = [f"{there} in the machine"]
    if sys.platform == "linux" and (usable := len(os.sched_getaffinity(0))) < there:
        parts.append(f"{usable} by affinity")
    parts += [f"{quota:g} by {file}" for file, quota in processor_quotas().items()]
    yield ok("processors", f"{', '.join(parts)}: {config.workers} workers")


def check_open_files(place: Place) -> Iterator[Finding]:
    """How many files a process may have open."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    least = _FILES_AT_LEAST + _FILES_PER_WORKER * _config(place).workers
    wanted = max(_FILES_WANTED, 2 * least)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        yield ok("open files", f"{'any number' if soft == resource.RLIM_INFINITY else soft} for a process")
        return
    fix = f"ulimit -n {wanted}"
    if hard != resource.RLIM_INFINITY and hard < wanted:
        fix = f"have the hard limit of {hard} raised to {wanted}, in /etc/security/limits.conf"
    say = error if soft < least else warning
    yield say("open files", f"at most {soft} for a process, {least} are needed", fix)


def check_file_changes(_: Place) -> Iterator[Finding]:
    """How many folders the kernel lets this user watch."""
    try:
        watches, instances = (
            int((_INOTIFY / name).read_text(encoding="ascii"))
            for name in ("max_user_watches", "max_user_instances")
        )
    except OSError:
        yield ok("file changes", "no limits of the kernel's are known")
        return
    what = f"{watches:,} folders can be watched, by {instances:,} programs of a user"
    if watches < _FEW_WATCHES:
        fix = "sudo sysctl fs.inotify.max_user_watches=524288 (beyond the limit, watch walks every second)"
        yield note("file changes", what, fix)
    else:
        yield ok("file changes", what)


def _config(place: Place) -> BatchConfig:
    """The settings in force here, or the defaults where there is a mistake in them."""
    try:
        return load_config(project=place.folder).config
    except ConfigError:
        return BatchConfig()


CHECKS = (check_settings, check_memory, check_processors, check_open_files, check_file_changes)
