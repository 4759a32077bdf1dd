"""What the rules of a project come to leave out leaves the current state, as a fresh ingestion has it."""

from __future__ import annotations

import random
import shutil

import pytest

from snake_pipe.extract.batch_config import BatchConfig
from snake_pipe.extract.discovery.left_out import LeftOut
from snake_pipe.extract.discovery.request import IngestRequest
from snake_pipe.extract.feeds.ids import FileIds
from snake_pipe.extract.feeds.prior_files import PriorFiles
from snake_pipe.load.dataset import Dataset
from snake_pipe.storage.local import LocalStorage
from testkit.repositories import git, git_repository, write
from testkit.samples import sample
from testkit.tables import paths

NO_POOL = ("--set", "executor=serial", "--allow-empty")


@pytest.fixture(params=["git", "plain"])
def root(request, tmp_path):
    make = git_repository if request.param == "git" else write
    return make(tmp_path / "repo", "a.py", "src/b.py", "src/c.js", "gen/d.py", "e.yaml")


def ingest(cli, root, *arguments):
    done = cli.run("ingest", root, *NO_POOL, *arguments)
    assert done.returncode == 0, done.stderr
    return paths(root / ".snake-pipe")


ALL = ["a.py", "gen/d.py", "src/b.py", "src/c.js"]


def test_what_ignore_rules_and_settings_come_to_leave_out_leaves(cli, root):
    assert ingest(cli, root) == ALL
    git_or_not = (root / ".git").exists()
    write(root, "new.py", "tmp/f.py")
    assert ingest(cli, root) == sorted([*ALL, "new.py", "tmp/f.py"])
    (root / ".gitignore").write_text("new.py\n/tmp/\n")
    assert ingest(cli, root) == ALL
    (root / "snake-pipe.toml").write_text('exclude = ["gen/"]\n')
    assert ingest(cli, root) == ["a.py", "src/b.py", "src/c.js"]
    (root / "snake-pipe.toml").write_text('languages = ["python"]\n')
    assert ingest(cli, root) == ["a.py", "gen/d.py", "src/b.py"]
    (root / "snake-pipe.toml").write_text('include = ["src/"]\nuse_gitignore = false\n')
    assert ingest(cli, root) == ["src/b.py", "src/c.js"]
    (root / "snake-pipe.toml").write_text("use_gitignore = false\n")
    assert ingest(cli, root) == sorted([*ALL, "new.py", "tmp/f.py"])
    (root / "snake-pipe.toml").unlink()
    (root / ".gitignore").write_text("*.js\n")  # which git does not heed where it has the file
    expected = sorted([*ALL, "new.py", "tmp/f.py"])
    assert ingest(cli, root) == [path for path in expected if git_or_not or path != "src/c.js"]


def test_what_a_narrower_command_line_does_not_reach_stays(cli, root):
    write(root, "src/gone.py", "src/old.py", "old.py")
    ingest(cli, root)
    (root / ".gitignore").write_text("old.py\n")
    (root / "src" / "gone.py").unlink()
    everywhere = sorted([*ALL, "old.py"])
    assert ingest(cli, root, "--languages", "javascript") == sorted([*everywhere, "src/old.py"])
    assert ingest(cli, root, "--exclude", "src/") == sorted([*ALL, "src/old.py"])
    assert ingest(cli, root, "--include", "src/") == ALL


def test_data_languages_that_were_read_on_request_leave_with_the_next_plain_ingestion(cli, root):
    assert ingest(cli, root, "--languages", "yaml") == ["e.yaml"]
    assert ingest(cli, root, "--languages", "python") == ["a.py", "e.yaml", "gen/d.py", "src/b.py"]
    assert ingest(cli, root) == ALL


def test_the_row_says_why_a_file_left(cli, root, tmp_path):
    write(root, "ignored.py", "folder.py", "link.py")
    ingest(cli, root)
    (root / ".gitignore").write_text("ignored.py\n")
    for name in ("a.py", "folder.py", "link.py"):
        (root / name).unlink()
    (root / "folder.py").mkdir()
    (root / "link.py").symlink_to("src/b.py")
    dataset = Dataset.open(LocalStorage(root / ".snake-pipe"))

    def reasons(**details):
        request = IngestRequest(roots=(str(root),), dataset=str(dataset.storage.folder), **details)
        prior = PriorFiles(dataset, "job", BatchConfig(), request)
        prior.known.match([file for file in request.discover(10**6, LeftOut()) if hasattr(file, "queue")])
        rows = prior.find_deleted(FileIds(9, lambda: 10))
        return {row["path"]: row["reason"] for row in rows}

    gone = {"a.py": "gone", "folder.py": "gone", "link.py": "gone"}
    assert reasons() == gone | {"ignored.py": "left_out"}
    assert reasons(include=("src/",), narrowed=("include",)) == gone
    assert reasons(narrowed=("use_gitignore",)) == gone


