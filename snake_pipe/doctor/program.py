"""The program itself: Python, what it needs, what is compiled, what could be added."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import sysconfig
import warnings
from importlib import import_module, metadata
from typing import TYPE_CHECKING

from snake_pipe.doctor.finding import Finding, Place, error, note, ok, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packaging.requirements import Requirement

OWN_NAME = "snake-pipe"
_MODULES = {"python-json-logger": "pythonjsonlogger"}
"""Modules whose name is not their package's with underscores."""

GIVES = {
    "dask": "--executor dask, batches on a cluster",
    "iceberg": "--sink iceberg:///FOLDER",
    "object-store": "datasets in s3://, gs:// and az://",
    "postgres": "--sink postgresql://...",
    "metrics": "--metrics-port, figures of a running job for Prometheus",
    "otel": "OpenTelemetry's traces and metrics",
    "watch": "the watch command",
    "shell": "the prompt of the shell command",
    "languages": "languages beyond the first thirteen",
}
"""What each extra adds."""

FOR_DEVELOPERS = ("dev", "docs")
"""Extras that nobody misses who only uses the program."""


def check_python(_: Place) -> Iterator[Finding]:
    """The interpreter, and whether the program is tested with its version."""
    build = " free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    what = f"{platform.python_version()}{build} on {platform.machine()}, {sys.executable}"
    tested = _tested_versions()
    if tested and sys.version_info[:2] > max(tested):
        newest = ".".join(map(str, max(tested)))
        yield note(
            "python", f"{what}: newer than it is tested with", f"use Python {newest} if anything is odd"
        )
    else:
        yield ok("python", what)


def _tested_versions() -> set[tuple[int, int]]:
    found = set()
    for line in _own_metadata("Classifier"):
        version = line.removeprefix("Programming Language :: Python :: ").split(".")
        if len(version) == 2 and all(part.isdigit() for part in version):
            found.add((int(version[0]), int(version[1])))
    return found


def check_packages(_: Place) -> Iterator[Finding]:
    """What the program cannot do without: there, of a version that fits, and loadable here."""
    wanted = _requirements()
    if not wanted:
        yield note(
            "packages", "not installed as a package, so what it needs is not known", "pip install -e ."
        )
        return
    sound = 0
    for requirement in wanted:
        finding = _misfit("packages", requirement) or unloadable(requirement)
        sound += finding is None
        if finding is not None:
            yield finding
    if sound == len(wanted):
        yield ok("packages", f"{sound} installed as wanted, all of them load")


def check_loops(_: Place) -> Iterator[Finding]:
    """Whether the modules are compiled, or why Python does without."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from snake_pipe.transform.native import compiled

    if os.environ.get(compiled.PURE_PYTHON):
        slower = "AST files take two to three times as long"
        text = f"{compiled.PURE_PYTHON} is set, Python does without: {slower}"
        yield note("compiled loops", text, f"unset {compiled.PURE_PYTHON}")
        return
    yield _compiled("compiled loops", compiled.MODULE, "AST files take a third to a half longer")
    yield _compiled("builder of columns", compiled.ROWS_MODULE, "sources take a tenth longer")
    yield _compiled("JSON parser", compiled.DOCUMENTS_MODULE, "AST files take two to three times as long")
    yield _compiled("parser of sources", compiled.SOURCES_MODULE, "sources take a quarter longer")


def _compiled(subject: str, module: str, slower: str) -> Finding:
    advice = _pip("install", "--force-reinstall", "--no-deps", OWN_NAME)
    try:
        return ok(subject, f"in use, {import_module(module).__file__}")
    except ModuleNotFoundError:
        return note(subject, f"not built, Python does without: {slower}", f"{advice} (Linux, GIL builds)")
    except ImportError as failure:
        return warning(subject, f"do not load, Python does without: {_line(failure)}", advice)


def check_report(_: Place) -> Iterator[Finding]:
    """Whether `report` has the libraries that its page is drawn with."""
    from snake_pipe.report.libraries import missing

    if (problem := missing()) is None:
        yield ok("report", "has the libraries that its page is drawn with")
    else:
        advice = _pip("install", "--force-reinstall", "--no-deps", OWN_NAME)
        yield note("report", f"does not work: {problem}", f"{advice} (where npm reaches its registry)")


def check_extras(_: Place) -> Iterator[Finding]:
    """What could be installed in addition, and what it would give."""
    for extra in _own_metadata("Provides-Extra"):
        if extra in FOR_DEVELOPERS:
            continue
        wanted = _requirements(extra)
        missing = [one.name for one in wanted if _installed(one.name) is None]
        misfits = [
            finding
            for one in wanted
            if one.name not in missing and (finding := _misfit("extras", one, say=warning)) is not None
        ]
        yield from misfits
        gives = GIVES.get(extra, "more")
        if missing:
            shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            advice = _pip("install", f"{OWN_NAME}[{extra}]")
            yield note("extras", f"{extra} is not installed ({shown}), which adds {gives}", advice)
        elif not misfits:
            yield ok("extras", f"{extra} is installed: {gives}")


def _own_metadata(key: str) -> list[str]:
    try:
        return metadata.metadata(OWN_NAME).get_all(key) or []
    except metadata.PackageNotFoundError:
        return []


def _requirements(extra: str = "") -> list[Requirement]:
    """What the installed program asks for: always, or for an extra alone."""
    from packaging.requirements import Requirement

    try:
        lines = metadata.requires(OWN_NAME) or []
    except metadata.PackageNotFoundError:
        return []
    wanted = []
    for line in lines:
        requirement = Requirement(line)
        marker = requirement.marker
        always = marker is None or marker.evaluate({"extra": ""})
        if always if not extra else not always and marker is not None and marker.evaluate({"extra": extra}):
            wanted.append(requirement)
    return wanted


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _misfit(
    subject: str, wanted: Requirement, *, say: Callable[[str, str, str], Finding] = error
) -> Finding | None:
    """A package that is missing, or of a version that does not fit."""
    version = _installed(wanted.name)
    advice = _pip("install", f"{wanted.name}{wanted.specifier}")
    if version is None:
        return say(subject, f"{wanted.name} is missing, {wanted.specifier} is wanted", advice)
    if not wanted.specifier.contains(version, prereleases=True):
        return say(subject, f"{wanted.name} is {version}, {wanted.specifier} is wanted", advice)
    return None


def unloadable(wanted: Requirement) -> Finding | None:
    """A package that is there and does not load, such as a wheel for another machine."""
    try:
        import_module(_MODULES.get(wanted.name, wanted.name.replace("-", "_")))
    except Exception as failure:  # noqa: BLE001 - whatever a library's start raises
        advice = _pip("install", "--force-reinstall", "--no-deps", f"{wanted.name}{wanted.specifier}")
        return error("packages", f"{wanted.name} does not load: {_line(failure)}", advice)
    return None


def _pip(*arguments: str) -> str:
    return shlex.join([sys.executable, "-m", "pip", *arguments])


def _line(failure: Exception) -> str:
    return " ".join(str(failure).split()) or type(failure).__name__


CHECKS = (check_python, check_packages, check_loops, check_report, check_extras)
