"""What a walk yields, and what it counts as found."""

from __future__ import annotations

import asyncio

from snake_pipe.extract.batch_models import DiscoveredFile, DiscoveryError
from snake_pipe.extract.discovery.recognition import Recognised
from snake_pipe.extract.feeds.feed import Discovered
from snake_pipe.extract.feeds.ids import FileIds
from snake_pipe.extract.feeds.intake import Intake
from snake_pipe.extract.model.work import Work


def found(*paths):
    return [DiscoveredFile("/r", path, 10, 1, "python", "r") for path in paths]


def read(intake):
    async def go():
        return [chunk async for chunk in intake.chunks()]

    return asyncio.run(go())


def intake(items, **settings):
    return Intake(iter(items), job_id="job", ids=FileIds(1, lambda: 2), **settings)


class Known:
    def __init__(self, *paths):
        self.paths = paths

    def match(self, files):
        return [file.path in self.paths for file in files]


HIDDEN = DiscoveryError("secret", "unreadable_folder", "Permission denied")


def test_each_file_is_yielded_once_and_found_before_that():
    """The total that progress shows must not wait for the files before it to be processed."""

    async def go():
        feed = intake(found(*(f"{n}.py" for n in range(5000))))
        chunks = feed.chunks()
        paths = [file.path for file in (await anext(chunks)).files]
        while not feed.complete:
            await asyncio.sleep(0.001)
        assert (len(paths), feed.discovered.files, feed.discovered.bytes) == (500, 5000, 50_000)
        async for chunk in chunks:
            paths += [file.path for file in chunk.files]
        assert paths == [f"{n}.py" for n in range(5000)]
        assert feed.discovered.files == 5000

    asyncio.run(go())


def test_it_says_once_that_there_is_something_to_read():
    told = []
    read(intake([Recognised(7)], on_first=lambda: told.append(1)))
    read(intake([HIDDEN], on_first=lambda: told.append(1)))
    assert not told
    read(intake([Recognised(7), *found("a.py", "b.py")], on_first=lambda: told.append(1)))
    assert told == [1]


class Content(Known):
    """Tells which of the others are equal; half of them have other times."""

    touched = 0

    def match(self, files):
        self.asked = [file.path for file in files]
        matches = super().match(files)
        self.touched += sum(matches) // 2
        return matches


def test_equal_content_counts_as_unchanged_and_is_asked_for_the_others_only():
    content = Content("b.py", "d.py")
    feed = intake(found("a.py", "b.py", "c.py", "d.py"), known=[Known("a.py")], content=content)
    assert [file.path for chunk in read(feed) for file in chunk.files] == ["c.py"]
    assert content.asked == ["b.py", "c.py", "d.py"]
    found_so_far = feed.discovered
    assert (found_so_far.files, found_so_far.unchanged, found_so_far.touched, found_so_far.bytes) == (
        4,
        3,
        1,
        10,
    )
    again = intake(found("b.py", "d.py"), content=content, counts_again=False)
    assert read(again)[0].files == []
    assert again.discovered == Discovered()


def test_what_need_not_be_read_is_counted_and_not_yielded():
    feed = intake(found("a.py", "b.py", "c.py"), known=[Known("a.py"), Known("c.py")])
    assert [file.path for chunk in read(feed) for file in chunk.files] == ["b.py"]
    assert feed.discovered == Discovered(files=3, unchanged=2, bytes=10, work={"python": Work(1, 10, 10)})


def test_a_walk_that_comes_again_counts_nothing_twice():
    """A watch counted a folder it could not read as one more failure with each of its walks."""
    discovered = Discovered()
    (chunk,) = read(intake([*found("a.py", "b.py"), HIDDEN], discovered=discovered))
    assert [row["code"] for row in chunk.errors] == ["unreadable_folder"]
    other = DiscoveryError("other", "unreadable_folder", "Permission denied")
    again = intake(
        [*found("a.py", "b.py", "c.py"), HIDDEN, other],
        discovered=discovered,
        known=[Known("a.py")],
        reported={("secret", "unreadable_folder")},
        counts_again=False,
    )
    (chunk,) = read(again)
    assert [row["path"] for row in chunk.errors] == ["other"]
    assert again.incomplete
    assert discovered == Discovered(files=4, bytes=40, unread=2, work={"python": Work(4, 40, 10)})


def test_an_error_recorded_before_a_resume_still_counts_in_it():
    feed = intake([HIDDEN], reported={("secret", "unreadable_folder")})
    assert [chunk.errors for chunk in read(feed)] == [[]]
    assert feed.discovered.unread == 1


def test_nothing_is_deleted_where_files_could_not_be_seen():
    for items, rows in (([], [{"path": "gone.py"}]), ([HIDDEN], [])):
        feed = intake(items, find_deleted=lambda: iter([{"path": "gone.py"}]))
        read(feed)
        assert list(feed.find_deleted()) == rows
