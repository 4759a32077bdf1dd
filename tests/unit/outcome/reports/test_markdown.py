"""Markdown, as a renderer reads it."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from markdown_it import MarkdownIt

from snake_pipe.outcome.reports.markdown import cell, markdown_report
from snake_pipe.utils.visible import visible
from testkit.outcomes import FINDINGS, JOB, TEXTS, account, finding

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def rows_of(text):
    """The cells of each row of the tables, as HTML."""
    html = RENDERER.render(text)
    rows = re.findall(r"<tr>\n(.*?)</tr>", html, re.DOTALL)
    return [re.findall(r"<td[^>]*>(.*?)</td>\n", row, re.DOTALL) for row in rows if "<td" in row]


def test_a_page():
    page = markdown_report(
        account(
            finding("src/a_b.py", message="expected | or `", is_new=True),
            finding("src/c.py", "partial", code="syntax_error", line=None),
            gates=("failed=0", "ok>=50%"),
            left_out=7,
        )
    )
    assert page.startswith(
        f"## snake-pipe: 1 of 102 files failed, 1 partial, 1 of 2 gates not met\n\nJob `{JOB}`"
    )
    assert (
        "| <code>src/a_b.py</code> **new** | 3 | `invalid_json` | <code>expected &#124; or &#96;</code> |"
        in page
    )
    assert ["<code>failed=0</code>", "<strong>not met</strong>", "1 of 102 files failed"] in rows_of(page)
    assert ["python", "100", "1", "1", "", ""] in rows_of(page)
    assert "7 more are not listed." in page


def test_a_run_that_failed_tells_how_to_go_on():
    page = markdown_report(account(status="failed", message="disk full"))
    assert f"<code>the run failed: disk full; resume with: snake-pipe resume {JOB}</code>" in page


def test_a_page_that_would_be_too_long_says_where_the_rest_is():
    told = account(*(finding(f"f{number}.py") for number in range(500)))
    page = markdown_report(told, 3000)
    assert len(page.encode()) <= 3000
    assert page.endswith("has all of it.*\n")
    assert len(rows_of(page)) > 10


@given(TEXTS)
def test_a_cell_is_code_whatever_it_holds(text):
    html = RENDERER.render(f"| a |\n|---|\n| {cell(text)} |\n")
    [found] = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    inner = found.removeprefix("<code>").removesuffix("</code>")
    assert len(inner) == len(found) - len("<code></code>")
    assert "<" not in inner
    assert unescape(inner) == visible(text)


@given(FINDINGS)
def test_a_table_has_a_row_a_finding_whatever_names_and_messages_hold(findings):
    rows = [row for row in rows_of(markdown_report(account(*findings))) if len(row) == 4]
    cells = [(unescape(row[0][6:-7]), unescape(row[3][6:-7])) for row in rows]
    assert sorted(cells) == sorted((visible(one.path), one.text) for one in findings)
