"""Files that no worker survives: too slow, too large for the memory there is."""

from __future__ import annotations

from testkit.tables import rows, value


def check(dataset, path, reason):
    assert rows(dataset, "SELECT path, status, reason FROM files WHERE status <> 'ok'") == [
        (path, "quarantined", reason)
    ]
    assert rows(dataset, "SELECT path, phase, code, retriable FROM errors") == [
        (path, "worker", reason, True)
    ]
    assert rows(dataset, "SELECT count(*) FROM symbols WHERE kind = 'function'") == [(40,)]


def test_a_slow_parse_is_ended(cli, repository, tmp_path):
    # tree-sitter takes quadratic time over this, and holds the interpreter's lock all the while.
    (repository / "slow.rs").write_text('"a" ' * 80_000)
    dataset = tmp_path / "ds"
    done = cli.run_alone("ingest", repository, "-d", dataset, "--file-timeout", "1", "--workers", "2")
    assert done.returncode == 3, done.stderr
    assert "not done after 1 s" in done.stderr
    check(dataset, "slow.rs", "timeout")


def test_a_source_beyond_the_memory_limit_is_given_up(cli, repository, tmp_path):
    """Sources are parsed whole, and a parser's tree takes many times the text."""
    (repository / "huge.py").write_text("x = [1, 2, 3, 4]\n" * 1_500_000)
    dataset = tmp_path / "ds"
    done = cli.run_alone("ingest", repository, "-d", dataset, "--memory-limit", "300", "--workers", "1")
    assert done.returncode == 3, done.stderr
    assert "needs more than 300 MiB allow" in done.stderr
    check(dataset, "huge.py", "out_of_memory")


def test_a_tree_beyond_the_memory_limit_is_read_in_pieces(cli, repository, tmp_path):
    node = (
        '{"type":"BinaryExpression","start":1,"end":2,"left":{"type":"Literal","start":1,"end":2,"value":1}}'
    )
    with (repository / "huge.ast.json").open("w") as file:
        file.write('{"type":"Program","start":0,"end":1,"body":[')
        file.write(",".join([node] * 500_000))
        file.write("]}")
    dataset = tmp_path / "ds"
    done = cli.run_alone("ingest", repository, "-d", dataset, "--memory-limit", "300", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert value(dataset, "SELECT node_count FROM files WHERE path = 'huge.ast.json'") == 1_000_001


def test_too_little_memory_for_anything_is_refused(cli, repository, tmp_path):
    refused = cli.run("ingest", repository, "-d", tmp_path / "ds", "--memory-limit", "100")
    assert refused.returncode == 2
    assert "too little for one worker" in refused.stderr
    assert not (tmp_path / "ds").exists()
