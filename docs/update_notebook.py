"""Runs the notebook in a kernel of its own, and keeps what its cells give.

python docs/update_notebook.py           # write
python docs/update_notebook.py --check   # compare; what changes from run to run (times, ids) does not count
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOK = PROJECT / "docs" / "notebook.ipynb"

_LONGEST_CELL = 120
_VOLATILE = [
    (re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}"), "JOB"),
    (re.compile(r"\d+\.\d s\b"), "TIME"),
    (re.compile(r"(?<=dataset )\S+/trees|(?<=<td>)/[^<]*/trees"), "trees"),
]


def executed(notebook: Any) -> Any:
    """The notebook with the outputs that its cells give, in a folder that has the samples."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(
            PROJECT / "sample_repos",
            Path(folder) / "sample_repos",
            ignore=shutil.ignore_patterns(".snake-pipe"),
        )
        client = NotebookClient(
            notebook,
            timeout=_LONGEST_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            record_timing=False,
        )
        done = client.execute()
    done.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for cell in done.cells:
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if not _is_bar(one)]
            for output in cell.outputs:
                _settle(output)
    return done


def comparable(notebook: Any) -> list[Any]:
    """The code and the outputs of the cells."""
    return [(cell.source, cell.get("outputs")) for cell in notebook.cells]


def _is_bar(output: Any) -> bool:
    """A bar of tqdm: text on stderr, or a widget."""
    if output.output_type == "stream":
        return output.name == "stderr" and (" files" in output.text or not output.text.strip())
    return "application/vnd.jupyter.widget-view+json" in output.get("data", {})


def _settle(output: Any) -> None:
    """Replace what differs from run to run."""
    texts = output.get("data", output)
    for name in texts:
        if name in ("text", "text/plain", "text/html"):
            for pattern, word in _VOLATILE:
                texts[name] = pattern.sub(word, texts[name])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    before = nbformat.read(NOTEBOOK, as_version=4)
    after = executed(nbformat.read(NOTEBOOK, as_version=4))
    if not options.check:
        nbformat.write(after, NOTEBOOK)
    elif comparable(after) != comparable(before):
        raise SystemExit("docs/notebook.ipynb is not what the program gives: python docs/update_notebook.py")


if __name__ == "__main__":
    main()
