"""Files and folders that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from snake_pipe.storage.atomic_file import whole_or_not_at_all


def test_a_folder_that_cannot_be_replaced_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier export was moved aside, and removed though the new one had no place."""
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine").write_text("x")
    replace = Path.replace

    def refuse(self: Path, to: Path) -> Path:
        if to == target and self.suffix == ".tmp" and ".old" not in self.suffixes:
            raise OSError("no room for a name")
        return replace(self, to)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="no room"), whole_or_not_at_all(target) as temp:
        temp.mkdir()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["out", "out/mine"]
