"""What `schedule print` prints does its work where cron starts it."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from testkit.places import PROJECT
from testkit.tables import value


def printed(cli, *arguments, cwd=None):
    done = cli.run("schedule", "print", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def run_as_cron(cli, line):
    """The command of a crontab's line as cron starts it: its few variables, sh, the home folder."""
    when, command = line.split(" PATH=", 1)
    assert len(when.split()) == 5
    assert "%" not in command.replace("\\%", "")
    few = {"HOME": str(cli.home), "SHELL": "/bin/sh", "LOGNAME": "root", "PATH": "/usr/bin:/bin"}
    if "PYTHONPATH" in os.environ:  # the program under test, where it is not installed
        few["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return subprocess.run(
        ["/bin/sh", "-c", f"PATH={command}".replace("\\%", "%")],
        env=few, cwd=cli.home, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_the_line_works_as_cron_starts_it(cli, repository, tmp_path):
    odd = repository.rename(tmp_path / "it's 100% mine")
    text = printed(cli, "--every", "0 3 * * *", odd.name, "-d", "trees", "--", "--workers", "1", cwd=tmp_path)
    *comments, line = text.splitlines()
    assert all(comment.startswith("# ") for comment in comments)
    done = run_as_cron(cli, line)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert value(tmp_path / "trees", "SELECT count(*) FROM files") == 40
    (odd / "bad_ast.json").write_text('{"type": "Program", "body": [')
    failed = run_as_cron(cli, line)
    assert (failed.returncode, failed.stdout, failed.stderr.count("\n")) == (3, "", 1)


def test_options_are_passed_on_with_whole_paths(cli, repository, tmp_path):
    (tmp_path / "list").write_text("a.py\n")
    options = ("--metrics-file", "m.prom", "--report", "sarif=r.sarif", "--exclude", "*_pb2.py", "-v")
    text = printed(cli, "--every", "6h", "repo", "--", "--no-gitignore", *options, cwd=tmp_path)
    line = text.splitlines()[-1]
    assert line.startswith("0 */6 * * * PATH=")
    assert line.endswith(
        f" ingest {tmp_path}/repo --dataset {tmp_path}/repo/.snake-pipe --exclude '*_pb2.py' --no-gitignore"
        f" --metrics-file {tmp_path}/m.prom --report sarif={tmp_path}/r.sarif"
        " --quiet --lock-timeout 10m --on-unfinished resume"
    )
    listed = printed(cli, "--every", "6h", "--", "--files-from", "list", "-d", "t", cwd=tmp_path)
    assert f" ingest --dataset {tmp_path}/t --files-from {tmp_path}/list --quiet" in listed


def test_a_dataset_in_a_bucket_stays_where_it_is(cli, repository):
    """It is no path of this machine: not made whole, not written to by the service. It needs credentials."""
    asked = ("--every", "6h", repository, "-d", "s3://trees/shop")
    lines = printed(cli, *asked)
    assert " --dataset s3://trees/shop --quiet " in lines
    assert "\n# It needs credentials for s3://trees/shop " in lines
    service = printed(cli, *asked, "--systemd", "--user", "alice")
    assert f"\nRequiresMountsFor={repository}\n" in service
    assert "\nEnvironmentFile=-/etc/snake-pipe.env\n" in service
    assert "s3:" not in "".join(line for line in service.splitlines() if "Paths" in line)


def test_what_is_given_counts_before_what_is_assumed(cli, repository):
    text = printed(cli, "--every", "1d", repository, "--", "--lock-timeout", "1h", "--on-unfinished", "fail")
    line = text.splitlines()[-1]
    assert line.endswith(" --lock-timeout 1h --on-unfinished fail --quiet")


def test_a_service_and_its_timer(cli, repository, tmp_path):
    asked = ("--every", "0 3 * * mon-fri", "--systemd", repository, "--user", "alice")
    both = printed(cli, *asked, "--", "--memory-limit", "2048")
    assert re.findall(r"^# (\S+)$", both, re.MULTILINE) == [
        "snake-pipe-repo.service",
        "snake-pipe-repo.timer",
    ]
    assert "\nOnCalendar=Mon..Fri *-*-* 03:00:00\n" in both
    assert "\nMemoryMax=2048M\n" in both
    assert "\nUser=alice\n" in both
    written = cli.run("schedule", "print", *asked, "-o", tmp_path)
    assert (written.returncode, written.stdout) == (0, "")
    assert "systemctl enable --now snake-pipe-repo.timer" in written.stderr
    assert {path.name for path in tmp_path.glob("snake-pipe-*")} == {
        "snake-pipe-repo.service",
        "snake-pipe-repo.timer",
    }


def test_the_page_shows_what_is_printed(cli, tmp_path):
    """With folders of its own in the place of this machine's."""
    page = (PROJECT / "docs/how-to/cron.md").read_text(encoding="utf-8")
    (tmp_path / "checkout" / "shop").mkdir(parents=True)
    (tmp_path / "trees").mkdir()
    places = (tmp_path / "checkout/shop", "-d", tmp_path / "trees/shop")

    def as_on_the_page(text):
        text = re.sub(
            r"PATH=\S+ (.+?) ingest", "PATH=/usr/bin:/bin /opt/snake-pipe/bin/snake-pipe ingest", text
        )
        return text.replace(str(tmp_path), "/srv")

    line = printed(cli, "--every", "0 3 * * *", *places, "--", "--max-failures", "20")
    assert f'```text title="crontab"\n{as_on_the_page(line)}```' in page
    units = as_on_the_page(printed(cli, "--every", "0 3 * * mon-fri", "--systemd", *places))
    timer = units.partition("# snake-pipe-shop.timer\n")[2].strip()
    assert f'```ini title="snake-pipe-shop.timer"\n{timer}\n```' in page


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--every", "1d", "nowhere"], "snake-pipe: no such file or folder: "),
        (["--every", "7h", "."], "snake-pipe: --every 7h: cron cannot do that"),
        (["--every", "1d", ".", "--", "--langages", "x"], "snake-pipe ingest: no option --langages"),
        (["--every", "1d", "--", "--files-from", "-"], "snake-pipe: nobody writes to the stdin"),
        (["--every", "1d", ".", "-o", "units"], "snake-pipe: --output and --user go with --systemd"),
        (["."], "snake-pipe schedule print: missing option '--every'"),
    ],
)
def test_what_would_fail_at_night_is_refused_now(cli, tmp_path, arguments, why):
    refused = cli.run("schedule", "print", *arguments, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(why)
