"""What an ingestion would do, found out without doing it: nothing is written, and no lock is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import reduce
from itertools import islice
from operator import add
from typing import TYPE_CHECKING, Any

from snake_pipe import plugins
from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.batching.memory import plan_memory
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.feeds.changed_since import ChangedSince
from snake_pipe.extract.feeds.ids import FileIds
from snake_pipe.extract.feeds.intake import HIDING, RULES_FAILED
from snake_pipe.extract.feeds.prior_files import PriorFiles
from snake_pipe.extract.feeds.repository_names import known_repositories, name_repositories
from snake_pipe.extract.feeds.revisions import revisions_of
from snake_pipe.extract.model.work import Work
from snake_pipe.extract.planning.costs import START_SECONDS, CostModel
from snake_pipe.extract.planning.stretch import read_stretch
from snake_pipe.load.batch_history import read_batch_history
from snake_pipe.load.dataset import Dataset, is_dataset
from snake_pipe.load.known_files import KnownFiles
from snake_pipe.observe.estimate import Estimate
from snake_pipe.storage.open import open_storage
from snake_pipe.utils.batch_utils import memory_limit
from snake_pipe.utils.checkpoint_manager import CheckpointManager

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from snake_pipe.extract.batch_config import BatchConfig
    from snake_pipe.extract.discovery.recognition import WalkItem
    from snake_pipe.extract.discovery.request import IngestRequest
    from snake_pipe.extract.model.rows import Row

_FILES_AT_ONCE = 500
_NOBODY = "plan"
"""In place of a job's id, in rows that nobody writes."""


class FileState(StrEnum):
    """What an ingestion makes of a file.

    `changed`: of another size, or to be read again for another reason, such as a failure or other settings.
    `to_check`: of another time and the size that it had, so it is hashed, and read if its content differs.
    """

    NEW = "new"
    CHANGED = "changed"
    TO_CHECK = "to_check"
    UNCHANGED = "unchanged"
    GONE = "gone"


READ = (FileState.NEW, FileState.CHANGED)
"""States of files that are read in any case."""


