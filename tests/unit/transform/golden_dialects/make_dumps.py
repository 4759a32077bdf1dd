"""Makes the trees in this folder again from their sources, with the real tools.

    python make_dumps.py NODE_FOLDER [CASE ...]

NODE_FOLDER holds `node_modules` with the packages that README.md names. The other tools are found in PATH,
those of Java by CLASSPATH; `rust2json` is a crate whose `main` is `dump.rs`. Cases from documentation have no
tool here and stay as they are.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

_PGLAST = "import pglast.parser as p, sys; print(p.parse_sql_json(open(sys.argv[1]).read()))"
_SWIFT = ["swiftc", "-frontend", "-module-name", "shop", "-dump-ast", "-dump-ast-format", "json"]

COMMANDS: dict[str, list[str]] = {
    "libpg_query": ["python3", "-c", _PGLAST, "libpg_query.sql"],
    "asty": ["asty", "go2json", "-positions", "-comments", "-input", "asty.go"],
    "prism": ["dump.mjs", "prism", "prism.rb"],
    "csstree": ["dump.mjs", "csstree", "csstree.css"],
    "postcss": ["dump.mjs", "postcss", "postcss.css"],
    "graphql": ["dump.mjs", "graphql", "graphql.graphql"],
    "unist": ["dump.mjs", "mdast", "unist.md"],
    "pandoc": ["pandoc", "-f", "gfm", "-t", "json", "pandoc.md"],
    "tree-sitter": ["dump.mjs", "tree-sitter", "tree-sitter.js"],
    "nikic": ["php", "dump.php", "nikic.php"],
    "php-parser": ["dump.mjs", "php-parser", "php-parser.php"],
    "py-tree-sitter": [sys.executable, "dump_tree_sitter.py", "py-tree-sitter.py"],
    "javaparser": ["java", "dump.java", "javaparser.java"],
    "syn-serde": ["rust2json", "syn-serde.rs"],
    "swift": [*_SWIFT, "swift.swift"],
    "solc": ["dump.mjs", "solc", "solc.sol"],
    "solc-output": ["dump.mjs", "solc-output", "solc-output.sol"],
}
"""Each case with the command that prints its tree; `dump.mjs TOOL SOURCE` is run by node."""


def tree(case: str, node_folder: Path) -> Any:
    command = COMMANDS[case]
    if command[0] == "dump.mjs":
        command = ["node", command[0], str(node_folder.resolve()), *command[1:]]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, check=True, timeout=60)
    return json.loads(run.stdout)


if __name__ == "__main__":
    for case in sys.argv[2:] or COMMANDS:
        text = json.dumps(tree(case, Path(sys.argv[1])), indent=1, ensure_ascii=False)
        (FOLDER / f"{case}.json").write_text(text + "\n")
