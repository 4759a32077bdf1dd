"""What a command line narrows, and what it then says nothing of."""

from __future__ import annotations

import json

import pytest

from snake_pipe.cli.options.selection import SelectionOptions
from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.batch_processor import _agreed
from snake_pipe.extract.discovery.narrowing import Narrowing
from snake_pipe.extract.discovery.request import IngestRequest

FILES = [("src/a.py", "python"), ("src/b.go", "go"), ("c.py", "python"), ("d.json", "ast")]


@pytest.mark.parametrize(
    ("narrowed", "reached"),
    [
        ((), "src/a.py src/b.go c.py d.json"),
        (("languages",), "src/a.py c.py d.json"),
        (("include",), "src/a.py src/b.go"),
        (("exclude",), "src/b.go c.py d.json"),
        (("include", "exclude", "languages"), ""),
        (("use_gitignore",), ""),
    ],
)
def test_files_that_a_request_reaches(narrowed, reached):
    request = IngestRequest(
        include=("src/",), exclude=("a.py",), languages=("python", "ast"), narrowed=narrowed
    )
    kept = IngestRequest.from_json(json.loads(json.dumps(request.to_json())))  # as a resume reads it
    assert kept == request
    narrowing = Narrowing(kept)
    assert [path for path, queue in FILES if narrowing.reaches(path, queue)] == reached.split()


def test_settings_narrow_nothing_and_what_a_program_asks_for_does():
    config = BatchConfig(include=("src/",), languages=("python",))
    assert _agreed(IngestRequest(), config)[0].narrowed == ()
    assert _agreed(IngestRequest(exclude=("gen/",)), config)[0].narrowed == ("exclude",)
    assert _agreed(IngestRequest(include=("src/",), narrowed=()), config)[0].narrowed == ()


def test_options_narrow_and_wider_ones_do_not(tmp_path):
    config = BatchConfig(include=("src/",), languages=("python",), use_gitignore=False)
    for options, narrowed in [
        (SelectionOptions(dataset=tmp_path), ()),
        (SelectionOptions(dataset=tmp_path, use_gitignore=False), ()),
        (SelectionOptions(dataset=tmp_path, use_gitignore=True), ("use_gitignore",)),
        (SelectionOptions(dataset=tmp_path, languages="go", include=["x"]), ("include", "languages")),
    ]:
        assert options.request([tmp_path], config).narrowed == narrowed
