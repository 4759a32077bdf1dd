"""What differs between two states, on plain tables: case by case, and against a comparison in Python."""

from __future__ import annotations

from dataclasses import astuple
from hashlib import sha256
from itertools import chain
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snake_pipe.errors import UsageError
from snake_pipe.load.diff.comparison import Comparison
from testkit.plain_diff import IMPORT_COLUMNS, SYMBOL_COLUMNS, plain_diff
from testkit.samples import WITH_ALL

Row = dict[str, Any]


def symbol(name: str, line: int = 1, **columns: Any) -> Row:
    row = dict.fromkeys(SYMBOL_COLUMNS) | {"qualified_name": name, "kind": "function", "start_line": line}
    return row | {"end_line": line + 1, "modifiers": []} | columns


def imported(module: str, line: int = 1, **columns: Any) -> Row:
    row = dict.fromkeys(IMPORT_COLUMNS) | {"module": module, "start_line": line}
    return row | {"is_relative": False, "is_wildcard": False} | columns


def file(path: str, content: str = "", *, symbols: Any = (), imports: Any = (), **columns: Any) -> Row:
    """A file of its own content, unless that is said; its rows are in the order of their nodes."""
    content = content or path
    row = {
        "repo": "r",
        "path": path,
        "language": "python",
        "dialect": None,
        "status": "ok",
        "container": None,
    }
    row |= {"sha256": sha256(content.encode()).hexdigest(), "size_bytes": len(content)}
    row["symbols"] = [one | {"node_id": number} for number, one in enumerate(symbols)]
    row["imports"] = [one | {"node_id": number} for number, one in enumerate(imports)]
    return row | columns


def compared(before: list[Row], after: list[Row], *only: str) -> tuple[dict[str, dict[str, int]], list[Any]]:
    """By SQL; files that are equal in both have the same id in both, as in a dataset."""
    with duckdb.connect(config={"threads": 1}) as connection:
        ids: dict[str, int] = {}
        for state, files in (("before", before), ("after", after)):
            connection.execute(
                f"""
                CREATE SCHEMA {state};
                CREATE TABLE {state}.files (file_id BIGINT, container_id BIGINT, repo VARCHAR, path VARCHAR,
                    language VARCHAR, dialect VARCHAR, sha256 VARCHAR, size_bytes BIGINT, status VARCHAR);
                CREATE TABLE {state}.symbols (file_id BIGINT, node_id INTEGER, qualified_name VARCHAR,
                    kind VARCHAR, signature VARCHAR, visibility VARCHAR, exported BOOLEAN,
                    modifiers VARCHAR[], complexity INTEGER, doc VARCHAR, start_line INTEGER,
                    end_line INTEGER, name_line INTEGER);
                CREATE TABLE {state}.imports (file_id BIGINT, node_id INTEGER, module VARCHAR, name VARCHAR,
                    alias VARCHAR, is_relative BOOLEAN, is_wildcard BOOLEAN, start_line INTEGER);
                """
            )
            of_path = {(one["repo"], one["path"]): ids.setdefault(repr(one), len(ids)) for one in files}
            rows: dict[str, list[Row]] = {"files": [], "symbols": [], "imports": []}
            for one in files:
                file_id = of_path[one["repo"], one["path"]]
                outer = of_path.get((one["repo"], one["container"]))
                rows["files"].append(one | {"file_id": file_id, "container_id": outer})
                for table in ("symbols", "imports"):
                    rows[table] += [row | {"file_id": file_id} for row in one[table]]
            for table, found in rows.items():
                names = [column[0] for column in connection.execute(f"DESCRIBE {state}.{table}").fetchall()]
                values = [[row[name] for name in names] for row in found]
                if values:
                    marks = ", ".join(f"({', '.join('?' * len(names))})" for _ in values)
                    connection.execute(
                        f"INSERT INTO {state}.{table} VALUES {marks}", [*chain.from_iterable(values)]
                    )
        comparison = Comparison(connection, *([only] if only else []))
        return comparison.counts(), [astuple(row) for row in comparison.rows()]


def found(before: list[Row], after: list[Row], item: str = "symbol") -> list[tuple[Any, ...]]:
    """(change, name or path, path before, changes) of one sort."""
    _, rows = compared(before, after)
    assert sorted(rows, key=repr) == plain_diff(before, after)
    return [(row[2], row[4] or row[5] or row[7], row[7], row[9]) for row in rows if row[1] == item]


