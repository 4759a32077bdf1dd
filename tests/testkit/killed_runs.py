"""What tests need that kill runs again and again: sources that change between them, and the kill."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    import subprocess
    from pathlib import Path

FILES = 200


def change_some(root: Path, chance: random.Random, step: int) -> None:
    """Of the files write some anew, add some, and remove some."""
    for number in chance.sample(range(FILES), FILES // 4):
        path = root / f"m{number % 7}" / f"f{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        if chance.random() < 0.2:
            path.unlink(missing_ok=True)
        else:
            path.write_text("".join(f"def f{step}_{each}(): pass\n" for each in range(chance.randint(1, 30))))


def kill_some(run: subprocess.Popen[str], chance: random.Random) -> None:
    """SIGKILL the coordinator, or all processes of the run."""
    if chance.random() < 0.5:
        os.killpg(run.pid, signal.SIGKILL)
    else:
        run.kill()
    run.wait()
