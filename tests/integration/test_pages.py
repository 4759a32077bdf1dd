"""The README and the pages of `docs/` say what the program does: outputs and reference are real."""

from __future__ import annotations

import re

import pytest

from snake_pipe.errors import ExitCode
from update_pages import PAGES, PROJECT, comparable, filled

FILLED = re.compile(r"```console\n|```sql title|<!-- /\w+ -->")
TEXTS = {path.relative_to(PROJECT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}


@pytest.mark.parametrize("page", [page for page, text in TEXTS.items() if FILLED.search(text)])
def test_a_page_says_what_the_program_does(page):
    assert comparable(TEXTS[page]) == comparable(filled(TEXTS[page]))


def test_every_exit_code_is_explained():
    explained = re.findall(r"^\| (\d+) \|", TEXTS["docs/reference/exit-codes.md"], re.MULTILINE)
    assert [int(code) for code in explained] == sorted(ExitCode)


def test_what_a_page_must_not_say_is_seen():
    """An output that is no longer true, an answer, and a list that has another word."""
    text = """```console
$ snake-pipe ingest sample_repos/ast_dumps/sources -q
$ snake-pipe --version
snake-pipe 0
```
```sql title="sample_repos/ast_dumps/sources"
SELECT count(*) AS files FROM files
```
```text
5
```
<!-- roles -->`walk`<!-- /roles -->
"""
    corrected = filled(text)
    assert "snake-pipe 0\n" not in corrected
    assert "```text\nfiles\n─────\n    4\n```" in corrected
    assert "<!-- roles -->`call`, `read`" in corrected


def test_a_command_that_fails_is_no_output():
    with pytest.raises(SystemExit, match="exit 2"):
        filled("```console\n$ snake-pipe query 'SELECT 1' -d nowhere\n```\n")


def test_a_file_that_a_page_shows_is_there_for_its_commands():
    text = '```python title="tools/hello.py"\nprint("hello")\n```\n```console\n$ python tools/hello.py\n```\n'
    assert "$ python tools/hello.py\nhello\n" in filled(text)
