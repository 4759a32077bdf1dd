"""`drift`: real ingestions of repositories that hold dumps made from their sources."""

from __future__ import annotations

import json
import os
import shutil
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import snake_pipe
from snake_pipe.extract.feeds.repository_names import known_repositories
from snake_pipe.load.drift import Drift, find_drift
from snake_pipe.load.sql.views import connect
from snake_pipe.storage.local import LocalStorage
from testkit.places import AST_DUMPS
from testkit.python_trees import python_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from testkit.command import Cli

    Links = dict[str, tuple[str, str]]

_STDLIB = Path(sysconfig.get_paths()["stdlib"])

CODE = """\
import os


def area(shape):
    return shape.width() * shape.height()


class Shape:
    def width(self):
        return os.environ["WIDTH"]
"""


def tree(source: str) -> str:
    """The dump of a Python source, as the usual tools write it."""

    return json.dumps(python_tree(source))


def program(body: list[Any], end: int, source: str | None = None) -> str:
    """A small ESTree document; `source` is what its tool told of the file it read."""
    loc = {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": end}}
    if source is not None:
        loc["source"] = source  # type: ignore[assignment]
    return json.dumps(
        {"type": "Program", "start": 0, "end": end, "loc": loc, "body": body, "sourceType": "module"}
    )


def function(name: str, line: int = 1) -> dict[str, Any]:
    def at(type_: str, start: int, end: int, **rest: Any) -> dict[str, Any]:
        loc = {"start": {"line": line, "column": start}, "end": {"line": line, "column": end}}
        return {"type": type_, "start": start, "end": end, "loc": loc, **rest}

    end = 9 + len(name)
    return at(
        "FunctionDeclaration", 0, end + 5, id=at("Identifier", 9, end, name=name), params=[],
        body=at("BlockStatement", end + 3, end + 5, body=[]),
    )  # fmt: skip


def drift_of(root: Path, files: Mapping[str, str | bytes], *, times: bool = False) -> Drift:
    """What drifted after an ingestion of the files."""
    write(root, files)
    return ingest_again(root, times=times)


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def ingest_again(root: Path, *, times: bool = False) -> Drift:
    dataset = root.parent / f"{root.name}.tables"
    snake_pipe.ingest(root, dataset=dataset, executor="serial")
    return find_drift(LocalStorage(dataset), times=times)


def links(root: Path) -> Links:
    """Of each linked dump its source and the way it was found."""
    with connect(LocalStorage(root.parent / f"{root.name}.tables")) as connection:
        rows = connection.execute("SELECT dump, source, way FROM dump_sources").fetchall()
    return {dump: (source, way) for dump, source, way in rows}


def links_of_each(folder: Path, repositories: Sequence[Mapping[str, str]]) -> list[Links]:
    """Those of several repositories of one dataset; the folder of each is called `repo`, as dumps know it."""
    roots = [folder / str(number) / "repo" for number in range(len(repositories))]
    for root, files in zip(roots, repositories, strict=True):
        write(root, files)
    snake_pipe.ingest(*roots, dataset=folder / "tables", executor="serial")
    with connect(LocalStorage(folder / "tables")) as connection:
        rows = connection.execute("SELECT repo, dump, source, way FROM dump_sources").fetchall()
    names = {root: name for name, root in known_repositories(LocalStorage(folder / "tables")).items()}
    return [{dump: (src, way) for repo, dump, src, way in rows if repo == names[root]} for root in roots]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "repo"


def test_the_samples_fit_whatever_wrote_them(root: Path) -> None:
    shutil.copytree(AST_DUMPS, root)
    found = drift_of(root, {})
    assert (found.dumps, found.rows) == (8, [])
    assert links(root)["ring.syntax.json"] == ("sources/ring.c", "told")
    assert links(root)["shapes.meriyah.ast.json.gz"] == ("sources/shapes.js", "mirrored")


def test_no_fresh_dump_of_a_real_program_is_called_stale(root: Path) -> None:
    """The rule compares two extractors; where they disagree on a program, every dump would look stale."""
    files: dict[str, str | bytes] = {}
    for path in sorted(_STDLIB.glob("[a-e]*.py"))[:25]:
        files[path.name] = path.read_bytes()
        files[f"{path.name}.ast.json"] = tree(path.read_text("utf-8"))
    found = drift_of(root, files)
    assert (found.dumps, found.rows) == (25, [])


@pytest.mark.parametrize(
    ("edited", "detail"),
    [
        (CODE.replace("area", "surface"), "only the dump has definition area:4; only the source has defini"),
        ("\n" + CODE, "only the dump has definition area:4, call height:5, call width:5 and 2 more"),
        (CODE.replace("shape.height()", "2"), "only the dump has call height:5"),
        (CODE.replace("import os", "import sys"), "only the dump has import os; only the source has im"),
        (CODE + "\n\ndef new():\n    pass\n", "only the source has definition new:13"),
    ],
)  # fmt: skip
def test_content_that_no_longer_fits(root: Path, edited: str, detail: str) -> None:
    found = drift_of(root, {"shape.py": edited, "shape.py.ast.json": tree(CODE)})
    assert [row[1:5] for row in found.rows] == [("stale", "shape.py.ast.json", "shape.py", "content")]
    assert str(found.rows[0][5]).startswith(detail)


def test_a_dump_that_ends_beyond_its_source(root: Path) -> None:
    found = drift_of(root, {"shape.py": CODE[:9], "shape_ast.json": tree(CODE)})
    assert [row[1:] for row in found.rows] == [
        ("stale", "shape_ast.json", "shape.py", "beyond_end", "the dump ends on line 10, the source on 1")
    ]


def test_times_tell_what_content_does_not(root: Path) -> None:
    write(root, {"shape.py": CODE.replace("WIDTH", "BREADTH"), "shape.ast.json": tree(CODE)})
    os.utime(root / "shape.ast.json", (1_700_000_000, 1_700_000_000))
    os.utime(root / "shape.py", (1_700_000_090, 1_700_000_090))
    assert [row[1:] for row in ingest_again(root, times=True).rows] == [
        ("stale", "shape.ast.json", "shape.py", "newer_source", "changed 90.0 s after the dump")
    ]
    assert ingest_again(root, times=False).rows == []


def test_the_history_tells_it_without_times(root: Path) -> None:
    """A changed constant is in no table but the hash; the dataset has seen the source before."""
    assert drift_of(root, {"shape.py": CODE, "shape.ast.json": tree(CODE)}).rows == []
    (root / "shape.py").write_text(CODE.replace("WIDTH", "BREADTH"))
    os.utime(root / "shape.py", (1, 1))
    stale = [row[1:5] for row in ingest_again(root).rows]
    assert stale == [("stale", "shape.ast.json", "shape.py", "changed_since")]
    os.utime(root / "shape.py", (2, 2))  # read again, the same as before
    assert [row[1:5] for row in ingest_again(root).rows] == stale
    (root / "shape.ast.json").write_text(tree(CODE.replace("WIDTH", "BREADTH")))
    assert ingest_again(root).rows == []


def test_what_has_no_partner(root: Path) -> None:
    found = drift_of(
        root,
        {
            "a.py.ast.json": tree(CODE),
            "b.py": CODE,
            "c.js": "function f() {}\n",  # there are no dumps of JavaScript
            "d.ast.json": '{"type": "Program", "body": [',
        },
    )
    assert found.rows == [
        ("repo", "no_source", "a.py.ast.json", None, "not_found", None),
        ("repo", "no_dump", None, "b.py", "not_found", "python"),
    ]
    assert (found.dumps, found.count("no_dump")) == (2, 1)


def test_an_unreadable_dump_is_stale(root: Path) -> None:
    found = drift_of(root, {"a.py": CODE, "a.py.ast.json": tree(CODE)[:500]})
    assert [row[1:5] for row in found.rows] == [("stale", "a.py.ast.json", "a.py", "unreadable")]


BY_NAME = [
    ("src/a.js.ast.json", "src/a.js", "beside"),
    ("src/a.ast.json", "src/a.js", "beside"),
    ("src/a_ast.json", "src/a.js", "beside"),
    ("src/a.syntax.json", "src/a.js", "beside"),
    ("src/a.acorn.json", "src/a.js", "beside"),
    ("ast/src/lib/a.js.json", "src/lib/a.js", "mirrored"),
    ("build/ast/lib/a.json", "src/lib/a.js", "mirrored"),
    ("ast/a.json", "src/a.js", "mirrored"),
    ("ast/util/a.json", "src/lib/a.js", None),
    ("src/b.ast.json", "src/a.js", None),
]


def test_links_by_name(tmp_path: Path) -> None:
    found = links_of_each(
        tmp_path,
        [{dump: program([function("f")], 15), source: "function f() {}"} for dump, source, _ in BY_NAME],
    )
    assert found == [{dump: (source, way)} if way else {} for dump, source, way in BY_NAME]


AS_TOLD = [
    ("lib/a.js", "lib/a.js"),
    ("./lib/a.js", "lib/a.js"),
    ("../lib/a.js", "lib/a.js"),
    ("/home/someone/repo/lib/a.js", "lib/a.js"),
    ("C:\\work\\repo\\lib\\a.js", "lib/a.js"),
    ("other/a.js", None),
    ("b.js", None),
]


def test_links_as_told(tmp_path: Path) -> None:
    """What a dump tells is never overruled by a file that only has the same name elsewhere."""
    sources = {"lib/a.js": "function f() {}", "src/a.js": "function f() {}"}
    found = links_of_each(
        tmp_path, [{"out/x.ast.json": program([function("f")], 15, told), **sources} for told, _ in AS_TOLD]
    )
    assert found == [{"out/x.ast.json": (linked, "told")} if linked else {} for _, linked in AS_TOLD]


def test_a_tree_in_a_document_tells_no_source_by_its_place(root: Path) -> None:
    """`L1` was taken for the name of a source: such trees could not be linked by their file's place."""
    dumps = f"{program([function('f')], 15)}\n{program([function('f')], 15)}\n"
    files = {
        "ast/a.jsonl": dumps,
        "src/a.js": "",
        "x.json#/y.ast.json": dumps,
        "x/y.js": "",
        "z.jsonl": dumps,
    }
    drift = drift_of(root, files)
    assert links(root) == {
        **{f"ast/a.jsonl#L{line}": ("src/a.js", "mirrored") for line in (1, 2)},
        **{f"x.json#/y.ast.json#L{line}": ("x/y.js", "mirrored") for line in (1, 2)},
    }
    assert [row[2:] for row in drift.rows if row[1] == "no_source"] == [
        (f"z.jsonl#L{line}", None, "not_found", None) for line in (1, 2)
    ]


def test_the_right_one_of_several(root: Path) -> None:
    code = "function f() {}"
    drift_of(
        root,
        {
            "a.js": code, "a.py": CODE, "a.ast.json": program([function("f")], 15),
            "two/b.js": code, "two/b.mjs": code, "two/b.ast.json": program([function("f")], 15),
            "two/b.mjs.ast.json": program([function("f")], 15),
        },
    )  # fmt: skip
    assert links(root) == {"a.ast.json": ("a.js", "beside"), "two/b.mjs.ast.json": ("two/b.mjs", "beside")}


def test_the_command(root: Path, cli: Cli) -> None:
    hostile = "\x1b]0;x\x07.py"
    write(root, {"a.py": CODE, "a.ast.json": tree(CODE), hostile: CODE})
    assert cli.run("ingest", root, "--no-progress").returncode == 0
    done = cli.run("drift", "-d", root, "--no-times", "--format", "json")
    assert (done.returncode, done.stderr) == (
        0,
        "1 dumps: 0 stale, 0 without a source; 1 sources without a dump\n",
    )
    assert json.loads(done.stdout) == {
        "repo": "repo", "drift": "no_dump", "dump": None, "source": hostile,
        "reason": "not_found", "detail": "python",
    }  # fmt: skip
    failed = cli.run("drift", "-d", root, "--no-times", "--fail")
    assert failed.returncode == 3
    assert "\x1b" not in failed.stdout
    (root / hostile).unlink()
    cli.run("ingest", root, "--no-progress")
    assert cli.run("drift", "-d", root, "--no-times", "--fail").returncode == 0
    assert cli.run("drift", "-d", root, "--format", "xml").returncode == 2
    assert cli.run("drift", "-d", root.parent / "nowhere").returncode == 2


def test_a_link_follows_what_comes_and_goes_without_the_dump_being_read_again(root: Path, cli: Cli) -> None:
    """Links are asked for, not stored: a source may come after its dump, and go before it."""
    drift_of(root, {"ast/a.py.json": tree(CODE)})
    assert links(root) == {}
    drift_of(root, {"src/a.py": CODE})
    assert links(root) == {"ast/a.py.json": ("src/a.py", "mirrored")}
    jobs = "SELECT count(DISTINCT job_id) FROM files_history WHERE path = 'ast/a.py.json'"
    with connect(LocalStorage(root.parent / "repo.tables")) as connection:
        assert connection.execute(jobs).fetchall() == [(1,)]
        (ids,) = connection.execute("SELECT dump_file_id, source_file_id FROM dump_sources").fetchall()
        paths = "SELECT path FROM files WHERE file_id IN (?, ?) ORDER BY path"
        assert connection.execute(paths, ids).fetchall() == [("ast/a.py.json",), ("src/a.py",)]
    question = ("--format", "csv", "SELECT dump, way FROM dump_sources")
    answer = cli.run("query", "-d", root.parent / "repo.tables", *question)
    assert answer.stdout == "dump,way\nast/a.py.json,mirrored\n"
    (root / "src" / "a.py").unlink()
    ingest_again(root)
    assert links(root) == {}
