"""Why files are not `ok`, and what whoever started the job can do about it: lines of the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snake_pipe.cli.output.text import size, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOO_LARGE = "larger than max_file_size, {max_file_size}; --max-file-size SIZE raises it"
_NO_TREE = "JSON that is no syntax tree; --exclude it to skip the check"
_CHANGING = "it changed while it was read; ingest again"
_NESTED = "nested too deeply; snake-pipe query \"SELECT path, message FROM errors WHERE code = 'too_deep'\""
_DAMAGED = "write the file again, or --exclude it"
_ACCESS = "give this user the right to read it, or --exclude it"
_BUG = "a bug in snake-pipe; please report it with the file"
_MEMORY = "--memory-limit MIB raises the limit, fewer --workers leave more for each"

_ADVICE = {
    ("failed", "changed_while_reading"): _CHANGING,
    ("failed", "duplicate_key"): "a large object has a key twice; a higher --memory-limit reads it whole",
    ("failed", "eacces"): _ACCESS,
    ("failed", "eperm"): _ACCESS,
    ("failed", "gzip_bomb"): "unpack it, then ingest what comes out",
    ("failed", "gzip_damaged"): _DAMAGED,
    ("failed", "gzip_truncated"): _DAMAGED,
    ("failed", "internal_error"): _BUG,
    ("failed", "invalid_json"): _DAMAGED,
    ("failed", "no_nodes"): "its dialect's nodes were not found: snake-pipe dialects check FILE",
    ("failed", "not_found"): "it disappeared after it was found; ingest again",
    ("failed", "out_of_memory"): _MEMORY,
    ("failed", "symlink"): _CHANGING,
    ("failed", "too_deep"): _NESTED,
    ("failed", "too_large"): "one string or file beyond what any setting allows; --exclude it",
    ("partial", "holds_trees"): "some of its entries are no trees, or bad ones; `errors` has the places",
    ("partial", "syntax_error"): "rows are there as far as it could be parsed; `errors` has the places",
    ("quarantined", "out_of_memory"): _MEMORY,
    ("quarantined", "timeout"): "not done in {file_timeout_seconds}; --file-timeout TIME raises the limit",
    ("quarantined", "worker_died"): "it ends its worker each time; --exclude it, and please report it",
    ("skipped", "binary"): "no text; --exclude it to skip the check",
    ("skipped", "cancelled"): "by snake-pipe control cancel; the next ingestion reads it",
    ("skipped", "language_not_installed"): "pip install 'snake-pipe[languages]'",
    ("skipped", "not_an_ast"): _NO_TREE,
    ("skipped", "too_large"): _TOO_LARGE,
}
"""What to do, by status and reason, where there is something."""

_MOST = 8
"""Reasons shown; a file system may invent many."""

_ALL_SQL = "SELECT status, reason, count(*) FROM files GROUP BY ALL"


def reason_lines(
    reasons: Mapping[tuple[str, str], int], settings: Mapping[str, Any], command: str
) -> list[str]:
    """A line a reason, the most frequent first; `command` is `snake-pipe query` with its dataset."""
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    lines = [_line(status, reason, count, settings) for (status, reason), count in ranked[:_MOST]]
    if len(ranked) > _MOST:
        lines.append(f'{len(ranked) - _MOST} more: {command} "{_ALL_SQL}"')
    return [f"{'why' if at == 0 else '':9}{line}" for at, line in enumerate(lines)]


def _line(status: str, reason: str, count: int, settings: Mapping[str, Any]) -> str:
    advice = _ADVICE.get((status, reason), "`errors` tells more" if status != "skipped" else "")
    known = _Shown(settings)
    return visible(f"{count:,} {status}, {reason}{': ' if advice else ''}{advice.format_map(known)}")


class _Shown(dict[str, str]):
    """Settings as people read them; what an old job did not note is `?`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__()
        if isinstance(most := settings.get("max_file_size"), int):
            self["max_file_size"] = size(most)
        if isinstance(longest := settings.get("file_timeout_seconds"), (int, float)):
            self["file_timeout_seconds"] = f"{longest:g} s"

    def __missing__(self, key: str) -> str:
        return "as set"
