"""The page in a browser: what it shows is what SQL says, and it can be used by mouse and by keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from snake_pipe.load.sql.views import connect
from snake_pipe.storage.local import LocalStorage
from testkit.pages import NARROW, WIDE, ingested, written

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    "</script><img src=x onerror=alert(1)>.py",
    "<!--<script>.py",
    "'\"><svg onload=alert(2)>.py",
    "\u2028\u202e\x01.py",
    "__proto__.py",
    "constructor/toString.py",
    "é {{7*7}} ${7*7} %3Cb%3E&lt;.py",
)


def answers(dataset: Path, sql: str):
    with connect(LocalStorage(dataset)) as connection:
        return connection.execute(sql).fetchall()


def number(text: str) -> int:
    return int(text.replace(",", ""))


def cells(page, section: str, column: int) -> list[str]:
    return page.locator(f"#{section} table").first.locator(f"tbody td:nth-child({column})").all_inner_texts()


def test_the_figures_are_those_of_sql(pages, polyglot, polyglot_page):
    page = pages.open(polyglot_page.as_uri())
    shown = dict(
        zip(
            page.locator("#totals dt").all_inner_texts(),
            page.locator("#totals dd").all_inner_texts(),
            strict=True,
        )
    )
    ((files, lines, definitions, references, imports),) = answers(
        polyglot,
        "SELECT count(*), sum(line_count), sum(symbol_count), sum(ref_count), sum(import_count) FROM files",
    )
    wanted = {"files": files, "lines": lines, "definitions": definitions, "references": references}
    assert {name: number(shown[name]) for name in wanted} == wanted
    assert number(shown["imports"]) == imports
    by_language = answers(
        polyglot,
        "SELECT coalesce(language, dialect, '(none)') AS name, sum(line_count)::BIGINT AS lines FROM files"
        " GROUP BY 1 ORDER BY lines DESC, name",
    )
    assert [*zip(cells(page, "languages", 1), map(number, cells(page, "languages", 2)), strict=True)] == [
        *by_language
    ]
    by_status = answers(
        polyglot,
        "SELECT status, coalesce(reason, ''), count(*) AS n FROM files GROUP BY ALL ORDER BY n DESC, 1",
    )
    columns = [cells(page, "statuses", column) for column in (1, 2)]
    assert [*zip(*columns, map(number, cells(page, "statuses", 3)), strict=True)] == by_status
    assert page.locator("#detail").inner_text().startswith(f"polyglot · {files} files · {lines} lines")
    ((batches,),) = answers(polyglot, "SELECT count(*) FROM batches")
    assert page.locator("#timeline rect.batch").count() == batches


def test_places_lead_to_their_lines_on_the_web_host(pages, polyglot, polyglot_page):
    page = pages.open(polyglot_page.as_uri())
    link = page.locator("#hot-spots tbody a").first
    path, _, line = link.inner_text().rpartition(":")
    form = rf"https://github\.com/example/polyglot/blob/[0-9a-f]{{40}}/{re.escape(path)}#L{line}"
    assert re.fullmatch(form, link.get_attribute("href"))
    assert "secret" not in polyglot_page.read_text()
    assert answers(polyglot, f"SELECT count(*) FROM symbols JOIN files USING (file_id) WHERE path = '{path}'"
        f" AND start_line = {line}") != [(0,)]  # fmt: skip


def test_the_map_opens_folders_by_mouse_and_by_keyboard(pages, polyglot, polyglot_page):
    page = pages.open(polyglot_page.as_uri())
    page.locator("#treemap button.group", has_text="api/").click(position={"x": 5, "y": 5})
    ((files, lines),) = answers(
        polyglot, "SELECT count(*), sum(line_count) FROM files WHERE path LIKE 'api/%'"
    )
    page.locator("#path button", has_text="api").hover()
    assert page.locator("#path").inner_text() == "polyglot / api"
    names = [text.split(" ")[0] for text in labels(page)]
    assert {"orders.py", "storage.py"} <= set(names)
    page.locator("#path button", has_text="polyglot").click()
    assert page.locator("#path").inner_text() == "polyglot"
    group = page.locator("#treemap button.group", has_text="api/")
    group.focus()
    assert f"{files} files · {lines} lines" in page.locator("#detail").inner_text()
    page.keyboard.press("Enter")
    assert page.locator("#path").inner_text() == "polyglot / api"
    first = focused(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert focused(page) != first
    assert page.locator('#treemap button[tabindex="0"]').count() == 1
    page.keyboard.press("Backspace")
    assert page.locator("#path").inner_text() == "polyglot"


def labels(page) -> list[str]:
    return page.locator("#treemap button").evaluate_all("all => all.map((e) => e.getAttribute('aria-label'))")


def focused(page) -> str:
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_colours_are_told_in_words_and_patterns_too(pages, polyglot, polyglot_page):
    page = pages.open(polyglot_page.as_uri())
    page.locator("#colour").select_option("errors")
    assert all("with errors" in label or "no files" in label for label in labels(page))
    page.locator("#colour").select_option("age")
    assert all("ago" in label or "today" in label for label in labels(page))
    steps = page.locator("#legend li").all_inner_texts()
    assert steps[0] == "within 7 days"
    high = page.locator(".key.step-5").evaluate("e => getComputedStyle(e).backgroundImage")
    assert high.count("gradient") == 2


def test_every_chart_has_a_table_behind_it(pages, polyglot, polyglot_page):
    page = pages.open(polyglot_page.as_uri())
    page.locator("#map-table summary").click()
    ((folders,),) = answers(polyglot, "SELECT count(DISTINCT split_part(path, '/', 1)) FROM files")
    page.locator("#map-table .more").click() if folders > 15 else None
    assert page.locator("#map-table tbody tr").count() == folders
    page.get_by_text("The batches as a table").click()
    rows = page.locator("#run > details tbody tr")
    ((batches,),) = answers(polyglot, "SELECT count(*) FROM batches")
    assert rows.count() == min(batches, 15)
    assert page.locator("#charts figure").count() == page.locator("#charts figure details").count() == 5
    page.locator("#charts summary").first.click()
    assert page.locator("#charts figure").first.locator("tbody tr").count() >= 1


def test_tables_are_sorted_by_their_heads(pages, polyglot, polyglot_page):
    page = pages.open(polyglot_page.as_uri())
    page.locator("#languages th button", has_text="files").click()
    files = [*map(number, cells(page, "languages", 3))]
    assert files == sorted(files, reverse=True)
    assert page.locator('#languages th[aria-sort="descending"]').inner_text().startswith("files")
    page.keyboard.press("Enter")
    assert [*map(number, cells(page, "languages", 3))] == sorted(files)
    page.locator("#languages th button", has_text="language").click()
    names = cells(page, "languages", 1)
    assert names == sorted(names)


def test_the_search_finds_files_and_definitions(pages, polyglot, polyglot_page):
    page = pages.open(polyglot_page.as_uri())
    page.keyboard.press("/")
    page.keyboard.type("total")
    found = page.locator("#found li").all_inner_texts()
    wanted = answers(
        polyglot,
        "SELECT count(*) FROM symbols WHERE name ILIKE '%total%' AND kind IN ('function', 'method', 'class')",
    )
    assert [(len(found),)] == wanted
    assert found[0].startswith("total method")
    page.keyboard.press("ArrowDown")
    chosen = page.locator('#found li[aria-selected="true"]').inner_text()
    assert chosen == found[1]
    page.keyboard.press("Enter")
    assert page.locator("#found").is_hidden()
    assert page.locator("#detail a").inner_text() == chosen.split()[-1]
    page.locator("#search").fill("cart.js")
    page.locator("#found li").first.click()
    assert page.locator("#path").inner_text() == "polyglot / web"
    assert focused(page).startswith("cart.js ")
    page.locator("#search").fill("no such name")
    assert page.locator("#found").inner_text() == "Nothing found on this page."
    page.keyboard.press("Escape")
    assert page.locator("#found").is_hidden()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_theme_follows_the_system_and_the_button(pages, polyglot_page, size):
    page = pages.open(polyglot_page.as_uri(), size=size, scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.locator("#theme").click()
    light = page.evaluate(colour)
    assert (brightness(dark) < 60, brightness(light) > 200) == (True, True)
    page.locator("#theme").click()
    assert page.evaluate(colour) == dark
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def brightness(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3


def test_names_are_text_whatever_is_in_them(pages, tmp_path):
    root = tmp_path / "<b>repo"
    for index, name in enumerate(HOSTILE):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"def f{index}(x):\n    return x\n")
    (root / "evil.js").write_text("class A { '</script><script>alert(3)</script>'() { if (1) {} } }\n")
    page = pages.open(written(ingested(root)).as_uri())
    assert page.locator("h1").inner_text() == "<b>repo"
    assert page.locator("img, svg[onload], h1 b").count() == 0
    assert page.locator("script").count() == 4
    page.locator("#map-table summary").click()
    names = cells(page, "map-table", 1)
    assert {HOSTILE[1], HOSTILE[2], HOSTILE[4], HOSTILE[6], "constructor/"} <= set(names)
    page.locator("#search").fill("proto")
    assert "__proto__.py" in page.locator("#found").inner_text()
    page.keyboard.press("Enter")
    assert "__proto__.py" in page.locator("#detail").inner_text()


def test_a_dataset_without_files_has_a_page_too(pages, tmp_path):
    (tmp_path / "empty").mkdir()
    page = pages.open(written(ingested(tmp_path / "empty")).as_uri())
    assert page.locator("#totals dd").first.inner_text() == "0"
    assert "None." in page.locator("#languages").inner_text()


def test_the_matrix_has_the_imports_between_folders(pages, polyglot, polyglot_page):
    page = pages.open(polyglot_page.as_uri())
    counts = [*map(number, filter(None, page.locator("table.matrix tbody td").all_inner_texts()))]
    assert [(sum(counts),)] == answers(polyglot, "SELECT sum(import_count)::BIGINT FROM import_graph")
    heads = page.locator('table.matrix th[scope="row"]').all_inner_texts()
    assert len(heads) == page.locator("table.matrix thead th").count() - 1
    ties = answers(
        polyglot,
        "SELECT count(DISTINCT (folder, target_folder)) FROM import_graph WHERE folder <> target_folder",
    )
    shown = page.locator("#imports h3 ~ .scroll tbody tr").count()
    assert [(shown,)] == ties
