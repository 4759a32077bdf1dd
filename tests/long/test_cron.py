"""Debian's own cron starts what `schedule print` prints, away from the machine's crontabs.

It runs in namespaces of its own: its crontabs, its pid file and the mails that it sends are folders of the
test, and with it ends all that it has started.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from snake_pipe.errors import JobNotFoundError
from snake_pipe.load.claims.writers import live_writers
from snake_pipe.storage.local import LocalStorage
from snake_pipe.utils.checkpoint_manager import CheckpointManager
from snake_pipe.utils.journal.open import read_journal
from testkit.repositories import python_files
from testkit.tables import rows, value
from testkit.waiting import wait_for

pytestmark = [
    pytest.mark.skipif(shutil.which("cron") is None, reason="needs Debian's cron"),
    pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces of its own"),
]

WITHIN_TWO_MINUTES = 150.0

_START = """
set -e
mount --make-rprivate /
mount --bind "$TOP/spool" /var/spool/cron/crontabs
mount --bind "$TOP/none" /etc/cron.d
mount --bind "$TOP/empty" /etc/crontab
mount -t tmpfs none "$TOP/sbin"
mkdir "$TOP/sbin/upper" "$TOP/sbin/work"
printf '#!/bin/sh\\ncat > "%s/mails/$$"\\n' "$TOP" > "$TOP/sbin/upper/sendmail"
chmod 755 "$TOP/sbin/upper/sendmail"
mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$TOP/sbin/upper,workdir=$TOP/sbin/work" /usr/sbin
mount -t tmpfs none /run
exec cron -f
"""


@dataclass
class RealCron:
    """Cron, with one crontab of root's."""

    top: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, crontab: str) -> None:
        for name in ("spool", "none", "sbin", "mails"):
            (self.top / name).mkdir()
        (self.top / "empty").touch()
        table = self.top / "spool" / "root"
        table.touch(mode=0o600)
        table.write_text(crontab)
        command = [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            _START,
        ]
        self.process = subprocess.Popen(
            command, env=os.environ | {"TOP": str(self.top)}, start_new_session=True
        )

    def mails(self) -> list[str]:
        """What it has mailed so far, without the heads."""
        assert self.process is not None
        assert self.process.poll() is None, "cron has ended"
        found = sorted((self.top / "mails").iterdir(), key=lambda path: path.stat().st_mtime)
        return [path.read_text().partition("\n\n")[2] for path in found]

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()  # and with it whatever it has started
            self.process.wait()


@pytest.fixture
def cron(tmp_path):
    top = tmp_path / "cron"
    top.mkdir()
    cron = RealCron(top)
    yield cron
    cron.stop()


def variables(home):
    """What a crontab of root's says first: a home of the test's own."""
    lines = [f"HOME={home}"]
    if "PYTHONPATH" in os.environ:  # the program under test, where it is not installed
        lines.append(f"PYTHONPATH={os.environ['PYTHONPATH']}")
    return "\n".join(lines) + "\n"


