"""A watch over real folders: whatever is done to them, the rows end as those of a fresh ingestion."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import BatchProcessingEngine
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.disk import reader
from snake_pipe.extract.watch import notifier, schedule, watcher
from snake_pipe.extract.watch.notifier import ChangeNotifier, FolderState
from snake_pipe.extract.watch.options import WatchOptions
from snake_pipe.extract.worker import extraction
from snake_pipe.load.sql.views import connect_tables
from snake_pipe.observe.events import Event, Rescan
from snake_pipe.storage.local import LocalStorage
from testkit.repositories import git
from testkit.waiting import PATIENCE, until, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from testkit.command import Cli

pytest.importorskip("watchfiles")

LONGEST_SILENCE = 0.5
"""Seconds after which a watch is asked without an event, for what none tells."""

SOON = BatchConfig(executor="serial", max_latency=0.05, flush_interval=0.05)


def write(root: Path, path: str, text: str | None = None) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text if text is not None else f"def {Path(path).stem}(): pass\n")


def state(dataset: Path) -> dict[str, str]:
    """path → the first symbol of each current file."""
    with connect_tables(LocalStorage(dataset)) as connection:
        sql = "SELECT f.path, min(s.name) FROM files f LEFT JOIN symbols s USING (file_id) GROUP BY 1"
        return dict(connection.execute(sql).fetchall())


@dataclass
class Watched:
    """A watch that runs in this process."""

    root: Path
    dataset: Path
    options: WatchOptions = field(default_factory=WatchOptions)
    events: list[Event] = field(default_factory=list)

    def request(self, dataset: Path) -> IngestRequest:
        return IngestRequest(roots=(str(self.root),), dataset=str(dataset))

    @property
    def rescans(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, Rescan)]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it is so; asked after each event, as the tables cost more than a look at these."""
        heard, asked = -1, 0.0

        def is_so() -> bool:
            nonlocal heard, asked
            if self.task.done():
                return True
            if len(self.events) == heard and time.monotonic() < asked + LONGEST_SILENCE:
                return False
            heard, asked = len(self.events), time.monotonic()
            return holds()

        await until(is_so)
        assert not self.task.done(), self.task

    async def shows(self, **names: str) -> None:
        """Wait until the current files are just these; `a__b=c`: in `a/b.py`, `c` is defined."""
        wanted = {path.replace("__", "/") + ".py": name for path, name in names.items()}
        try:
            await self.until(lambda: state(self.dataset) == wanted)
        except TimeoutError:
            assert state(self.dataset) == wanted, self.events

    async def __aenter__(self) -> Watched:
        self.engine = BatchProcessingEngine(listener=self.events.append)
        self.task = asyncio.create_task(self.engine.watch(self.request(self.dataset), SOON, self.options))
        await self.until(
            lambda: (run := self.engine._run) is not None and run.status.statistics.discovery_complete
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.engine.stop("SIGINT")
        async with asyncio.timeout(PATIENCE):
            self.result = await self.task

    async def fresh(self) -> Path:
        """Another dataset, of an ingestion of what is there now."""
        dataset = self.dataset.with_name("fresh")
        shutil.rmtree(dataset, ignore_errors=True)
        await BatchProcessingEngine().ingest(self.request(dataset), SOON)
        return dataset


def scenario(work: Callable[[], object]) -> object:
    return asyncio.run(work())  # type: ignore[arg-type]


@pytest.fixture(params=["plain", "git"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    for path in ("a.py", "pkg/b.py", "pkg/deep/c.py"):
        write(root, path)
    if request.param == "git":
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "start")
    return root


def test_each_kind_of_change_ends_as_in_a_fresh_ingestion(
    root: Path, tmp_path: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    async def work() -> None:
        async with Watched(root, root / ".snake-pipe") as watched:
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c")
            write(root, "new.py")
            write(root, "a.py", "def a2(): pass\n")
            await watched.shows(a="a2", pkg__b="b", pkg__deep__c="c", new="new")
            (root / "new.py").rename(root / "renamed.py")
            (root / "pkg/b.py").unlink()
            await watched.shows(a="a2", pkg__deep__c="c", renamed="new")
            write(root, "x.tmp", "def atomic(): pass\n")
            os.replace(root / "x.tmp", root / "a.py")
            await watched.shows(a="atomic", pkg__deep__c="c", renamed="new")
            (root / "pkg").rename(root / "moved")
            await watched.shows(a="atomic", moved__deep__c="c", renamed="new")
            write(root, "made/by/hand.py")
            await watched.shows(a="atomic", moved__deep__c="c", renamed="new", made__by__hand="hand")
            shutil.rmtree(root / "moved")
            (root / "a.py").unlink()
            (root / "a.py").mkdir()
            write(root, "a.py/inner.py")
            await watched.until(lambda: "a.py/inner.py" in state(watched.dataset))
            await watched.shows(renamed="new", made__by__hand="hand", **{"a.py__inner": "inner"})
            write(root, "twice.py", "def one(): pass\n")
            write(root, "twice.py", "def two(): pass\n")
            write(root, "never.py")
            (root / "never.py").unlink()
            (root / "renamed.py").unlink()
            (root / "renamed.py").symlink_to("/etc/hostname")
            await watched.shows(made__by__hand="hand", twice="two", **{"a.py__inner": "inner"})
        assert watched.result.status == "done"
        assert watched.result.message == "SIGINT"
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_an_empty_folder_is_no_failure_of_a_watch(tmp_path: Path) -> None:
    """It waits for the first file; `ingest` is told that there is none."""
    (tmp_path / "repo").mkdir()

    async def work() -> None:
        async with Watched(tmp_path / "repo", tmp_path / "trees") as watched:
            pass
        assert (watched.result.status, watched.result.found_nothing) == ("done", "")

    scenario(work)


def test_a_gitignore_takes_away_and_gives_back(
    root: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    async def work() -> None:
        write(root, "gen/d.py")
        async with Watched(root, root / ".snake-pipe") as watched:
            write(root, "gen/e.py")
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c", gen__d="d", gen__e="e")
            write(root, ".gitignore", "gen/\n")
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c")
            write(root, "gen/ignored.py")
            write(root, "seen.py")
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c", seen="seen")
            (root / ".gitignore").unlink()
            await watched.until(lambda: "gen/ignored.py" in state(watched.dataset))
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_a_new_folder_is_read_once_and_may_become_a_file(tmp_path: Path) -> None:
    """Its second look finds what the first one gave, and takes neither that nor the file for gone."""
    root = tmp_path / "repo"
    write(root, "a.py")

    async def work() -> None:
        async with Watched(root, tmp_path / "trees") as watched:
            write(tmp_path, "aside/b.py")
            (tmp_path / "aside").rename(root / "new")
            (root / "c.py").mkdir()
            await watched.shows(a="a", new__b="b")
            (root / "c.py").rmdir()
            write(root, "c.py")
            await watched.shows(a="a", new__b="b", c="c")
            await asyncio.sleep(1.5)
            await watched.shows(a="a", new__b="b", c="c")
        assert watched.result.statistics.files_done == 3

    scenario(work)


def test_the_same_size_within_the_same_tick_is_read_again(root: Path) -> None:
    async def work() -> None:
        async with Watched(root, root / ".snake-pipe") as watched:
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c")
            before = (root / "a.py").stat()
            write(root, "a.py", "def z(): pass\n")
            os.utime(root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
            assert (root / "a.py").stat().st_size == before.st_size
            await watched.shows(a="z", pkg__b="b", pkg__deep__c="c")
            write(root, "a.py", "def y(): pass\n")
            os.utime(root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
            write(root, ".gitignore", "nothing\n")  # and where a walk takes the place of the look
            await watched.shows(a="y", pkg__b="b", pkg__deep__c="c")

    scenario(work)


def test_a_save_without_a_change_writes_nothing(root: Path) -> None:
    def ids(dataset: Path) -> list[tuple[str, int]]:
        with connect_tables(LocalStorage(dataset)) as connection:
            sql = "SELECT path, file_id FROM files WHERE path <> 'end.py' ORDER BY file_id"
            return connection.execute(sql).fetchall()

    async def work() -> None:
        watched = Watched(root, root / ".snake-pipe")
        await BatchProcessingEngine().ingest(watched.request(watched.dataset), SOON)
        async with watched:
            before = ids(watched.dataset)
            for name in ("a.py", "pkg/b.py"):
                write(root, name)
            write(root, "end.py")
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c", end="end")
            assert ids(watched.dataset) == before
            # As it was at first, but not as it was last: also where it was gone meanwhile.
            write(root, "a.py", "def z(): pass\n")
            (root / "pkg" / "b.py").unlink()
            await watched.shows(a="z", pkg__deep__c="c", end="end")
            write(root, "a.py")
            write(root, "pkg/b.py")
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c", end="end")
            write(root, "a.py")
            write(root, ".gitignore", "nothing\n")  # where a walk finds it, too
            await watched.until(lambda: watched.rescans != [])
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c", end="end")

    scenario(work)


def test_a_folder_that_a_link_leads_to_as_well(
    tmp_path: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    """The kernel has one watch for a folder, and its changes come under one of its two names."""
    root = tmp_path / "repo"
    write(root, "m/real/a.py")
    for name in ("a", "z"):
        (root / name).symlink_to("m/real")
    (tmp_path / "way").symlink_to("repo")

    async def work() -> None:
        async with Watched(tmp_path / "way", tmp_path / "trees") as watched:
            await watched.shows(m__real__a="a")
            write(root, "m/real/b.py")
            write(root, "z/a.py", "def through(): pass\n")
            await watched.shows(m__real__a="through", m__real__b="b")
            (root / "a/b.py").unlink()
            await watched.shows(m__real__a="through")
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_another_branch_becomes_few_large_batches(
    tmp_path: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    root = tmp_path / "repo"
    for n in range(600):
        write(root, f"p{n % 20}/m{n}.py", f"def one{n}(): pass\n")
    git(root, "init", "-q", "-b", "one")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    git(root, "checkout", "-q", "-b", "two")
    for n in range(600):
        write(root, f"p{n % 20}/m{n}.py", f"def two{n}(): pass\n")
    shutil.rmtree(root / "p3")
    write(root, "only/two.py")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "two")
    git(root, "checkout", "-q", "one")

    def batches(dataset: Path) -> int:
        with connect_tables(LocalStorage(dataset)) as connection:
            return int(connection.execute("SELECT count(*) FROM batches").fetchall()[0][0])

    def has_all(dataset: Path) -> bool:
        names = state(dataset)
        return len(names) == 571 and all(name.startswith("two") for name in names.values())

    async def work() -> None:
        async with Watched(root, tmp_path / "trees") as watched:
            await watched.until(lambda: len(state(watched.dataset)) == 600)
            first = batches(watched.dataset)
            git(root, "checkout", "-q", "two")
            await watched.until(lambda: has_all(watched.dataset))
            assert batches(watched.dataset) - first <= 30
        assert watched.rescans
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_a_storm_that_the_listener_does_not_keep_leads_to_a_walk(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    differences: Callable[[Path, Path], dict[str, int]],
) -> None:
    """Two bounds hold at once: of the paths noticed, and of the changes remembered since the last walk."""
    monkeypatch.setattr(notifier, "MOST_CHANGES", 50)
    monkeypatch.setattr(watcher, "_MOST_CHANGED", 5)
    root = tmp_path / "repo"
    write(root, "a.py")

    async def work() -> None:
        async with Watched(root, tmp_path / "trees") as watched:
            for n in range(300):
                write(root, f"s{n}.py")
            for n in range(0, 300, 2):
                (root / f"s{n}.py").unlink()
            await watched.until(lambda: len(state(watched.dataset)) == 151)
            for n in range(6):
                write(root, f"t{n}.py")
                await watched.until(lambda n=n: f"t{n}.py" in state(watched.dataset))
            write(root, "u.py")
            await watched.until(lambda: "many files changed since the last walk" in watched.rescans)
        assert "more than 50 changes at once" in watched.rescans
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_a_name_that_is_not_utf8_is_found_by_a_walk(
    root: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    """watchfiles gives up on such a name, and says nothing of any file after it."""

    async def work() -> None:
        async with Watched(root, root / ".snake-pipe") as watched:
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c")
            write(root, os.fsdecode(b"caf\xe9.py"), "def cafe(): pass\n")
            await watched.until(lambda: "caf\\xe9.py" in state(watched.dataset))
            write(root, "after.py")
            await watched.until(lambda: "after.py" in state(watched.dataset))
            os.unlink(os.fsencode(root) + b"/caf\xe9.py")
            await watched.until(lambda: "caf\\xe9.py" not in state(watched.dataset))
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_names_that_look_like_something_else(
    root: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    names = [
        "line\nbreak.py",
        "-rf.py",
        ":(exclude)x.py",
        "*.py",
        "back\\slash.py",
        "'; DROP TABLE.py",
        "\x1b[31m.py",
    ]

    async def work() -> None:
        async with Watched(root, root / ".snake-pipe") as watched:
            for name in names:
                (root / name).write_text("def odd(): pass\n")
            await watched.until(lambda: len(state(watched.dataset)) == 3 + len(names))
            for name in names[::2]:
                (root / name).unlink()
            await watched.until(lambda: len(state(watched.dataset)) == 3 + len(names) // 2)
        assert not watched.rescans
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_a_file_that_was_away_for_a_moment_is_read_when_a_walk_finds_it_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was moved aside while a worker wanted it, and back, with its old time; nobody noticed that."""
    root = tmp_path / "repo"
    write(root, "a.py")
    write(root, "b.py")
    aside = tmp_path / "aside.py"
    read = reader.read_file
    monkeypatch.setattr(schedule, "_REST", 0)
    monkeypatch.setattr(watcher, "is_relevant", lambda *_: False)

    def read_late(folder: str, relative: bytes, *rest: int) -> object:
        if relative == b"a.py" and not aside.exists():
            os.rename(root / "a.py", aside)
        return read(folder, relative, *rest)

    monkeypatch.setattr(extraction, "read_file", read_late)

    async def work() -> None:
        async with Watched(root, tmp_path / "trees", WatchOptions(rescan_seconds=0.5)) as watched:
            await watched.until(aside.exists)
            os.link(aside, root / "a.py")
            await watched.shows(a="a", b="b")
        assert watched.result.statistics.files_failed == 1

    scenario(work)


def test_a_folder_that_goes_away_and_comes_back_is_another_one(
    tmp_path: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    root = tmp_path / "repo"
    write(root, "a.py")

    async def work() -> None:
        async with Watched(root, tmp_path / "trees") as watched:
            await watched.shows(a="a")
            root.rename(tmp_path / "aside")
            await asyncio.sleep(0.3)
            assert state(watched.dataset) == {"a.py": "a"}  # a mount that is missing deletes nothing
            write(root, "a.py", "def other(): pass\n")
            write(root, "b.py")
            await watched.shows(a="other", b="b")
            write(root, "c.py")
            await watched.shows(a="other", b="b", c="c")
            for name in ("a.py", "b.py", "c.py"):
                (root / name).unlink()
            await watched.shows()
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_a_folder_that_is_away_is_not_asked_for_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walk that was due made the watch spin while there was nothing to walk."""
    monkeypatch.setattr(schedule, "_REST", 0)
    asked: list[object] = []
    check = ChangeNotifier.check_folders
    monkeypatch.setattr(ChangeNotifier, "check_folders", lambda self: asked.append(check(self)) or asked[-1])
    root = tmp_path / "repo"
    write(root, "a.py")

    async def work() -> None:
        async with Watched(root, tmp_path / "trees", WatchOptions(rescan_seconds=0.05)) as watched:
            await watched.shows(a="a")
            root.rename(tmp_path / "aside")
            await watched.until(lambda: FolderState.MISSING in asked)
            await asyncio.sleep(1.5)
            assert asked.count(FolderState.MISSING) < 20
            (tmp_path / "aside").rename(root)
            write(root, "b.py")
            await watched.shows(a="a", b="b")

    scenario(work)


def test_what_was_missed_is_found_when_it_is_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notifier that reports nothing at all: the walks that come regularly find everything."""
    monkeypatch.setattr(schedule, "_REST", 0)
    monkeypatch.setattr(watcher, "is_relevant", lambda *_: False)
    root = tmp_path / "repo"
    write(root, "a.py")

    async def work() -> None:
        options = WatchOptions(rescan_seconds=0.2)
        async with Watched(root, tmp_path / "trees", options) as watched:
            write(root, "b.py")
            (root / "a.py").unlink()
            await watched.shows(b="b")
        assert set(watched.rescans) == {"a regular walk is due"}

    scenario(work)


def test_polling_sees_the_same(root: Path, differences: Callable[[Path, Path], dict[str, int]]) -> None:
    async def work() -> None:
        async with Watched(root, root / ".snake-pipe", WatchOptions(poll=True)) as watched:
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c")
            write(root, "a.py", "def polled(): pass\n")
            write(root, "more/n.py")
            (root / "pkg/b.py").unlink()
            await watched.shows(a="polled", pkg__deep__c="c", more__n="n")
        assert differences(await watched.fresh(), watched.dataset) == {}

    scenario(work)


def test_a_dataset_that_is_there_is_brought_up_to_date_first(root: Path) -> None:
    async def work() -> None:
        dataset = root / ".snake-pipe"
        async with Watched(root, dataset) as watched:
            await watched.shows(a="a", pkg__b="b", pkg__deep__c="c")
        write(root, "a.py", "def meanwhile(): pass\n")
        (root / "pkg/b.py").unlink()
        async with Watched(root, dataset) as again:
            await again.shows(a="meanwhile", pkg__deep__c="c")
            (root / "pkg/deep/c.py").unlink()  # known from the run before only
            await again.shows(a="meanwhile")
        statistics = again.result.statistics
        assert (statistics.files_done, statistics.files_unchanged, statistics.files_deleted) == (1, 1, 2)

    scenario(work)


def test_a_stop_during_the_first_walk_is_resumable(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        watched = Watched(root, root / ".snake-pipe")
        engine = BatchProcessingEngine()
        engine.stop("SIGTERM")
        result = await engine.watch(watched.request(watched.dataset), SOON)
        assert (result.status, result.message) == ("stopped", "SIGTERM")
        resumed = await BatchProcessingEngine().resume(result.job_id, watched.dataset)
        assert resumed.status == "done"
        assert sorted(state(watched.dataset)) == ["a.py", "pkg/b.py", "pkg/deep/c.py"]

    scenario(work)


# -- the command -----------------------------------------------------------------------------------


def lines_until(process: subprocess.Popen[str], word: str) -> list[str]:
    seen: list[str] = []
    assert process.stderr
    for line in process.stderr:
        seen.append(line)
        if word in line:
            return seen
    raise AssertionError("".join(seen))


def asked(cli: Cli, dataset: Path, sql: str) -> str:
    done = cli.run("query", sql, "-d", dataset, "--format", "csv")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_when_all_that_was_saved_is_committed(
    cli: Cli, tmp_path: Path, number: int, code: int
) -> None:
    root, dataset = tmp_path / "repo", tmp_path / "trees"
    write(root, "a.py")
    process = cli.start("watch", root, "-d", dataset, "--workers", 1)
    seen = lines_until(process, "Ctrl-C to end")
    assert "1 file; watching" in seen[-1]
    write(root, "b.py")
    assert "1 changed, 0 deleted: visible after" in lines_until(process, "visible")[-1]
    assert asked(cli, dataset, "SELECT count(*) AS n FROM files").split() == ["n", "2"]
    busy = cli.run("watch", root, "-d", dataset)
    assert busy.returncode == 75, busy.stderr
    write(root, "c.py")
    (root / "a.py").unlink()
    process.send_signal(number)
    _, rest = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, rest
    assert "resume" not in rest
    assert asked(cli, dataset, "SELECT path FROM files ORDER BY 1").split() == ["path", "b.py", "c.py"]
    # One save may be noticed in two pieces, and the file is read for each: rows are told apart by version.
    versions = asked(cli, dataset, "SELECT count(DISTINCT (path, status)) AS n FROM files_history")
    assert versions.split()[1] == "4"


def test_a_process_that_stood_still_while_more_happened_than_the_kernel_keeps(
    cli: Cli, tmp_path: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    """Fault: the queue of events overflows, and nothing says so."""
    root, dataset = tmp_path / "repo", tmp_path / "trees"
    for n in range(200):
        write(root, f"p{n % 5}/m{n}.py")
    process = cli.start("watch", root, "-d", dataset, "--workers", 1, "-q")
    wait_for((dataset / "files/_delta_log" / f"{1:020}.json").exists)
    process.send_signal(signal.SIGSTOP)
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for n in range(most // 3 + 1):  # each is created, written and closed: more than the kernel keeps
        (root / f"scratch{n}.txt").write_text("x")
    for n in range(200):
        if n % 3:
            write(root, f"p{n % 5}/m{n}.py", f"def again{n}(): pass\n")
        else:
            (root / f"p{n % 5}/m{n}.py").unlink()
    write(root, "late/new.py")
    process.send_signal(signal.SIGCONT)
    wait_for(lambda: "late/new.py" in state(dataset))
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, rest
    assert cli.run("ingest", root, "-d", tmp_path / "fresh", "-q").returncode == 0
    assert differences(tmp_path / "fresh", dataset) == {}


def test_what_cannot_be_watched_is_refused(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    for arguments, word in (
        ([tmp_path / "a.py"], "not a folder"),
        ([tmp_path / "nowhere"], "not a folder"),
        ([tmp_path, "--debounce", "often"], "--debounce"),
        ([tmp_path, "--debounce", "0"], "above 0"),
        ([tmp_path, "--debounce", "1h"], "at most 5s"),
    ):
        done = cli.run("watch", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert word in done.stderr
    assert not (tmp_path / ".snake-pipe").exists()
