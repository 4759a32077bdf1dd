"""One target, in a process that libFuzzer ends: `one.py TARGET FOLDER OPTION ...`, started by `run.py`.

FOLDER gets the inputs to begin with, and the new ones that libFuzzer finds.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import driver  # type: ignore[import-not-found] # which `run.py` has compiled, and is preloaded

from fuzz.targets import MODULES, TARGETS
from snake_pipe.transform.native import compiled

missing = [name for name in MODULES if getattr(compiled, name) is None]
if missing:
    sys.exit(f"these compiled modules do not load: {', '.join(missing)}")

name, folder, *options = sys.argv[1:]
target = TARGETS[name]
seeds = target.seeds()
for seed in seeds:
    (Path(folder) / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
driver.run(target.one, target.mutation(seeds), *options)
