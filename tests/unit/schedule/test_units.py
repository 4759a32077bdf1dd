"""What is printed for cron and systemd: nothing in a name means anything to them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from snake_pipe.errors import UsageError
from snake_pipe.schedule.command import ScheduledCommand
from snake_pipe.schedule.cron_expression import parse_every
from snake_pipe.schedule.crontab import crontab
from snake_pipe.schedule.systemd import quoted, service_unit, timer_unit, unit_name

DAILY = parse_every("@daily")


def command(*arguments, reads=("/srv/shop",), writes=("/srv/trees",), memory=None):
    words = ["/opt/sp/bin/snake-pipe", "ingest", *arguments]
    return ScheduledCommand(
        words, "Syntax trees of shop", "/usr/bin:/bin", [*map(Path, reads)], [*map(Path, writes)], memory
    )


def test_a_crontab_line_gives_the_shell_the_very_words(tmp_path):
    odd = ["a b", "it's", "100%", "$HOME", "`id`", '"', "\\", "*", "-x;y", "ü"]
    show = tmp_path / "show"
    show.write_text('#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n')
    show.chmod(0o755)
    shown = ScheduledCommand([str(show), *odd], "x", "/usr/bin:/bin", [], [])
    *_, line = crontab(DAILY, shown).splitlines()
    left = as_cron_has_it(line.split(maxsplit=5)[5])
    done = subprocess.run(["/bin/sh", "-c", left], capture_output=True, text=True, check=True, env={})
    assert done.stdout.splitlines() == odd


def as_cron_has_it(text):
    """Cron's own look at a command: a percent sign ends it, unless a backslash stands before it."""
    assert "%" not in text.replace("\\%", "")
    return text.replace("\\%", "%")


def test_what_stands_in_no_line_is_refused():
    for word in ("a\nb", "a\rb", "\udcff", "a\x1bb"):
        for printed in (lambda c: crontab(DAILY, c), lambda c: service_unit(c, "alice")):
            with pytest.raises(UsageError, match="cannot stand in a schedule"):
                printed(command(word))


def test_what_is_too_long_for_cron_is_refused():
    with pytest.raises(UsageError, match="cron takes 998"):
        crontab(DAILY, command("x" * 1000))


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("/srv/shop", "/srv/shop"),
        ("100%", "100%%"),
        ("$HOME", "$HOME"),
        ("a b", '"a b"'),
        ('say "x"', '"say \\"x\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("", '""'),
        (";", '";"'),
    ],
)
def test_words_for_systemd(word, shown):
    assert quoted(word) == shown


def test_a_dollar_begins_a_variable_in_all_words_of_a_command_but_the_first():
    scheduled = ScheduledCommand(["/opt/$x/sp", "$HOME"], "x", "/usr/bin", [], [])
    assert "ExecStart=/opt/$x/sp $$HOME\n" in service_unit(scheduled, "alice")


def test_a_memory_limit_is_one_for_the_whole_service():
    assert "MemoryMax=2048M\n" in service_unit(command(memory=2048), "alice")
    assert "MemoryMax" not in service_unit(command(), "alice")


def test_the_temporary_folder_is_its_own_unless_it_is_needed():
    assert "PrivateTmp=yes" in service_unit(command(), "alice")
    assert "PrivateTmp" not in service_unit(command(reads=["/tmp/shop"]), "alice")
    assert "PrivateTmp" not in service_unit(command(writes=["/var/tmp/x"]), "alice")


@pytest.mark.parametrize(
    ("every", "delay"), [("@daily", 900), ("@hourly", 360), ("15m", 90), ("1m", 6), ("0,10 3 * * *", 60)]
)
def test_a_run_is_put_off_by_less_than_the_time_to_the_next(every, delay):
    assert f"RandomizedDelaySec={delay}s\n" in timer_unit(parse_every(every), "x")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("/srv/shop", "snake-pipe-shop"), ("/srv/my shop ü", "snake-pipe-my-shop"), ("/", "snake-pipe-root")],
)
def test_units_have_names_that_systemd_allows(folder, name):
    assert unit_name(Path(folder)) == name


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_nothing_wrong(tmp_path):
    program = tmp_path / "a $x 100%" / "snake-pipe"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    scheduled = ScheduledCommand(
        [str(program), "ingest", 'say "100%"', "$HOME"],
        "100% of \\it",
        "/usr/bin",
        [tmp_path],
        [tmp_path],
        2048,
    )
    (tmp_path / "snake-pipe-x.service").write_text(service_unit(scheduled, "root"))
    (tmp_path / "snake-pipe-x.timer").write_text(timer_unit(parse_every("0 0 1 * 5"), scheduled.about))
    units = [tmp_path / "snake-pipe-x.service", tmp_path / "snake-pipe-x.timer"]
    command = ["systemd-analyze", "verify", "--man=no", *units]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    about_ours = [line for line in done.stderr.splitlines() if "snake-pipe-x" in line]
    assert (done.returncode, about_ours) == (0, []), done.stderr