def test_what_git_alone_knows_stays_where_git_fails(cli, tmp_path):
    root = git_repository(tmp_path / "repo", "a.py", "gone.py", "kept.py")
    (root / ".gitignore").write_text("kept.py\n")
    assert ingest(cli, root) == ["a.py", "gone.py", "kept.py"]
    index = root / ".git" / "index"
    index.rename(tmp_path / "index")
    index.write_bytes(b"damaged")
    (root / "gone.py").unlink()
    assert ingest(cli, root) == ["a.py", "kept.py"]
    shutil.move(tmp_path / "index", index)
    assert ingest(cli, root) == ["a.py", "kept.py"]


def test_a_rule_that_leaves_out_everything_must_be_meant(cli, root):
    assert ingest(cli, root) == ALL
    (root / ".gitignore").write_text("/*\n")
    (root / "snake-pipe.toml").write_text('exclude = ["*.*"]\n')
    refused = cli.run("ingest", root, "--set", "executor=serial")
    assert (refused.returncode, "they are kept" in refused.stderr) == (2, True)
    assert paths(root / ".snake-pipe") == ALL
    assert ingest(cli, root, "--full") == []


class Edits:
    """Random work on a small folder, from a seed."""

    NAMES = ("a.py", "b.js", "pkg/c.py", "pkg/deep/d.go", "gen/e.py", "gen/f.rb", "Makefile")
    RULES = ("*.js", "gen/", "/pkg/deep", "!gen/e.py", "*.py")

    def __init__(self, root, seed):
        self.root = root
        self.is_git = (root / ".git").exists()
        self.random = random.Random(seed)

    def step(self):
        kinds = [self.write, self.write, self.touch, self.delete, self.rename, self.ignore, self.settings]
        self.random.choice([*kinds, self.revert, self.stage] if self.is_git else kinds)()

    def write(self):
        path = self.root / self.random.choice(self.NAMES)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {self.random.choice('xyz')}\n")

    def _file(self):
        there = [path for name in self.NAMES if (path := self.root / name).is_file()]
        return self.random.choice(there) if there else None

    def touch(self):
        if (path := self._file()) is not None:
            path.write_bytes(path.read_bytes())

    def delete(self):
        if (path := self._file()) is not None:
            path.unlink()

    def rename(self):
        if (path := self._file()) is not None:
            path.rename(path.with_name(f"moved_{self.random.randrange(3)}{path.suffix}"))

    def ignore(self):
        place = self.root / self.random.choice([".gitignore", "pkg/.gitignore"])
        place.parent.mkdir(exist_ok=True)
        place.write_text("".join(f"{rule}\n" for rule in self.random.sample(self.RULES, 2)))

    def settings(self):
        line = self.random.choice(
            ['exclude = ["pkg/"]', 'languages = ["python"]', "", "use_gitignore = false"]
        )
        (self.root / "snake-pipe.toml").write_text(f"{line}\n")

    def stage(self):
        git(self.root, "add", "-A")

    def revert(self):
        git(self.root, "checkout", "-q", "HEAD", "--", ".")


@pytest.mark.parametrize("seed", sample(range(2, 22), 1))
def test_after_any_edits_the_rows_are_those_of_a_fresh_ingestion(cli, root, tmp_path, differences, seed):
    edits = Edits(root, seed)
    for number in range(12):
        edits.step()
        if number % 2 and "they are kept" in cli.run("ingest", root, *NO_POOL).stderr:
            ingest(cli, root, "--full")  # where all is left out, somebody has to insist
        if number % 6 == 5:
            fresh = tmp_path / f"fresh{number}"
            assert cli.run("ingest", root, "-d", fresh, *NO_POOL).returncode == 0
            assert differences(root / ".snake-pipe", fresh) == {}, (seed, number)
