"""Small line charts below one another, as an SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 110, 90, 24


def line_charts(
    xs: Sequence[float], series: Mapping[str, Sequence[float]], marks: Mapping[str, float]
) -> str:
    """A chart for each of the series, from 0 to its greatest value; `marks` are level lines."""
    charts = [
        _chart(number, xs, name, ys, marks.get(name)) for number, (name, ys) in enumerate(series.items())
    ]
    height = len(charts) * (_HEIGHT + 2 * _TOP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + _LEFT + 20}" height="{height}" '
        f'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(charts)
        + "\n</svg>\n"
    )


def _chart(number: int, xs: Sequence[float], name: str, ys: Sequence[float], mark: float | None) -> str:
    top, most = number * (_HEIGHT + 2 * _TOP) + _TOP, max(*ys, mark or 0, 1e-9)
    bottom = top + _HEIGHT

    def x_of(x: float) -> float:
        return _LEFT + _WIDTH * (x - xs[0]) / max(xs[-1] - xs[0], 1)

    def y_of(y: float) -> float:
        return bottom - _HEIGHT * y / most

    points = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in zip(xs, ys, strict=True))
    parts = [
        f'<text x="{_LEFT}" y="{top - 6}" font-weight="bold">{escape(name)}</text>',
        f'<path d="M{_LEFT},{top}V{bottom}H{_LEFT + _WIDTH}" fill="none" stroke="grey"/>',
        f'<text x="{_LEFT - 6}" y="{top + 10}" text-anchor="end">{most:,.4g}</text>',
        f'<text x="{_LEFT - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{_LEFT + _WIDTH}" y="{bottom + 14}" text-anchor="end">{xs[-1]:g}</text>',
        f'<polyline points="{points}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>',
    ]
    if mark is not None:
        level = f'd="M{_LEFT},{y_of(mark):.1f}H{_LEFT + _WIDTH}"'
        parts.append(f'<path {level} stroke="#cf222e" stroke-dasharray="5 4"/>')
    return "\n".join(parts)