def test_files_that_come_and_go_and_move_and_change() -> None:
    before = [file("gone.py"), file("old.py", "same"), file("edited.py", "1"), file("kept.py")]
    after = [file("new.py"), file("sub/moved.py", "same"), file("edited.py", "22"), file("kept.py")]
    assert [(change, name, was) for change, name, was, _ in found(before, after, "file")] == [
        ("changed", "edited.py", "edited.py"),
        ("removed", "gone.py", "gone.py"),
        ("added", "new.py", None),
        ("moved", "sub/moved.py", "old.py"),
    ]


def test_empty_files_do_not_move() -> None:
    empty = {"size_bytes": 0, "sha256": "e3b0"}
    changes = [change for change, *_ in found([file("a.py", **empty)], [file("b.py", **empty)], "file")]
    assert changes == ["removed", "added"]


def test_of_equal_contents_those_of_one_name_belong_together() -> None:
    before = [file("a/x.py", "same"), file("a/y.py", "same")]
    after = [file("b/y.py", "same"), file("b/x.py", "same")]
    assert [(name, was) for _, name, was, _ in found(before, after, "file")] == [
        ("b/x.py", "a/x.py"),
        ("b/y.py", "a/y.py"),
    ]


def test_a_file_that_failed_and_now_does_not() -> None:
    before, after = [file("a.py", status="failed", sha256=None)], [file("a.py")]
    ((change, _, _, changes),) = found(before, after, "file")
    assert change == "changed"
    assert changes["status"] == ("failed", "ok")


def test_what_is_shifted_is_the_same() -> None:
    before = [file("a.py", "1", symbols=[symbol("f", 1), symbol("g", 5)], imports=[imported("os", 1)])]
    after = [file("a.py", "2", symbols=[symbol("f", 9), symbol("g", 50)], imports=[imported("os", 7)])]
    assert found(before, after) == []
    assert found(before, after, "import") == []


def test_a_symbol_that_changed_says_how() -> None:
    before = [file("a.py", "1", symbols=[symbol("f", signature="def f(a)", complexity=1)])]
    after = [file("a.py", "2", symbols=[symbol("f", signature="def f(a, b)", complexity=4, end_line=9)])]
    changes = {"signature": ("def f(a)", "def f(a, b)"), "complexity": ("1", "4"), "line_count": ("2", "9")}
    assert found(before, after) == [("changed", "f", "a.py", changes)]


def test_a_symbol_that_became_another_kind_is_the_same_one() -> None:
    before, after = symbol("C.size", kind="field"), symbol("C.size", kind="method", end_line=1)
    assert found([file("a.py", "1", symbols=[before])], [file("a.py", "2", symbols=[after])]) == [
        ("changed", "C.size", "a.py", {"kind": ("field", "method"), "line_count": (None, "1")})
    ]


def test_overloads_are_told_by_their_signatures() -> None:
    one, two, three = (symbol("f", signature=f"f({types})") for types in ("int", "str", "int, str"))
    assert found([file("a", "1", symbols=[one, two])], [file("a", "2", symbols=[three, two, one])]) == [
        ("added", "f", None, {})
    ]


def test_symbols_of_a_file_that_moved_have_moved_with_it() -> None:
    symbols, imports = [symbol("f"), symbol("g")], [imported("os")]
    before = [file("a.py", "same", symbols=symbols, imports=imports)]
    after = [file("b.py", "same", symbols=symbols, imports=imports)]
    assert found(before, after) == [("moved", "f", "a.py", {}), ("moved", "g", "a.py", {})]
    assert found(before, after, "import") == [("moved", "os", "a.py", {})]


def test_a_symbol_that_went_to_another_file_has_moved() -> None:
    before = [file("a.py", "1", symbols=[symbol("f", signature="def f(x)"), symbol("g")]), file("b.py", "1")]
    after = [
        file("a.py", "2", symbols=[symbol("g")]),
        file("b.py", "2", symbols=[symbol("f", signature="def f(x)")]),
    ]
    assert found(before, after) == [("moved", "f", "a.py", {})]
    other = [
        file("a.py", "2", symbols=[symbol("g")]),
        file("b.py", "2", symbols=[symbol("f", signature="def f()")]),
    ]
    assert [change for change, *_ in found(before, other)] == ["removed", "added"]


