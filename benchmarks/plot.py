"""A plot of points and curves, as SVG. Its axes go by powers of ten, or evenly."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

_WIDTH, _HEIGHT, _MARGIN, _LINE = 640, 400, 64, 18
_COLOURS = ("#1f5fbf", "#8a8f98", "#b3541e", "#2f7d4f", "#7a4fa3")
_MANY = 30  # points, from which on a line is drawn without dots
_STEPS = (1, 2, 5, 10)  # of marks on an even axis, times a power of ten
_MARKS = 6  # on an even axis at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points of one kind; drawn as a line, dashed where it is a reference."""

    name: str
    points: Sequence[tuple[float, float]]
    is_reference: bool = False


class Axis(Protocol):
    """Leads values to positions."""

    def at(self, value: float) -> float:
        """Return the position of a value."""
        ...

    def marks(self) -> Sequence[float]:
        """Return the values that a reader finds named."""
        ...


MakeAxis: TypeAlias = Callable[[Sequence[float], float, float], Axis]
"""Given the values, and the positions of its two ends."""


@dataclass(frozen=True, slots=True)
class _Powers:
    """Goes from one power of ten to another."""

    low: int
    high: int
    begins: float
    ends: float

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begins + share * (self.ends - self.begins)

    def marks(self) -> Sequence[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


@dataclass(frozen=True, slots=True)
class _Even:
    """Goes from 0 to a value."""

    high: float
    begins: float
    ends: float

    def at(self, value: float) -> float:
        return self.begins + value / self.high * (self.ends - self.begins)

    def marks(self) -> Sequence[float]:
        power = 10.0 ** math.floor(math.log10(self.high / _MARKS))
        step = next(step * power for step in _STEPS if step * power * _MARKS >= self.high)
        return [step * number for number in range(int(self.high / step + 1e-9) + 1)]


def powers(values: Sequence[float], begins: float, ends: float) -> Axis:
    """Return an axis by powers of ten."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return _Powers(low, max(high, low + 1), begins, ends)


def even(values: Sequence[float], begins: float, ends: float) -> Axis:
    """Return an axis on which equal steps are equally long."""
    return _Even(max(values), begins, ends)


def svg(
    title: str,
    x_name: str,
    y_name: str,
    series: Sequence[Series],
    *,
    x_axis: MakeAxis = powers,
    y_axis: MakeAxis = powers,
) -> str:
    """Return the plot as a document of its own."""
    points = [point for one in series for point in one.points]
    across = x_axis([x for x, _ in points], _MARGIN, _WIDTH - 16)
    up = y_axis([y for _, y in points], _HEIGHT - _MARGIN, 40)
    height = _HEIGHT + _LINE * len(series)
    drawn = [part for number, one in enumerate(series) for part in _drawn(one, number, across, up)]
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
            ' font-family="sans-serif" font-size="12" fill="#333">'
        ),
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_MARGIN}" y="24" font-size="14">{title}</text>',
        *_grid(across, up),
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 16}" text-anchor="middle">{x_name}</text>',
        (
            f'<text transform="translate(16 {_HEIGHT / 2}) rotate(-90)" text-anchor="middle">'
            f"{y_name}</text>"
        ),
        *drawn,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _grid(across: Axis, up: Axis) -> list[str]:
    columns, rows = across.marks(), up.marks()
    left, right = across.at(columns[0]), _WIDTH - 16
    bottom, top = up.at(rows[0]), 40
    parts = []
    for value in columns:
        x = across.at(value)
        parts.append(_line(x, bottom, x, top))
        parts.append(f'<text x="{x:.0f}" y="{bottom + 18:.0f}" text-anchor="middle">')
        parts.append(f"{value:,.10g}</text>")
    for value in rows:
        y = up.at(value)
        parts.append(_line(left, y, right, y))
        parts.append(f'<text x="{left - 6:.0f}" y="{y + 4:.0f}" text-anchor="end">')
        parts.append(f"{value:,.10g}</text>")
    return parts


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" stroke="#e3e5e8"/>'


def _drawn(series: Series, number: int, across: Axis, up: Axis) -> list[str]:
    places = [(across.at(x), up.at(y)) for x, y in series.points]
    colour = _COLOURS[number % len(_COLOURS)]
    dashes = ' stroke-dasharray="5 4"' if series.is_reference else ""
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    is_bare = series.is_reference or len(places) > _MANY
    dots = () if is_bare else places
    return [
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in dots),
        f'<text x="{_MARGIN}" y="{_HEIGHT + _LINE * number}" fill="{colour}">{series.name}</text>',
    ]
