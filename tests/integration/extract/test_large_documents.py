"""AST files that are larger than a worker may hold: read in pieces, within the limit, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from snake_pipe.extract.disk.reader import open_file
from snake_pipe.extract.worker import pieces
from snake_pipe.load.sql.views import connect
from snake_pipe.storage.local import LocalStorage
from testkit.large_trees import LEAST_MEMORY, program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from testkit.command import Cli

SMALL = '{"type":"Program","start":0,"end":1,"body":[{"type":"Identifier","start":0,"end":1,"name":"a"}]}'


def test_the_same_rows_with_little_memory(
    tmp_path: Path, cli: Cli, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "large.ast.json").write_text(program(3_000))
    (root / "small.ast.json").write_text(SMALL)
    for name, memory in (("little", LEAST_MEMORY), ("much", 4_000)):
        done = cli.run_alone(
            "ingest", root, "-d", tmp_path / name, "--memory-limit", memory, "--workers", 1, "--no-progress"
        )
        assert done.returncode == 0, done.stderr
    assert differences(tmp_path / "little", tmp_path / "much") == {}
    with connect(LocalStorage(tmp_path / "little")) as connection:
        assert connection.execute(
            "SELECT node_count, symbol_count, ref_count, line_count FROM files WHERE path = 'large.ast.json'"
        ).fetchall() == [(18_001, 3_000, 3_000, 3_000)]


@pytest.mark.parametrize("end", ["", "]", "]} x", ',{"type":}]}'])
def test_a_document_that_is_bad_at_its_end_leaves_no_rows(tmp_path: Path, cli: Cli, end: str) -> None:
    """Its first pieces were written already; what other files of the batch gave has to stay."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "a.ast.json").write_text(SMALL)
    (root / "large.ast.json").write_text(program(2_600, end))
    (root / "z.ast.json").write_text(SMALL)
    done = cli.run_alone("ingest", root, "--memory-limit", LEAST_MEMORY, "--workers", 1, "--no-progress")
    assert done.returncode == 3, done.stderr
    with connect(LocalStorage(root / ".snake-pipe")) as connection:
        assert connection.execute(
            "SELECT path, status, reason, (SELECT count(*) FROM nodes n WHERE n.file_id = f.file_id) "
            "FROM files f ORDER BY path"
        ).fetchall() == [
            ("a.ast.json", "ok", None, 2),
            ("large.ast.json", "failed", "invalid_json", 0),
            ("z.ast.json", "ok", None, 2),
        ]


def test_deep_nesting_is_refused_by_a_limit_of_our_own(tmp_path: Path, cli: Cli) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    levels = 400_000
    around = '{"type":"UnaryExpression","argument":'
    (root / "deep.ast.json").write_text(
        '{"type":"Program","start":0,"end":1,"body":['
        + around * levels
        + '{"type":"Super"}'
        + "}" * levels
        + "]}"
    )
    done = cli.run_alone("ingest", root, "--memory-limit", LEAST_MEMORY, "--workers", 1, "--no-progress")
    assert done.returncode == 3, done.stderr
    with connect(LocalStorage(root / ".snake-pipe")) as connection:
        assert connection.execute("SELECT status, reason FROM files").fetchall() == [("failed", "too_deep")]
        assert connection.execute("SELECT count(*) FROM nodes").fetchall() == [(0,)]


def test_a_file_that_changes_while_it_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of three readings finds it changed: no rows, and another run may read it."""
    import snake_pipe

    root = tmp_path / "repo"
    root.mkdir()
    target = root / "large.ast.json"
    target.write_text(program(2_600))
    reads = 0

    def opening(*given: Any) -> Any:
        nonlocal reads
        reads += 1
        opened = open_file(*given)

        class Changing:
            def __enter__(self) -> Any:
                file = opened.__enter__()
                with target.open("a") as writer:
                    writer.write(" ")
                return file

            def __exit__(self, *error: object) -> None:
                opened.__exit__(None, None, None)

        return Changing()

    monkeypatch.setattr(pieces, "open_file", opening)
    snake_pipe.ingest(root, memory_limit_mb=LEAST_MEMORY, executor="serial", max_failures=1)
    assert reads == 3
    with connect(LocalStorage(root / ".snake-pipe")) as connection:
        assert connection.execute("SELECT status, reason FROM files").fetchall() == [
            ("failed", "changed_while_reading")
        ]
        assert connection.execute("SELECT count(*) FROM nodes").fetchall() == [(0,)]
