"""Documents that hold several trees, with the real command: a row a tree, and one for the document."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from snake_pipe.load.sql.views import connect
from snake_pipe.storage.local import LocalStorage
from testkit.large_trees import LEAST_MEMORY, program
from testkit.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from testkit.command import Cli


def tree(name: str, *calls: str) -> dict[str, Any]:
    """A program of one function on one line, which calls others."""

    def node(type_: str, **rest: Any) -> dict[str, Any]:
        loc = {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 9}}
        return {"type": type_, "start": 0, "end": 9, "loc": loc, **rest}

    def call(word: str) -> dict[str, Any]:
        callee = node("Identifier", name=word)
        return node("ExpressionStatement", expression=node("CallExpression", callee=callee, arguments=[]))

    body = node("BlockStatement", body=[call(word) for word in calls])
    function = node("FunctionDeclaration", id=node("Identifier", name=name), params=[], body=body)
    return node("Program", sourceType="module", body=[function])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "list.json").write_text(json.dumps([tree("a"), tree("b", "a")]))
    lines = [json.dumps(tree("c")), '{"type": "Program", "body": [{"type": "Expr', json.dumps(tree("d", "c"))]
    (root / "lines.jsonl").write_text("\n".join(lines) + "\n")
    (root / "packed.ndjson.gz").write_bytes(gzip.compress(f"{json.dumps(tree('e'))}\n{lines[2]}".encode()))
    (root / "map.json").write_text(json.dumps({"src/f.js": tree("f"), "src/g.js": tree("g", "f")}))
    (root / "only.json").write_text(json.dumps([tree("h")]))
    (root / "log.jsonl").write_text('{"level": "info"}\n{"level": "warning"}\n')
    return root


def ingest(cli: Cli, root: Path, *arguments: object) -> str:
    run = cli.run_alone if "--memory-limit" in arguments else cli.run  # which is for the whole process
    done = run("ingest", root, "--no-progress", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def ask(root: Path, sql: str) -> list[tuple[Any, ...]]:
    with connect(LocalStorage(root / ".snake-pipe")) as connection:
        return connection.execute(sql).fetchall()


def test_a_row_for_each_tree_and_one_for_the_document(cli: Cli, repository: Path) -> None:
    told = ingest(cli, repository)
    assert "files    4 ok, 1 partial, 1 skipped" in told
    assert "trees    9 in 4 documents that hold several" in told
    assert ask(
        repository, "SELECT path, status, reason, source_path, symbol_count FROM files ORDER BY path"
    ) == [
        ("lines.jsonl", "partial", "holds_trees", None, 0),
        ("lines.jsonl#L1", "ok", None, None, 1),
        ("lines.jsonl#L2", "failed", "invalid_json", None, 0),
        ("lines.jsonl#L3", "ok", None, None, 1),
        ("list.json", "ok", "holds_trees", None, 0),
        ("list.json#/0", "ok", None, None, 1),
        ("list.json#/1", "ok", None, None, 1),
        ("log.jsonl", "skipped", "not_an_ast", None, 0),
        ("map.json", "ok", "holds_trees", None, 0),
        ("map.json#/src~1f.js", "ok", None, "src/f.js", 1),
        ("map.json#/src~1g.js", "ok", None, "src/g.js", 1),
        ("only.json", "ok", None, None, 1),
        ("packed.ndjson.gz", "ok", "holds_trees", None, 0),
        ("packed.ndjson.gz#L1", "ok", None, None, 1),
        ("packed.ndjson.gz#L2", "ok", None, None, 1),
    ]
    assert ask(repository, "SELECT path, code, start_line FROM errors") == [
        ("lines.jsonl#L2", "invalid_json", 2)
    ]
    assert ask(
        repository,
        "SELECT f.path, s.name, r.name FROM refs r JOIN files f USING (file_id) "
        "JOIN symbols s ON s.file_id = r.file_id AND s.node_id = r.enclosing_node_id ORDER BY f.path",
    ) == [
        ("lines.jsonl#L3", "d", "c"),
        ("list.json#/1", "b", "a"),
        ("map.json#/src~1g.js", "g", "f"),
        ("packed.ndjson.gz#L2", "d", "c"),
    ]
    # one row a file that was found, whatever is in it; and trees belong to it
    assert ask(repository, "SELECT count(*), sum(size_bytes) FROM files WHERE container_id IS NULL") == [
        (6, sum(path.stat().st_size for path in repository.iterdir() if path.is_file()))
    ]
    assert ask(
        repository,
        "SELECT bool_and(starts_with(t.path, f.path || '#') AND t.sha256 = f.sha256 "
        "AND t.file_id > f.file_id AND t.size_bytes IS NULL) "
        "FROM files t JOIN files f ON t.container_id = f.file_id",
    ) == [(True,)]
    assert "6 unchanged" in ingest(cli, repository)


def test_trees_go_with_their_document(cli: Cli, repository: Path) -> None:
    """It changes, becomes a single tree, is removed: what it held before is seen in the history alone."""
    ingest(cli, repository)
    (repository / "list.json").write_text(json.dumps([tree("x"), tree("y"), tree("z")]))
    (repository / "map.json").write_text(json.dumps(tree("alone")))
    (repository / "packed.ndjson.gz").unlink()
    (repository / "only.json").write_text(json.dumps([tree("h"), tree("i")]))
    assert "files    3 ok, 2 unchanged, 1 deleted" in ingest(cli, repository)
    names = (
        "SELECT f.path, name FROM symbols JOIN files f USING (file_id) "
        "WHERE path NOT LIKE 'lines%' ORDER BY ALL"
    )
    assert ask(repository, names) == [
        ("list.json#/0", "x"), ("list.json#/1", "y"), ("list.json#/2", "z"), ("map.json", "alone"),
        ("only.json#/0", "h"), ("only.json#/1", "i"),
    ]  # fmt: skip
    assert ask(repository, "SELECT path, status FROM files_history WHERE status = 'deleted'") == [
        ("packed.ndjson.gz", "deleted")
    ]
    assert ask(repository, "SELECT count(*) FROM files_history WHERE path = 'list.json#/0'") == [(2,)]
    assert ask(repository, "SELECT count(DISTINCT file_id) = count(*) FROM files_history") == [(True,)]


def test_a_document_too_large_to_be_held(cli: Cli, tmp_path: Path) -> None:
    """Its trees are read in pieces, or decoded one by one; each as in a file of its own."""
    large, small = program(2_600), json.dumps(tree("a", "b"))
    forms = {
        "list.json": f"[{large},{small},{large}]",
        "map.json": f'{{"x/a.js":{large},"x/b.js":{small},"x/c.js":{large}}}',
        "lines.jsonl": f"{large}\n{small}\n{large}\n",
    }
    alone = tmp_path / "alone"
    alone.mkdir()
    for name, text in (("a", large), ("b", small), ("c", large)):
        (alone / f"{name}.ast.json").write_text(text)
    ingest(cli, alone)
    figures = "node_count, symbol_count, ref_count, max_depth"
    columns = "node_id, parent_id, field, child_index, depth, descendant_count, type, kind, name, start_line"
    rows = f"(SELECT sum(hash({columns})) FROM nodes n WHERE n.file_id = f.file_id)"
    wanted = ask(alone, f"SELECT {figures}, {rows} FROM files f ORDER BY path")
    for name, text in forms.items():
        root = tmp_path / name.replace(".", "_")
        root.mkdir()
        (root / name).write_text(text)
        told = ingest(cli, root, "--memory-limit", LEAST_MEMORY, "--workers", 1)
        assert "trees    3 in 1 documents that hold several" in told
        found = ask(
            root, f"SELECT {figures}, {rows} FROM files f WHERE container_id IS NOT NULL ORDER BY file_id"
        )
        assert found == wanted, name


def test_a_large_document_that_is_bad_at_its_end_leaves_no_rows(cli: Cli, tmp_path: Path) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "list.ast.json").write_text(f"[{program(1_500)},{program(1_500)},")
    done = cli.run_alone("ingest", root, "--memory-limit", LEAST_MEMORY, "--workers", 1, "--no-progress")
    assert done.returncode == 3, done.stderr
    assert ask(root, "SELECT path, status, reason FROM files") == [
        ("list.ast.json", "failed", "invalid_json")
    ]
    assert ask(root, "SELECT count(*) FROM nodes") == [(0,)]


def test_a_check_shows_all_trees_together(cli: Cli, repository: Path) -> None:
    done = cli.run("dialects", "check", repository / "lines.jsonl", repository / "list.json")
    assert done.returncode == 0, done.stderr
    assert "lines.jsonl: estree; 2 trees, the first by a root: type is 'Program'" in done.stdout
    assert "11 nodes" in done.stdout


def test_each_tree_has_its_own_source(cli: Cli, tmp_path: Path) -> None:
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (root / "src" / "f.js").write_text("function f() {}\n")
    (root / "src" / "g.js").write_text("function other() {}\n")
    (root / "asts.json").write_text(json.dumps({"src/f.js": tree("f"), "src/g.js": tree("g")}))
    os.utime(root / "asts.json", ns=(2**61, 2**61))
    ingest(cli, root)
    done = cli.run("drift", "-d", root / ".snake-pipe", "--format", "json")
    found = [
        (row["drift"], row["dump"], row["source"], row["reason"])
        for row in map(json.loads, done.stdout.splitlines())
    ]
    assert found == [("stale", "asts.json#/src~1g.js", "src/g.js", "content")]


def test_a_resume_reads_documents_once(
    cli: Cli, tmp_path: Path, differences: Callable[[Path, Path], dict[str, int]]
) -> None:
    """Killed after its first commit: what is committed counts by document, and ids are never given twice."""
    root = tmp_path / "repo"
    root.mkdir()
    for number in range(60):
        trees = [tree(f"f{number}_{n}", *["g"] * 30) for n in range(30)]
        (root / f"{number}.jsonl").write_text("\n".join(map(json.dumps, trees)))
    small_steps = ("--set", "batch_size=2", "--flush-interval", "0.1", "--workers", 1, "--no-progress")
    process = cli.start("ingest", root, "-d", tmp_path / "killed", *small_steps)
    job = process.stderr.readline().split()[1]
    log = tmp_path / "killed" / "files" / "_delta_log"
    wait_for(lambda: list(log.glob("*1.json")))
    process.kill()
    process.wait()
    with connect(LocalStorage(tmp_path / "killed")) as connection:
        before = connection.execute("SELECT file_id FROM files").fetchall()
    assert 0 < len(before) < 60 * 31
    resumed = cli.run("resume", job, "-d", tmp_path / "killed", "--no-progress")
    assert resumed.returncode == 0, resumed.stderr
    ingest(cli, root, "-d", tmp_path / "whole")
    assert differences(tmp_path / "killed", tmp_path / "whole") == {}
    with connect(LocalStorage(tmp_path / "killed")) as connection:
        ids = connection.execute("SELECT file_id FROM files_history").fetchall()
    assert len(set(ids)) == len(ids) == 60 * 31
    assert set(before) <= set(ids)