@dataclass(slots=True)
class Plan:
    """Files by language and state, what is left out, and what the rest is expected to take.

    `exists` tells whether there is a dataset already. `estimate` is for the files that are read in any case,
    `by_queue` the same of each language, and `if_changed` for all that are to be checked, should each of them
    have other content; the time of these two is without that of the start. `too_large` files are recorded and
    not read; `unread` counts what could not be looked at. `none_found`: the dataset has files of these
    repositories, of which none was found, so they stay. `knows_rules`: git told what its rules leave out.
    """

    dataset: str
    exists: bool
    workers: int
    files: dict[str, dict[FileState, Work]] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=LeftOut)
    too_large: int = 0
    unread: int = 0
    none_found: bool = False
    knows_rules: bool = True
    estimate: Estimate = field(default_factory=Estimate)
    by_queue: dict[str, Estimate] = field(default_factory=dict)
    if_changed: Estimate = field(default_factory=Estimate)

    def count(self, state: FileState) -> int:
        """Files of all languages in a state."""
        return sum(states[state].files for states in self.files.values() if state in states)

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data."""
        return {
            "dataset": self.dataset,
            "exists": self.exists,
            "workers": self.workers,
            "files": {state.value: self.count(state) for state in FileState},
            "languages": [
                {
                    "language": queue,
                    **{state.value: states.get(state, Work()).files for state in FileState},
                    **asdict(self.by_queue.get(queue, Estimate())),
                }
                for queue, states in sorted(self.files.items())
            ],
            "estimate": asdict(self.estimate),
            "if_all_to_check_changed": asdict(self.if_changed),
            "left_out": {
                "unrecognised": dict(self.left_out.unrecognised),
                "unasked": dict(self.left_out.unasked),
                "excluded": self.left_out.excluded,
                "not_changed": self.left_out.not_changed,
                "ignored": asdict(self.left_out.ignored),
                "filtered": asdict(self.left_out.filtered),
            },
            "too_large": self.too_large,
            "places_unread": self.unread,
            "none_found": self.none_found,
        }


def plan_ingestion(request: IngestRequest, config: BatchConfig) -> Plan:
    """What `ingest` would do with the same; UsageError or DatasetError for what it would refuse.

    SnakePipeError where git cannot say what has changed.
    """
    storage = open_storage(request.dataset)
    request = name_repositories(storage, request).request
    config = replace(config, dialects=plugins.dialect_texts(config.dialects))
    dataset = Dataset.open(storage) if is_dataset(storage) else None
    prior = None if dataset is None else PriorFiles(dataset, _NOBODY, config, request)
    workers = plan_memory(memory_limit(config.memory_limit_bytes), config.workers).workers
    plan = Plan(storage.url, dataset is not None, workers)
    changes = _changes(request, prior, plan.left_out)
    found = request.discover(config.max_file_size, plan.left_out)
    while items := list(islice(found, _FILES_AT_ONCE)):
        _take(plan, items, prior, changes, full=request.full)
    if prior is not None and not plan.unread:
        found_others = bool(plan.files or plan.too_large)
        plan.none_found = not request.full and prior.are_missing(found_others=found_others)
        gone = () if plan.none_found else prior.find_deleted(FileIds(0, lambda: 0), by_rules=plan.knows_rules)
        for row in gone:
            _take_gone(plan, row)
    if dataset is None:
        costs = CostModel({}, target_seconds=config.target_seconds)
    else:
        stretch = read_stretch(CheckpointManager(dataset.storage))
        history = read_batch_history(dataset)
        costs = CostModel(history, stretch=stretch, target_seconds=config.target_seconds)
    _estimate(plan, costs, workers)
    return plan


def _changes(request: IngestRequest, prior: PriorFiles | None, left_out: LeftOut) -> ChangedSince | None:
    """What git says of the files, if it is to be asked."""
    if not request.changed_since:
        return None
    dataset = open_storage(request.dataset)
    revisions = revisions_of(dataset, request, known_repositories(dataset))
    commits = {name: known.commit for name, known in revisions.items() if known.commit}
    current = KnownFiles.none() if prior is None else prior.current
    return ChangedSince(request.plan(), request.resolve_since(), commits, revisions, current, left_out)


def _take(
    plan: Plan,
    items: Sequence[WalkItem],
    prior: PriorFiles | None,
    changes: ChangedSince | None,
    *,
    full: bool,
) -> None:
    files = [item for item in items if isinstance(item, DiscoveredFile)]
    if changes is not None:
        files = changes.wanted(files)
    for error in (item for item in items if isinstance(item, DiscoveryError)):
        plan.knows_rules &= error.code not in RULES_FAILED
        plan.unread += error.code in HIDING
        if error.code == "not_found" and prior is not None:  # a list names it, and the dataset may have it
            _take_gone(plan, prior.row_if_deleted(error.path, lambda: 0))
    for file, state in zip(files, _states(files, prior, changes, full=full), strict=True):
        if file.skip_reason is None:
            _work(plan, file.queue, state).add(file.size_bytes)
        else:
            plan.too_large += 1


def _take_gone(plan: Plan, row: Row | None) -> None:
    if row is not None:
        _work(plan, row["language"] or plugins.AST_QUEUE, FileState.GONE).files += 1


def _states(
    files: Sequence[DiscoveredFile], prior: PriorFiles | None, changes: ChangedSince | None, *, full: bool
) -> Iterator[FileState]:
    if prior is None:
        yield from (FileState.NEW for _ in files)
        return
    known = prior.current
    compared = known if changes is None else changes.known(known)
    there, same = known.contain(files), compared.match(files)
    others = [file for file, *known_as in zip(files, there, same, strict=True) if known_as == [True, False]]
    contents = iter(known.contents(others))
    for is_there, is_same in zip(there, same, strict=True):
        if not is_there:
            yield FileState.NEW
        elif is_same:
            yield FileState.CHANGED if full else FileState.UNCHANGED
        else:
            may_be_equal = next(contents) is not None and not full
            yield FileState.TO_CHECK if may_be_equal else FileState.CHANGED


def _work(plan: Plan, queue: str, state: FileState) -> Work:
    return plan.files.setdefault(queue, {}).setdefault(state, Work())


def _estimate(plan: Plan, costs: CostModel, workers: int) -> None:
    def work(states: Iterable[FileState]) -> dict[str, Work]:
        sums = {
            queue: reduce(add, (by_state.get(state, Work()) for state in states))
            for queue, by_state in plan.files.items()
        }
        return {queue: one for queue, one in sums.items() if one.files}

    def without_start(estimate: Estimate) -> Estimate:
        return replace(estimate, seconds=estimate.seconds - START_SECONDS)

    to_read = work(READ)
    plan.estimate = costs.estimate(to_read, workers)
    plan.if_changed = without_start(costs.estimate(work((FileState.TO_CHECK,)), workers))
    for queue, one in to_read.items():
        plan.by_queue[queue] = without_start(costs.estimate({queue: one}, workers))
