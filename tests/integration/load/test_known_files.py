"""KnownFiles against a dictionary that does the same with paths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.load.dataset import Dataset
from snake_pipe.load.known_files import KnownContent, KnownFile, KnownFiles
from snake_pipe.schemas import STATUSES
from snake_pipe.storage.local import LocalStorage
from testkit.samples import some_examples

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Found:
    repo: str
    path: str
    size_bytes: int = 10
    mtime_ns: int = 20


def row(file_id: int, path: str, status: str = "ok", **columns: Any) -> dict[str, Any]:
    measured = {"size_bytes": 10, "mtime_ns": 20, "parser": "p", "parser_version": "1"}
    return {"file_id": file_id, "repo": "r", "path": path, "status": status, **measured, **columns}


def test_nothing_is_known_of_an_empty_dataset(dataset: Dataset) -> None:
    known = KnownFiles.current(dataset)
    assert len(known) == 0
    assert known.match([Found("r", "a")]) == [False]
    assert known.match([]) == []
    assert list(known.unseen()) == []


def test_size_and_time_must_be_the_same(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(files=[row(1, "a")]))
    known = KnownFiles.current(dataset)
    found = [Found("r", "a"), Found("r", "a", 11), Found("r", "a", 10, 21), Found("s", "a"), Found("r", "b")]
    assert known.match(found) == [True, False, False, False, False]


@pytest.mark.parametrize("status", STATUSES)
def test_statuses(dataset: Dataset, job: Any, status: str) -> None:
    job.flush(job.write(files=[row(1, "a", status)]))
    current, done = KnownFiles.current(dataset), KnownFiles.of_job(dataset, "job1")
    assert current.match([Found("r", "a")]) == [status in ("ok", "partial", "skipped")]
    assert done.match([Found("r", "a")]) == [status != "deleted"]


def test_other_parsers_are_not_accepted(dataset: Dataset, job: Any) -> None:
    rows = [
        row(1, "same"),
        row(2, "older", parser_version="0"),
        row(3, "other", parser="q"),
        row(4, "none", parser=None, parser_version=None),
        row(5, "unversioned", parser_version=None),
    ]
    job.flush(job.write(files=rows))
    found = [Found("r", r["path"]) for r in rows]
    accepted = KnownFiles.current(
        dataset, is_current=lambda *parser: parser in {("p", "1"), ("q", "2")}
    ).match(found)
    assert accepted == [True, False, False, True, False]
    assert KnownFiles.current(dataset).match(found) == [True] * 5


def test_rows_of_other_settings_are_not_accepted(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(files=[row(1, "a", read_with="one"), row(2, "b", read_with="two")]))
    found = [Found("r", "a"), Found("r", "b")]
    assert KnownFiles.current(dataset, read_with="two").match(found) == [False, True]
    assert KnownFiles.current(dataset).match(found) == [True, True]
    assert KnownFiles.of_job(dataset, "job1").match(found) == [True, True]


def test_files_match_only_in_a_language_that_is_asked_for_and_told_of_them_now(
    dataset: Dataset, job: Any
) -> None:
    kinds = [("source", "c"), ("source", "json"), ("ast", "c"), ("ast", None), ("source", None)]
    rows = [row(n, f"f{n}", input_kind=kind, language=language) for n, (kind, language) in enumerate(kinds)]
    job.flush(job.write(files=rows))
    asked = {("source", "c"), ("ast", None)}
    known = KnownFiles.current(dataset, is_asked=lambda *row: row in asked)
    paths, sizes, mtimes = [f"f{n}" for n in range(5)], [10] * 5, [20] * 5
    found = [Found("r", path) for path in paths]
    assert known.recognise("r", paths, sizes, mtimes) == [True, False, False, True, False]
    assert {file.path for file in known.unseen()} == {"f1", "f2", "f4"}
    assert known.match(found) == [True, False, False, True, False]
    assert list(known.unseen()) == []
    told = {("f1", "source", "json"), ("f3", "ast", None)}
    known = KnownFiles.current(dataset, is_told=lambda *row: row in told)
    assert known.match(found) == [False, True, False, True, False]


def test_contents_of_files_that_may_be_as_they_were(dataset: Dataset, job: Any) -> None:
    digests = [f"{number:02x}" * 32 for number in range(6)]
    job.flush(job.write(files=[row(number, f"f{number}", sha256=digests[number]) for number in range(4)]))
    job.flush(
        job.write(
            files=[
                row(8, "f1", sha256=digests[5]),
                row(9, "f2", "failed", sha256=digests[5]),
                row(10, "f4", "skipped", reason="too_large"),
            ]
        )
    )
    known = KnownFiles.current(dataset)
    before = known.nbytes
    assert known.contents([Found("r", "f0", 11), Found("r", "new")]) == [None, None]
    assert known.nbytes == before  # nothing is read as long as no file can be equal
    found = [Found("r", f"f{number}", 10, 77) for number in range(5)]
    assert known.contents(found) == [
        None if number == 2 else KnownContent(file_id, 20, digest)
        for number, file_id, digest in (
            (0, 0, None),  # of all zeros, as if there was none
            (1, 8, b"\x05" * 16),
            (2, 9, None),
            (3, 3, b"\x03" * 16),
            (4, 10, None),
        )
    ]
    assert known.nbytes == before + 16 * len(known)
    known.supersede([("r", "f1"), ("r", "new")])
    assert known.contents(found[:2]) == [KnownContent(0, 20, None), None]
    assert known.match([Found("r", "f1")]) == [False]
    assert known.contains("r", "f1")
    KnownFiles.current(Dataset.create(LocalStorage(dataset.storage.folder.with_name("empty")))).supersede(
        [("r", "f1")]
    )


def test_a_row_without_size_is_tried_again_by_ingest_but_not_by_resume(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(files=[row(1, "a", "skipped", size_bytes=None, mtime_ns=None)]))
    assert KnownFiles.current(dataset).match([Found("r", "a")]) == [False]
    assert KnownFiles.of_job(dataset, "job1").match([Found("r", "a")]) == [True]


def test_resume_knows_its_own_job_only(dataset: Dataset, new_job: Callable[..., Any]) -> None:
    one, two = new_job("job1"), new_job("job2")
    one.flush(one.write(files=[row(1, "a"), row(2, "b")]))
    two.flush(two.write(files=[row(3, "b", "failed"), row(4, "c")]))
    found = [Found("r", path) for path in "abc"]
    assert KnownFiles.of_job(dataset, "job2").match(found) == [False, True, True]
    assert KnownFiles.of_job(dataset, "job3").match(found) == [False] * 3


def test_what_is_gone_is_read_back(dataset: Dataset, job: Any) -> None:
    raw = {"path_bytes": b"\xff", "input_kind": "ast", "language": None}
    job.flush(job.write(files=[row(1, "kept"), row(2, "\\xff", "failed", **raw)]))
    job.flush(
        job.write(files=[row(3, "changed", input_kind="source", language="go"), row(4, "old", "deleted")])
    )
    job.flush(job.write(files=[row(5, "elsewhere", repo="s")]))
    known = KnownFiles.current(dataset, repos=["r"])
    known.match([Found("r", "kept", 99)])
    assert sorted(known.unseen(), key=lambda file: file.path) == [
        KnownFile("r", "\\xff", b"\xff", "ast", None),
        KnownFile("r", "changed", None, "source", "go"),
    ]


class WeaklyHashed(KnownFiles):
    """All paths share a hash."""

    _hash = staticmethod(lambda _: 7)


def test_paths_that_share_a_hash_are_read_again_and_never_called_gone(dataset: Dataset, job: Any) -> None:
    paths = [f"f{number}" for number in range(12)]
    job.flush(job.write(files=[row(number, path) for number, path in enumerate(paths)]))
    known = WeaklyHashed.current(dataset)
    assert not any(known.match([Found("r", path) for path in paths]))
    assert list(WeaklyHashed.current(dataset).unseen()) == []


def test_memory_a_file(dataset: Dataset, job: Any) -> None:
    job.flush(job.write(files=[row(number, f"some/long/path/{number}") for number in range(1000)]))
    known = KnownFiles.current(dataset)
    assert len(known) == 1000
    assert known.nbytes <= 60 * len(known)


PATHS = st.sampled_from(["a", "b", "c/d", "é", "a\0b", ""])
REPOS = st.sampled_from(["r", "s"])
FIGURES = st.integers(0, 2)
ROWS = st.tuples(REPOS, PATHS, FIGURES, FIGURES, st.sampled_from(STATUSES))
WALK = st.lists(st.tuples(REPOS, PATHS, FIGURES, FIGURES), unique_by=lambda item: item[:2])


@some_examples
@given(st.lists(st.lists(ROWS, max_size=8), max_size=3), WALK)
def test_it_behaves_like_a_dictionary(
    job_type: type, flushes: list[list[tuple[str, str, int, int, str]]], walk: list[tuple[str, str, int, int]]
) -> None:
    with TemporaryDirectory() as folder:
        dataset = Dataset.create(LocalStorage(Path(folder) / "d"))
        job = job_type(dataset)
        model: dict[tuple[str, str], tuple[int, int, str]] = {}
        file_id = 0
        for flush in flushes:
            rows = []
            for repo, path, size, mtime, status in flush:
                file_id += 1
                rows.append(row(file_id, path, status, repo=repo, size_bytes=size, mtime_ns=mtime))
                model[repo, path] = (size, mtime, status)
            job.flush(job.write(files=rows))
        model = {key: value for key, value in model.items() if value[2] != "deleted"}
        usable = {key: value[:2] for key, value in model.items() if value[2] in ("ok", "partial", "skipped")}

        known = KnownFiles.current(dataset)
        for repo, path, size, mtime in walk:
            (is_recognised,) = known.recognise(repo, [path], [size], [mtime])
            assert is_recognised == (usable.get((repo, path)) == (size, mtime))
        recognised = {item[:2] for item in walk if usable.get(item[:2]) == item[2:]}
        assert {(file.repo, file.path) for file in known.unseen()} == model.keys() - recognised

        matches = [m for item in walk for m in known.match([Found(*item)])]
        assert matches == [usable.get((repo, path)) == (size, mtime) for repo, path, size, mtime in walk]
        gone = [(file.repo, file.path) for file in known.unseen()]
        assert len(gone) == len(set(gone))
        assert set(gone) == model.keys() - {(repo, path) for repo, path, _, _ in walk}