def printed_line(cli, *arguments):
    done = cli.run("schedule", "print", "--every", "1m", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def is_done(jobs: CheckpointManager) -> bool:
    """Whether the first job is; its folder is there a moment before its checkpoint."""
    try:
        return any(jobs.load(job).progress.status == "done" for job in jobs.job_ids()[:1])
    except JobNotFoundError:
        return False


def test_cron_says_nothing_of_a_run_and_mails_one_line_of_a_failed_one(cli, cron, tmp_path):
    root = python_files(tmp_path / "it's 100% mine", 5)
    cron.start(variables(cli.home) + printed_line(cli, root, "-d", tmp_path / "trees") + "\n")
    jobs = CheckpointManager(LocalStorage(tmp_path / "trees"))
    wait_for(lambda: is_done(jobs), WITHIN_TWO_MINUTES)
    assert value(tmp_path / "trees") == 5
    assert cron.mails() == []
    (root / "bad_ast.json").write_text('{"type": "Program", "body": [')
    (mail,) = wait_for(cron.mails, WITHIN_TWO_MINUTES)
    assert mail.startswith("snake-pipe: 1 file failed, --max-failures 0; bad_ast.json:1: not valid JSON")
    assert mail.count("\n") == 1


MINUTES = 5
SLOW_DISK = "strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:delay_enter=600000"


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace, to make the disk slow")
@pytest.mark.timeout(60 * (MINUTES + 15))
def test_twice_a_minute_with_runs_that_take_longer(cli, cron, tmp_path):
    """One half waits for the other as long as it takes, the other half for 20 s; one run is killed."""
    root, dataset = python_files(tmp_path / "repo", 20), tmp_path / "trees"
    patient = printed_line(cli, root, "-d", dataset).split(maxsplit=5)[5].replace(" /", f" {SLOW_DISK} /", 1)
    impatient = patient.replace("--lock-timeout 10m", "--lock-timeout 20s")
    table = f"* * * * * {patient}\n* * * * * sleep 30; {impatient}\n"
    cron.start(variables(cli.home) + table)
    end, killed, edits = time.monotonic() + 60 * MINUTES, None, 0
    while time.monotonic() < end:
        edits += 1
        (root / f"new{edits:03}.py").write_text(f"def new{edits}():\n    return {edits}\n")
        (root / "m00.py").write_text(f"def f0():\n    return {edits}\n")
        if (
            killed is None
            and time.monotonic() > end - 30 * MINUTES
            and (writers := live_writers(LocalStorage(dataset)))
        ):
            killed = kill_holder(cron, writers[0])
        time.sleep(2)
    (cron.top / "spool" / "root").write_text("# nothing more\n")
    os.utime(cron.top / "spool")
    wait_for(lambda: not ingestions(cron), 600)
    mails = cron.mails()

    runs = runs_of(dataset)
    print(f"\n{edits} edits, {len(runs)} runs, {len(mails)} mails; killed: {killed}")
    for begun, ended, job, status in runs:
        print(f"{time.strftime('%H:%M:%S', time.localtime(begun))} {ended - begun:6.1f} s {job} {status}")
    for mail in mails:
        print("mail:", mail.strip())

    for (_, ended, *_), (begun, *_) in pairwise(runs):
        assert ended <= begun, "two have written at once"
    own = [mail for mail in mails if "Killed" not in mail]  # that one is the shell's
    assert len(mails) - len(own) <= 1
    assert all(mail.count("\n") == 1 and "still after 20 s" in mail for mail in own)
    assert killed is not None
    manager = CheckpointManager(LocalStorage(dataset))
    assert {manager.load(job).progress.status for job in manager.job_ids()} == {"done"}, "it was resumed"
    last = cli.run("ingest", root, "-d", dataset, "-q")
    fresh = cli.run("ingest", root, "-d", tmp_path / "fresh", "-q")
    assert (last.returncode, fresh.returncode) == (0, 0), last.stderr + fresh.stderr
    for table in ("files", "nodes", "symbols", "refs"):
        assert content(dataset, table) == content(tmp_path / "fresh", table)


def ingestions(cron):
    found = []
    for process in psutil.Process(cron.process.pid).children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            if "snake-pipe" in " ".join(process.cmdline()) and "ingest" in process.cmdline():
                found.append(process)
    return found


def kill_holder(cron, holder):
    """SIGKILL for the run that is writing, which knows itself by another id in its namespace."""
    for process in ingestions(cron):
        status = Path(f"/proc/{process.pid}/status").read_text()
        own_ids = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
        if int(own_ids[-1]) == holder.pid:
            os.kill(process.pid, signal.SIGKILL)
            return holder.job_id
    return None


def runs_of(dataset):
    """Begin and end of each run by its journal, in order; one that was killed ends where the next begins."""
    found = []
    manager = CheckpointManager(LocalStorage(dataset))
    for job in manager.job_ids():
        records, _ = read_journal(manager.job_folder(job))
        begun = None
        for record in records:
            if record["type"] == "start":
                if begun is not None:
                    found.append((begun, begun, job, "killed"))
                begun = record["time"]
            elif record["type"] == "end":
                found.append((begun, record["time"], job, record["status"]))
                begun = None
    return sorted(found)


def content(dataset, table):
    """The rows of a table by paths, without what is of one run."""
    if table == "files":
        return rows(dataset, "SELECT path, status, size_bytes, sha256 FROM files ORDER BY ALL")
    own = f"SELECT path, t.* EXCLUDE (file_id) FROM {table} t JOIN files USING (file_id) ORDER BY ALL"
    return rows(dataset, own)
