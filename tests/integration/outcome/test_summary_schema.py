"""Summaries of real runs are as their schema says."""

from __future__ import annotations

import json

import pytest

from testkit.places import PROJECT
from testkit.repositories import python_files

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads((PROJECT / "docs" / "reference" / "summary.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validate():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate


def test_runs_that_are_done_refused_or_over(cli, tmp_path, validate):
    repository = python_files(tmp_path / "small", 2)
    (repository / ".gitignore").write_text("*.o\n")
    for name, text in (("a.o", ""), ("a.xyz", ""), ("cut.ast.json", '{"type": "Program", "body": [')):
        (repository / name).write_text(text)
    done = cli.run("ingest", repository, "-q", "--set", "executor=serial", "--summary-json", "-")
    refused = cli.run(
        "ingest", repository, "-q", "--set", "executor=serial", "--summary-json", "-", "--repo", "other"
    )
    status = cli.run("status", "--json", "-d", repository / ".snake-pipe")
    documents = [json.loads(done.stdout), json.loads(refused.stdout), json.loads(status.stdout)["summary"]]
    for document in documents:
        validate(document)
        assert sorted(unexplained(document, SCHEMA)) == []
    assert [document["exit_code"] for document in documents] == [3, 2, 3]
    assert documents[0]["left_out"]["ignored"]["rules"] == {".gitignore:1 *.o": 1}


def unexplained(document, schema, path=""):
    """Fields that a document has and the schema lacks."""
    known = schema.get("properties")
    for name, value in document.items() if known is not None and isinstance(document, dict) else ():
        if name not in known:
            yield f"{path}{name} is not in docs/reference/summary.schema.json"
        else:
            yield from unexplained(value, known[name], f"{path}{name}.")


def test_every_field_is_explained():
    def fields(schema, path=()):
        for name, field in schema.get("properties", {}).items():
            yield (*path, name), field
            yield from fields(field, (*path, name))

    assert [name for name, field in fields(SCHEMA) if not field.get("description")] == []
