"""Addresses of lines on web hosts, from what a repository says of its remote."""

from __future__ import annotations

import pytest

from snake_pipe.report.source_links import link_of, web_address
from testkit.repositories import git, git_repository


@pytest.mark.parametrize(
    ("remote", "repository"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r"),
        ("https://github.com/o/r/", "https://github.com/o/r"),
        ("https://user:token@github.com/o/r.git", "https://github.com/o/r"),
        ("https://token@github.com:443/o/r", "https://github.com:443/o/r"),
        ("git@github.com:o/r.git", "https://github.com/o/r"),
        ("github.com:o/r", "https://github.com/o/r"),
        ("ssh://git@github.com:22/o/r.git", "https://github.com/o/r"),
        ("git://github.com/o/r", "https://github.com/o/r"),
        ("http://gitlab.example.org/a/b/c/r.git", "https://gitlab.example.org/a/b/c/r"),
        ("git@bitbucket.org:o/r.git", "https://bitbucket.org/o/r"),
        ("https://codeberg.org/o/r", "https://codeberg.org/o/r"),
        ("ssh://git@gitea.example.org:3022/o/r.git", "https://gitea.example.org/o/r"),
        ("https://github.com/o/r%20s", "https://github.com/o/r%20s"),
    ],
)
def test_the_forms_of_remotes(remote, repository):
    address = web_address(remote)
    assert address is not None
    assert address[0] == repository


@pytest.mark.parametrize(
    "remote",
    [
        "", "/srv/git/r.git", "../r", "file:///srv/github.com/r.git", "https://example.org/o/r.git",
        "ext::sh -c github.com/x/y", "javascript://github.com/o/r", "https://github.com", "https://github.com/r",
        "https://github.com/o/../r", "https://github.com:port/o/r", "https://git hub.com/o/r", "https://[github.com/o/r",
        'https://github.com"onclick=/o/r', "https://github.com\n/o/r", "C:\\github\\r", "git@:o/r",
    ],
)  # fmt: skip
def test_what_has_no_address_gets_no_link(remote):
    assert web_address(remote) is None


@pytest.mark.parametrize(
    ("host", "file", "line"),
    [
        ("github.com", "/blob/{sha}/", "#L"),
        ("gitlab.com", "/-/blob/{sha}/", "#L"),
        ("bitbucket.org", "/src/{sha}/", "#lines-"),
        ("codeberg.org", "/src/commit/{sha}/", "#L"),
    ],
)
def test_each_host_has_its_form(tmp_path, host, file, line):
    root = git_repository(tmp_path / "r", "a.py")
    git(root, "remote", "add", "origin", f"git@{host}:o/r.git")
    sha = (root / ".git" / "refs" / "heads" / branch(root)).read_text().strip()
    assert link_of(root) == {"file": f"https://{host}/o/r{file.format(sha=sha)}", "line": line, "commit": sha}


def branch(root):
    return (root / ".git" / "HEAD").read_text().strip().removeprefix("ref: refs/heads/")


def test_folders_below_packed_refs_and_further_work_trees(tmp_path):
    root = git_repository(tmp_path / "r", "lib/a b/x.py")
    git(root, "remote", "add", "upstream", "https://github.com/o/r")
    git(root, "pack-refs", "--all")
    git(root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "w"))
    whole = link_of(root)
    assert whole is not None
    assert link_of(tmp_path / "w") == whole
    below = link_of(root / "lib" / "a b")
    assert below is not None
    assert below["file"] == whole["file"] + "lib/a%20b/"
    git(root, "checkout", "-q", "--detach")
    assert link_of(root) == whole


def test_no_remote_no_commit_or_no_work_tree_no_link(tmp_path):
    root = tmp_path / "r"
    root.mkdir()
    assert link_of(root) is None
    git(root, "init", "-q")
    git(root, "remote", "add", "origin", "https://github.com/o/r")
    assert link_of(root) is None
    other = git_repository(tmp_path / "other", "a.py")
    assert link_of(other) is None
    for name in ("one", "two"):
        git(other, "remote", "add", name, f"https://github.com/o/{name}")
    assert link_of(other) is None


def test_nothing_that_a_repository_configures_is_run_or_read(tmp_path):
    root = git_repository(tmp_path / "r", "a.py")
    ran = tmp_path / "ran"
    included = tmp_path / "included"
    included.write_text('[remote "origin"]\n\turl = https://github.com/not/this\n')
    with (root / ".git" / "config").open("a") as config:
        config.write(
            f"[core]\n\tfsmonitor = touch {ran}\n\tpager = touch {ran}\n\tsshCommand = touch {ran}\n"
            f"[include]\n\tpath = {included}\n"
            '[url "https://github.com/rewritten/"]\n\tinsteadOf = https://gitlab.com/\n'
            '[remote "origin"]\n\turl = https://gitlab.com/o/r\n'
        )
    link = link_of(root)
    assert link is not None
    assert link["file"].startswith("https://gitlab.com/o/r/-/blob/")
    assert not ran.exists()


@pytest.mark.parametrize("head", ["ref: ../../secret", "ref: refs/heads/../../config", "x" * 40, ""])
def test_a_head_that_names_no_commit_gives_no_link(tmp_path, head):
    root = git_repository(tmp_path / "r", "a.py")
    git(root, "remote", "add", "origin", "https://github.com/o/r")
    (root / ".git" / "HEAD").write_text(head)
    assert link_of(root) is None
