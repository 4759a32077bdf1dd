"""`import_targets`: small repositories of each language, with the files that their imports mean."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

import snake_pipe
from snake_pipe.transform.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    AllTargets = dict[tuple[str, str], dict[str, tuple[str | None, str]]]
    Targets = Callable[..., dict[str, tuple[str | None, str]]]

RUST = {
    "a/Cargo.toml": "",
    "a/src/lib.rs": "mod b;\nmod c { pub mod d; mod t { use super::d::X; use super::super::Top; } }\n"
    '#[path = "o.rs"]\nmod n;\n'
    "use crate::b::deep::Item;\nuse b::Other;\nuse std::io;\n",
    "a/src/b.rs": "pub mod deep;\npub mod gone;\nuse super::c::d::X;\n"
    "#[cfg(test)]\nmod tests {\n    use super::*;\n}\n",
    "a/src/b/deep.rs": "use super::super::Top;\nuse self::Kind::*;\nuse crate::missing_item;\n"
    "use crate::n::Y;\nuse crate::n::beside::Z;\n",
    "a/src/c/d.rs": "",
    "a/src/o.rs": "pub mod beside;\n",
    "a/src/beside.rs": "",
    "a/tests/it.rs": "mod common;\nuse a::b::Item;\nuse crate::common::help;\nuse crate::LOCAL;\n",
    "a/tests/common/mod.rs": "",
}


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def all_targets(dataset: Path) -> AllTargets:
    """The target and the way of each import, by repository, path, and what it imports."""
    found: AllTargets = defaultdict(dict)
    with snake_pipe.connect(dataset) as connection:
        rows = connection.execute(
            "SELECT repo, path, concat_ws(' ', module, name), coalesce(target_path, target_folder), way "
            "FROM import_targets ORDER BY node_id"
        ).fetchall()
        assert connection.execute("SELECT count(*) FROM imports").fetchall() == [(len(rows),)]  # one row each
    for repo, path, imported, target, way in rows:
        found[repo, path][imported] = (target, way)
    return found


@pytest.fixture
def targets(tmp_path: Path) -> Targets:
    """Ingests files, and gives the target and the way of each import in one of them, by what it imports."""

    def ingest(files: Mapping[str, str], path: str, **settings: object) -> dict[str, tuple[str | None, str]]:
        write(tmp_path / "repo", files)
        snake_pipe.ingest(tmp_path / "repo", dataset=tmp_path / "data", executor="serial", **settings)
        return all_targets(tmp_path / "data")["repo", path]

    return ingest


CASES: dict[str, tuple[dict[str, str], str, dict[str, tuple[str | None, str]]]] = {
    "python": (
        {
            "src/p/__init__.py": "",
            "src/p/a.py": "from . import b\nfrom .b import f\nfrom .. import x\n"
            "import p.b\nfrom p import b as c\nimport os, json\n",
            "src/p/b.py": "",
            "src/json.py": "",
            "src/p/json.py": "",
            "other/q/__init__.py": "",
            "other2/q/__init__.py": "",
        },
        "src/p/a.py",
        {
            ". b": ("src/p/b.py", "relative"),
            ".b f": ("src/p/b.py", "relative"),
            ".. x": (None, "missing"),
            "p.b": ("src/p/b.py", "root"),
            "p b": ("src/p/b.py", "root"),
            "os": (None, "outside"),
            "json": ("src/json.py", "root"),  # beside the package: it hides the standard one
        },
    ),
    "python tests": (
        {
            "lib/p/__init__.py": "",
            "tests/test_a.py": "import p\nfrom p.gone import x\nimport helper\nimport q\nimport json\n",
            "tests/helper.py": "",
            "one/q.py": "",
            "two/q.py": "",
            "one/json.py": "",
        },
        "tests/test_a.py",
        {
            "p": ("lib/p/__init__.py", "ending"),
            "p.gone x": (None, "outside"),
            "helper": ("tests/helper.py", "root"),
            "q": (None, "ambiguous"),
            "json": (None, "outside"),
        },
    ),
    "typescript": (
        {
            "src/a.ts": 'import "./b";\nimport "./c.js";\nimport "./d";\nimport "../gone";\nimport "react";\n'
            'import "./e.js";\nimport raw from "./b.ts?raw";\nimport data from "./f.json";\n',
            "src/b.ts": "",
            "src/b.js": "",
            "src/c.ts": "",
            "src/d/index.tsx": "",
            "src/e.d.ts": "",
            "src/f.json": "{}",
        },
        "src/a.ts",
        {
            "./b": ("src/b.ts", "relative"),
            "./c.js": ("src/c.ts", "relative"),
            "./d": ("src/d/index.tsx", "relative"),
            "../gone": (None, "missing"),
            "react": (None, "outside"),
            "./e.js": ("src/e.d.ts", "relative"),
            "./b.ts?raw default": ("src/b.ts", "relative"),
            "./f.json default": ("src/f.json", "relative"),
        },
    ),
    "javascript": (
        {"a/b.js": 'import "./c";\nrequire("..");\n', "a/c.js": "", "a/c.ts": "", "index.js": ""},
        "a/b.js",
        {"./c": ("a/c.js", "relative"), "..": ("index.js", "relative")},
    ),
    "c": (
        {
            "src/a.c": '#include "b.h"\n#include <lib/c.h>\n#include "../d.h"\n#include <string.h>\n'
            '#include "twice.h"\n#include CONFIG\n#include "gone.h"\n',
            "src/b.h": "",
            "other/b.h": "",
            "deps/include/lib/c.h": "",
            "d.h": "",
            "compat/string.h": "",
            "x/twice.h": "",
            "y/twice.h": "",
        },
        "src/a.c",
        {
            "b.h": ("src/b.h", "relative"),
            "lib/c.h": ("deps/include/lib/c.h", "ending"),
            "../d.h": ("d.h", "relative"),
            "string.h": (None, "outside"),
            "twice.h": (None, "ambiguous"),
            "CONFIG": (None, "computed"),
            "gone.h": (None, "missing"),
        },
    ),
    "go": (
        {
            "main.go": 'package main\nimport (\n "encoding/json"\n "example.com/me/repo/v2/json"\n'
            ' "example.com/me/repo/v2/x/y"\n "example.com/other/json"\n "golang.org/x/text"\n'
            ' "example.com/me/repo/v2/gone"\n)\n',
            "json/json.go": "package json\n",
            "x/y/y.go": 'package y\nimport "example.com/me/repo/v2"\n',
            "x/y/z.go": "package y\n",
            "vendor/golang.org/x/text/t.go": "package text\n",
        },
        "main.go",
        {
            "encoding/json": (None, "outside"),
            "example.com/me/repo/v2/json": ("json", "module"),
            "example.com/me/repo/v2/x/y": ("x/y", "module"),
            "example.com/other/json": (None, "outside"),  # a namesake of a folder
            "golang.org/x/text": ("vendor/golang.org/x/text", "ending"),
            "example.com/me/repo/v2/gone": (None, "outside"),
        },
    ),
    "rust root": (
        RUST,
        "a/src/lib.rs",
        {
            "b": ("a/src/b.rs", "relative"),
            "d": ("a/src/c/d.rs", "relative"),
            "super::d X": ("a/src/c/d.rs", "relative"),
            "super::super Top": ("a/src/lib.rs", "relative"),
            "o.rs": ("a/src/o.rs", "relative"),
            "crate::b::deep Item": ("a/src/b/deep.rs", "relative"),
            "b Other": ("a/src/b.rs", "relative"),
            "std io": (None, "outside"),
        },
    ),
    "rust module": (
        RUST,
        "a/src/b.rs",
        {
            "deep": ("a/src/b/deep.rs", "relative"),
            "gone": (None, "missing"),
            "super::c::d X": ("a/src/c/d.rs", "relative"),
            "super": ("a/src/b.rs", "relative"),  # in `mod tests`: the file itself
        },
    ),
    "rust below": (
        RUST,
        "a/src/b/deep.rs",
        {
            "super::super Top": ("a/src/lib.rs", "relative"),
            "self::Kind": ("a/src/b/deep.rs", "relative"),
            "crate::n Y": ("a/src/o.rs", "relative"),
            "crate::n::beside Z": ("a/src/beside.rs", "relative"),
            "crate missing_item": ("a/src/lib.rs", "relative"),
        },
    ),
    "rust tests": (
        RUST,
        "a/tests/it.rs",
        {
            "common": ("a/tests/common/mod.rs", "relative"),
            "a::b Item": ("a/src/b.rs", "name"),
            "crate::common help": ("a/tests/common/mod.rs", "relative"),
            "crate LOCAL": ("a/tests/it.rs", "relative"),
        },
    ),
    "java": (
        {
            "src/main/p/A.java": "package p;\nimport p.q.B;\nimport p.q.B.Inner;\n"
            "import static p.q.B.make;\nimport p.q.*;\nimport java.util.List;\n",
            "src/main/p/q/B.java": "package p.q;\nclass B { class Inner {} static void make() {} }\n",
        },
        "src/main/p/A.java",
        {
            "p.q B": ("src/main/p/q/B.java", "name"),
            "p.q.B Inner": ("src/main/p/q/B.java", "name"),
            "p.q.B make": ("src/main/p/q/B.java", "name"),
            "p.q": ("src/main/p/q", "package"),
            "java.util List": (None, "outside"),
        },
    ),
    "c-sharp": (
        {
            "a/A.cs": "using N.B;\nusing System;\nusing X = N.B.C;\nusing Two;\n",
            "b/C.cs": "namespace N.B;\nclass C { }\n",
            "b/D.cs": "namespace N.B { class D { } }\n",
            "c/E.cs": "namespace Two { }\n",
            "d/F.cs": "namespace Two { }\n",
        },
        "a/A.cs",
        {
            "N.B": ("b", "package"),
            "System": (None, "outside"),
            "N.B.C": ("b/C.cs", "name"),
            "Two": (None, "ambiguous"),
        },
    ),
    "php": (
        {
            "a.php": "<?php\nuse N\\B;\nuse function N\\f;\nuse Other\\C;\n"
            'require __DIR__ . "/lib/b.php";\nrequire "lib/b.php";\n',
            "lib/b.php": "<?php\nnamespace N;\nclass B {}\nfunction f() {}\n",
        },
        "a.php",
        {
            "N B": ("lib/b.php", "name"),
            "N f": ("lib/b.php", "name"),
            "Other C": (None, "outside"),
            '__DIR__ . "/lib/b.php"': ("lib/b.php", "relative"),
            "lib/b.php": ("lib/b.php", "relative"),
        },
    ),
    "ruby": (
        {
            "lib/a.rb": 'require_relative "b/c"\nrequire "b/c"\nrequire "json"\n',
            "lib/b/c.rb": "",
        },
        "lib/a.rb",
        {"b/c": ("lib/b/c.rb", "ending"), "json": (None, "outside")},
    ),
    "bash": (
        {"bin/a.sh": '. ./b.sh\nsource "$DIR/c.sh"\nsource lib/d.sh\n', "bin/b.sh": "", "lib/d.sh": ""},
        "bin/a.sh",
        {
            "./b.sh": ("bin/b.sh", "relative"),
            "$DIR/c.sh": (None, "computed"),
            "lib/d.sh": ("lib/d.sh", "root"),
        },
    ),
    "kotlin": (
        {
            "a/A.kt": "package a\nimport b.f\nimport b.J\n",
            "b/functions.kt": "package b\nfun f() {}\n",
            "b/J.java": "package b;\nclass J {}\n",
        },
        "a/A.kt",
        {"b f": ("b/functions.kt", "name"), "b J": ("b/J.java", "name")},
    ),
    "elixir": (
        {
            "lib/a.ex": "defmodule A do\n  alias B.C\n  import Enum\nend\n",
            "lib/x.ex": "defmodule B do\n  defmodule C do\n  end\nend\n",
        },
        "lib/a.ex",
        {"B.C": ("lib/x.ex", "name"), "Enum": (None, "outside")},
    ),
    "lua": (
        {"a.lua": 'require "x.y"\nrequire "z"\n', "src/x/y.lua": "", "src/z/init.lua": ""},
        "a.lua",
        {"x.y": ("src/x/y.lua", "ending"), "z": ("src/z/init.lua", "ending")},
    ),
    "zig": (
        {
            "a.zig": 'const b = @import("b.zig");\nconst c = @cImport({ @cInclude("c.h"); });\n',
            "b.zig": "",
            "inc/c.h": "",
        },
        "a.zig",
        {"b.zig": ("b.zig", "relative"), "c.h": ("inc/c.h", "ending")},
    ),
    "hcl": (
        {
            "a/main.tf": 'module "m" {\n  source = "../m"\n}\nmodule "n" {\n  source = "./none"\n}\n'
            'module "v" {\n  source = "hashicorp/consul/aws"\n}\n',
            "m/one.tf": "",
            "m/two.tf": "",
        },
        "a/main.tf",
        {
            "../m": ("m", "relative"),
            "./none": (None, "missing"),
            "hashicorp/consul/aws": (None, "outside"),
        },
    ),
}


@pytest.fixture(scope="module")
def targets_of_cases(tmp_path_factory: pytest.TempPathFactory) -> AllTargets:
    """Each case is a repository of one dataset."""
    folder = tmp_path_factory.mktemp("cases")
    for case, (files, _, _) in CASES.items():
        write(folder / case, files)
    snake_pipe.ingest(*(folder / case for case in CASES), dataset=folder / "data", executor="serial")
    return all_targets(folder / "data")


@pytest.mark.parametrize("case", CASES)
def test_imports_mean_the_file_that_their_language_says(case: str, targets_of_cases: AllTargets) -> None:
    language = case.split()[0]
    if not LANGUAGES[language].installed:
        pytest.skip(f"{language} is not installed: {LANGUAGES[language].install_command}")
    _, path, expected = CASES[case]
    assert targets_of_cases[case, path] == expected


def test_without_symbols_nothing_is_guessed(targets: Targets) -> None:
    """`use super::*` in a module of tests means the file itself, which only `symbols` tells."""
    found = targets(RUST, "a/src/b.rs", tables=["imports"])
    assert found["super"] == (None, "missing")
    assert found["deep"] == (None, "missing")


def test_imports_of_a_dump_are_those_of_its_source(targets: Targets) -> None:
    source = {"type": "Literal", "start": 7, "end": 12, "value": "./b", "raw": "'./b'"}
    statement = {"type": "ImportDeclaration", "start": 0, "end": 13, "specifiers": [], "source": source}
    tree = {"type": "Program", "sourceType": "module", "start": 0, "end": 13, "body": [statement]}
    files = {"src/a.js": 'import "./b";\n', "src/b.js": "", "ast/src/a.js.ast.json": json.dumps(tree)}
    assert targets(files, "ast/src/a.js.ast.json") == {"./b": ("src/b.js", "relative")}


def test_repositories_do_not_see_each_other(tmp_path: Path) -> None:
    for name, text in (("one/a.py", "import b\n"), ("two/b.py", "")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
        snake_pipe.ingest(tmp_path / name.split("/")[0], dataset=tmp_path / "data", executor="serial")
    with snake_pipe.connect(tmp_path / "data") as connection:
        assert connection.execute("SELECT repo, target_path, way FROM import_targets").fetchall() == [
            ("one", None, "outside")
        ]


def test_what_many_files_fit_is_ambiguous(targets: Targets) -> None:
    """Each import was joined with each file of that name: 1,500 of both took 7 GB."""
    files = {f"{name}/sub/u{ending}": "" for name in "abc" for ending in (".py", ".h")}
    files |= {"x.py": "import sub.u\n" * 3, "x.c": '#include "sub/u.h"\n' * 3}
    assert targets(files, "x.py") == {"sub.u": (None, "ambiguous")}
    assert targets(files, "x.c") == {"sub/u.h": (None, "ambiguous")}


def test_what_is_longer_than_any_path_is_not_looked_for(targets: Targets) -> None:
    """One `use` of 5,000 parts had the view take minutes."""
    short, long = "./" * 400 + "b.js", "./" * 600 + "b.js"
    files = {"a.js": f'import "{short}";\nimport "{long}";\n', "b.js": ""}
    assert targets(files, "a.js") == {short: ("b.js", "relative"), long: (None, "missing")}
