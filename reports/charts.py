"""Points of a line chart as SVG needs them; arithmetic only."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

LEFT, RIGHT, TOP, BOTTOM = 36, 584, 14, 190


@dataclass(frozen=True)
class Mark:
    """One value at its place; ``is_partial`` draws it hollow."""

    x: float
    y: float
    value: int
    label: str
    is_partial: bool

    @property
    def above(self) -> float:
        """Where its figure stands."""
        return self.y - 10


@dataclass(frozen=True)
class Chart:
    """Grid lines from 0, month labels, and unbroken stretches of points: a month without data is a gap."""

    grid: list[tuple[int, int]]
    labels: list[tuple[float, str]]
    marks: list[Mark]
    paths: list[str]


def line_chart(values: Sequence[tuple[str, int | None, bool]]) -> Chart:
    """(label, value or None, partial) per month, in order."""
    highest = max((value for _, value, _ in values if value is not None), default=0)
    step = _step(highest)
    top = step * max(1, -(-highest // step))
    width = (RIGHT - LEFT - 24) / max(1, len(values) - 1) if len(values) > 1 else 0
    xs = [LEFT + 12 + width * n for n in range(len(values))]
    marks = [
        Mark(round(x, 1), round(_y(value, top), 1), value, label, partial)
        for x, (label, value, partial) in zip(xs, values, strict=True)
        if value is not None
    ]
    return Chart(
        grid=[(round(_y(value, top)), value) for value in range(0, top + 1, step)],
        labels=[(round(x, 1), label) for x, (label, _, _) in zip(xs, values, strict=True)],
        marks=marks,
        paths=_paths(xs, values, top),
    )


def _y(value: int, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _step(highest: int) -> int:
    """At most four steps, of a round number."""
    for unit in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if unit * 4 >= highest:
            return unit
    return -(-highest // 4000) * 1000


def _paths(xs: Sequence[float], values: Sequence[tuple[str, int | None, bool]], top: int) -> list[str]:
    paths = []
    known = zip(xs, values, strict=True)
    for is_known, stretch in groupby(known, key=lambda pair: pair[1][1] is not None):
        points = [f"{x:.1f},{_y(value or 0, top):.1f}" for x, (_, value, _) in stretch]
        if is_known and len(points) > 1:
            paths.append("M" + " L".join(points))
    return paths
