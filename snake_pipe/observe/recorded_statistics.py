"""A job's statistics as its `status.json` has them, which may be of another version or damaged."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from snake_pipe.observe.statistics import BatchStatistics, LeftOutByRules


def recorded_statistics(figures: dict[str, Any]) -> BatchStatistics:
    """The figures as the engine has them, as far as they are there and of their types."""
    statistics = BatchStatistics()
    for item in fields(BatchStatistics):
        value, default = figures.get(item.name), getattr(statistics, item.name)
        if item.name in ("outcomes", "reasons"):
            value = {
                (str(entry[0]), str(entry[1])): entry[2]
                for entry in (value if isinstance(value, list) else ())
                if isinstance(entry, list) and len(entry) == 3 and isinstance(entry[2], int)
            }
        elif isinstance(default, dict):
            value = _counts(value)
        elif isinstance(default, LeftOutByRules) and isinstance(value, dict):
            counts = _counts(value)
            value = LeftOutByRules(
                counts.get("files", 0), counts.get("folders", 0), _counts(value.get("rules"))
            )
        if isinstance(value, type(default)) or (isinstance(default, float) and isinstance(value, int)):
            setattr(statistics, item.name, value)
    return statistics


def _counts(value: Any) -> dict[str, int]:
    items = value.items() if isinstance(value, dict) else ()
    return {str(key): count for key, count in items if isinstance(count, int)}