def test_a_namesake_in_another_language_has_not_moved() -> None:
    before = [file("a.py", "1", symbols=[symbol("main")]), file("b.go", "1", language="go")]
    after = [file("a.py", "2"), file("b.go", "2", language="go", symbols=[symbol("main")])]
    assert sorted(change for change, *_ in found(before, after)) == ["added", "removed"]


def test_imports_by_what_they_name() -> None:
    before = [file("a.py", "1", imports=[imported("os"), imported("numpy", alias="n"), imported("re")])]
    after = [file("a.py", "2", imports=[imported("re"), imported("numpy", alias="np"), imported("json")])]
    assert sorted(found(before, after, "import"), key=repr) == [
        ("added", "json", None, {}),
        ("changed", "numpy", "a.py", {"alias": ("n", "np")}),
        ("removed", "os", "a.py", {}),
    ]


def test_trees_move_with_the_file_that_holds_them() -> None:
    def holding(path: str) -> list[Row]:
        tree = file(f"{path}#t", symbols=[symbol("f")], container=path, sha256=None, size_bytes=None)
        return [file(path, "same", status="skipped"), tree]

    _, rows = compared(holding("a.json"), holding("b.json"))
    assert [(row[1], row[2], row[5], row[7]) for row in rows] == [
        ("file", "moved", "b.json", "a.json"),
        ("symbol", "moved", "b.json#t", "a.json#t"),
    ]
    assert sorted(rows, key=repr) == plain_diff(holding("a.json"), holding("b.json"))


def test_repositories_are_compared_each_by_itself() -> None:
    before, after = [file("a.py", "same", symbols=[symbol("f")])], [file("a.py", "same", repo="other")]
    assert [change for change, *_ in found(before, after, "file")] == ["added", "removed"]


def test_some_items_alone() -> None:
    before, after = [file("a.py", "1", symbols=[symbol("f")])], [file("a.py", "2", imports=[imported("os")])]
    counts, rows = compared(before, after, "symbols")
    assert counts == {"symbols": {"added": 0, "removed": 1, "moved": 0, "changed": 0}}
    assert [row[1] for row in rows] == ["symbol"]
    with pytest.raises(UsageError, match="nothing is called 'refs'"):
        compared(before, after, "refs")


NAMES = st.sampled_from(("f", "g", "C", "C.m"))
SYMBOLS = st.lists(
    st.builds(
        symbol,
        NAMES,
        st.integers(1, 5),
        kind=st.sampled_from(("function", "class")),
        signature=st.sampled_from((None, "s", "t")),
        complexity=st.sampled_from((None, 1, 2)),
        modifiers=st.sampled_from(([], ["async"])),
    ),
    max_size=4,
)
IMPORTS = st.lists(
    st.builds(
        imported,
        st.sampled_from(("os", "re", None)),
        name=st.sampled_from((None, "x")),
        alias=st.sampled_from((None, "y")),
    ),
    max_size=3,
)
CONTENTS = st.tuples(st.sampled_from(("1", "2", "33")), SYMBOLS, IMPORTS)
PLACES = st.tuples(st.sampled_from(("r", "s")), st.sampled_from(("a.py", "b.py", "d/a.py", "d/c.py")))


@st.composite
def states(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Two states in which equal contents have equal rows."""
    contents = draw(st.lists(CONTENTS, min_size=1, max_size=4, unique_by=lambda one: one[0]))
    both = []
    for _ in range(2):
        placed = draw(st.dictionaries(PLACES, st.sampled_from(contents), max_size=5))
        both.append(
            [
                file(path, content, symbols=symbols, imports=imports, repo=repo)
                for (repo, path), (content, symbols, imports) in placed.items()
            ]
        )
    return both[0], both[1]


@settings(max_examples=300 if WITH_ALL else 10)
@given(states())
def test_sql_and_plain_python_agree(both: tuple[list[Row], list[Row]]) -> None:
    before, after = both
    counts, rows = compared(before, after)
    assert sorted(rows, key=repr) == plain_diff(before, after)
    assert sum(sum(by_change.values()) for by_change in counts.values()) == len(rows)
