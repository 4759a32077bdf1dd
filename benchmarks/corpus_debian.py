"""Large corpora from Debian's packages, by apt's own client: a Java source package, and Linux's tree.

Nothing of the system's own lists is changed: source packages are looked up by lists in a folder of their own,
for which the system's entries are written down once more as `deb-src`.
"""

from __future__ import annotations

import getpass
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

JAVA_PACKAGE = "libspring-java"
"""Some 6,400 Java files, 35 MB: as large as Kafka's."""
LINUX_PACKAGE = "linux-source"

_DEBIANS_RULES = "#\n# Debian packaging: ignore everything"
"""Where those begin that leave out all of the tree, as it is not in Debian's repository."""
_APT = ["apt-get", "-qq", f"-oAPT::Sandbox::User={getpass.getuser()}"]
"""Fetching as the user who asks, whose folders another one could not write to."""
_LISTS = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d"))


def has_apt() -> bool:
    """Whether this machine can fetch Debian's packages."""
    return shutil.which("apt-get") is not None


def unpack_java(part: Path) -> None:
    """The upstream sources of the Java package, in a folder with their version; only what is Java."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entries = folder / "entries"
        entries.mkdir()
        for path in (_LISTS[0], *sorted(_LISTS[1].glob("*"))):
            if path.suffix in (".list", ".sources") and path.is_file():
                (entries / path.name).write_text(_as_sources(path.read_text()))
        options = {"Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": str(entries)}
        for part_of_state in ("Dir::State::lists", "Dir::Cache"):
            (own := folder / part_of_state.rpartition(":")[2]).mkdir()
            options[part_of_state] = str(own)
        apt = [*_APT, *(f"-o{key}={value}" for key, value in options.items())]
        subprocess.run([*apt, "update"], check=True)
        fetched = folder / "fetched"
        fetched.mkdir()
        subprocess.run(
            [*apt, "source", "--download-only", "--tar-only", JAVA_PACKAGE], cwd=fetched, check=True
        )
        (packed,) = fetched.glob("*.orig.tar.*")
        _unpack_tar(packed, part / packed.name.partition(".orig.")[0])
    for file in part.rglob("*"):
        if not file.is_dir() and file.suffix != ".java":
            file.unlink()


def unpack_linux(part: Path) -> None:
    """All of Linux's tree, in a folder with the version of the package."""
    asked = subprocess.run(
        ["apt-cache", "depends", "--important", LINUX_PACKAGE], capture_output=True, text=True, check=True
    )
    package = next(iter(re.findall(rf"Depends: ({LINUX_PACKAGE}-\S+)", asked.stdout)), None)
    if package is None:
        raise SystemExit(f"apt knows no {LINUX_PACKAGE}: apt-get update")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([*_APT, "download", package], cwd=folder, check=True)
        (deb,) = folder.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", deb, folder / "unpacked"], check=True)
        (packed,) = (folder / "unpacked/usr/src").glob("*.tar.*")
        root = part / deb.stem.removesuffix("_all")
        _unpack_tar(packed, root)
        rules = root / ".gitignore"
        rules.write_text(rules.read_text().partition(_DEBIANS_RULES)[0])


def _as_sources(entries: str) -> str:
    """An apt list, in either of its two styles, that has source packages in the place of compiled ones."""
    return re.sub(r"(?m)^Types:.*$", "Types: deb-src", re.sub(r"(?m)^deb ", "deb-src ", entries))


def _unpack_tar(packed: Path, into: Path) -> None:
    """Unpack a tape archive without its outermost folder."""
    into.mkdir()
    subprocess.run(["tar", "-xf", packed, "-C", into, "--strip-components=1"], check=True)
