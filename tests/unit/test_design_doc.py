"""Documents and docstrings name only what there is, and the picture shows every room."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from testkit.places import PROJECT

PACKAGE = PROJECT / "snake_pipe"
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "tests/unit/transform/golden_dialects/README.md",
    *(path.relative_to(PROJECT).as_posix() for path in sorted((PROJECT / "docs").rglob("*.md"))),
]

_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
_MODULE = re.compile(r"snake_pipe(?:\.\w+)+")
_COMPOUND = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
_OF_OTHERS = {"max_tasks_per_child", "processed_init", "sample_repos"}
"""Of Python, of the Swift compiler, and a folder beside the package: no code of ours has them."""
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def text_of(document):
    return (PROJECT / document).read_text(encoding="utf-8")


def paths_in(text):
    """What is written as code and begins with a folder of the project or of the package.

    What an environment or a cache holds depends on what was done before.
    """
    tops = {path.name for base in (PROJECT, PACKAGE) for path in base.iterdir() if path.is_dir()}
    tops -= {".cache", ".venv"}
    for code in _CODE.findall(_FENCE.sub("", text)):
        for word in re.split(r"[\s:]", code):
            top, slash, _ = word.partition("/")
            if slash and top in tops and _PATH.fullmatch(word):
                yield word


def words_of(module):
    """The words with an underscore that its docstrings name as code, and the words of its code."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]
    said = {
        statement.value
        for statement in (statement for body in bodies for statement in body)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    words = set(module.relative_to(PROJECT).with_suffix("").parts)
    for node in ast.walk(tree):
        words |= {
            text for key in ("id", "attr", "name", "arg") if isinstance(text := getattr(node, key, None), str)
        }
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in said:
            words.update(re.findall(r"\w+", node.value))
    return {word for text in said for word in _COMPOUND.findall(str(text.value))}, words


def layers_in(picture, subgraph):
    """The names of the rooms of a subgraph, layer by layer as the arrows join them."""
    body = picture.partition(f"subgraph {subgraph}[")[2].partition("\n    end\n")[0]
    names = {
        node: {name.removesuffix(".py").rstrip("/") for name in re.findall(r"<b>([\w./]+)</b>", label)}
        for node, label in re.findall(r'(\w+)\["(.*?)"\]', body)
    }
    layers = []
    for line in body.splitlines():
        for group in line.split("-->") if "-->" in line else ():
            layer = set().union(*(names[node.strip()] for node in group.split("&")))
            if layer not in layers:
                layers.append(layer)
    return layers


@pytest.fixture(scope="module")
def picture():
    return re.search(r"```mermaid\n(.*?)```", text_of("docs/design.md"), re.DOTALL)[1]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_a_document_names_exists(document):
    text = text_of(document)
    missing = [path for path in paths_in(text) if not any((b / path).exists() for b in (PROJECT, PACKAGE))]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_module_that_a_document_names_exists(document):
    """The last word may be a name in the module."""
    for module in _MODULE.findall(text_of(document)):
        path = PROJECT / module.replace(".", "/")
        places = [path.with_suffix(".py"), path, path.parent.with_suffix(".py"), path.parent / "__init__.py"]
        assert any(place.exists() for place in places), module


def test_every_name_in_a_docstring_is_one_of_the_code():
    """A module that was renamed was still named by its old name."""
    named, known = (set().union(*words) for words in zip(*map(words_of, PACKAGE.rglob("*.py")), strict=True))
    assert named - known == _OF_OTHERS


def test_the_table_says_where_to_go_for_what_changes_most():
    rows = text_of("docs/design.md").partition("## To change")[2].partition("\n## ")[0].count("\n| ") - 1
    assert rows >= 15


@pytest.mark.parametrize("room", ["extract", "transform"])
def test_every_folder_is_in_the_picture(picture, room):
    folders = sorted({path.parent.name for path in (PACKAGE / room).rglob("__init__.py")})
    assert [name for name in folders if f"{name}/" not in picture] == []


def test_every_part_of_the_package_is_in_the_picture(picture):
    modules = {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert [name for name in sorted(modules | folders) if f"<b>{name}</b>" not in picture] == []


@pytest.mark.parametrize("room", ["extract", "transform"])
def test_the_picture_shows_the_layers_that_are_checked(picture, room):
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one.get("containers") == [f"snake_pipe.{room}"])
    assert layers_in(picture, room) == [set(re.split(" [|:] ", layer)) for layer in layers]
