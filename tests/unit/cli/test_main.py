"""Ctrl-C while no job runs, whatever is under way."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_PROGRAM = """
import sys, time, types
from snake_pipe import __main__ as program

def sleep():
    print("under way", flush=True)
    time.sleep(600)

def run():
{run}

sys.modules["snake_pipe.cli.app"] = types.SimpleNamespace(run=run)
program.main()
"""

_ENDS = "    sleep()"
_MAKES_AN_ERROR_OF_IT = """
    try:
        sleep()
    except KeyboardInterrupt as error:
        raise ImportError("a module could not be loaded") from error
"""
_SWALLOWS_IT = """
    try:
        sleep()
    except KeyboardInterrupt:
        time.sleep(600)
"""
_RETURNS_A_CODE = """
    try:
        sleep()
    except KeyboardInterrupt:
        return 1
"""


def start(run, ignored=False):
    if ignored:
        run = f"    signal = __import__('signal')\n    signal.raise_signal(signal.SIGINT)\n{run}"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-c", _PROGRAM.format(run=run)], stdout=-1, stderr=-1, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("run", [_ENDS, _MAKES_AN_ERROR_OF_IT, _SWALLOWS_IT, _RETURNS_A_CODE])
def test_ctrl_c_is_answered_in_a_line_and_ends_the_command(run):
    """It was a traceback, code 1, or no word at all, by what was being loaded or asked at the moment."""
    with start(run) as process:
        assert process.stdout.readline() == "under way\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "snake-pipe: interrupted\n"
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_second_one_ends_what_takes_its_time():
    with start(_SWALLOWS_IT) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


def test_who_ignores_it_is_not_interrupted():
    """As nohup wants it, and shells for what runs in the background."""
    with start("    return 7", ignored=True) as process:
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 7
