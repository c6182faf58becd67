"""A plot of points and curves on two logarithmic axes, as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT, _MARGIN = 640, 400, 64
_COLOURS = ("#1f5fbf", "#8a8f98", "#b3541e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points of one kind; drawn as a line, dashed where it is a reference."""

    name: str
    points: Sequence[tuple[float, float]]
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class _Axis:
    """Leads values to positions; goes from one power of ten to another."""

    low: int
    high: int
    begins: float
    ends: float

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begins + share * (self.ends - self.begins)


def svg(title: str, x_name: str, y_name: str, series: Sequence[Series]) -> str:
    """Return the plot as a document of its own."""
    points = [point for one in series for point in one.points]
    across = _axis([x for x, _ in points], _MARGIN, _WIDTH - 16)
    up = _axis([y for _, y in points], _HEIGHT - _MARGIN, 40)
    drawn = [part for number, one in enumerate(series) for part in _drawn(one, number, across, up)]
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
            ' font-family="sans-serif" font-size="12" fill="#333">'
        ),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
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


def _axis(values: Sequence[float], begins: float, ends: float) -> _Axis:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return _Axis(low, max(high, low + 1), begins, ends)


def _grid(across: _Axis, up: _Axis) -> list[str]:
    parts = []
    for power in range(across.low, across.high + 1):
        x = across.at(10.0**power)
        parts.append(_line(x, up.begins, x, up.ends))
        parts.append(f'<text x="{x:.0f}" y="{up.begins + 18:.0f}" text-anchor="middle">')
        parts.append(f"{10**power:,}</text>")
    for power in range(up.low, up.high + 1):
        y = up.at(10.0**power)
        parts.append(_line(across.begins, y, across.ends, y))
        parts.append(f'<text x="{across.begins - 6:.0f}" y="{y + 4:.0f}" text-anchor="end">')
        parts.append(f"{10.0**power:,.10g}</text>")
    return parts


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" stroke="#e3e5e8"/>'


def _drawn(series: Series, number: int, across: _Axis, up: _Axis) -> list[str]:
    places = [(across.at(x), up.at(y)) for x, y in series.points]
    colour = _COLOURS[number % len(_COLOURS)]
    dashes = ' stroke-dasharray="5 4"' if series.is_reference else ""
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = () if series.is_reference else places
    return [
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in dots),
        f'<text x="{_MARGIN + 12}" y="{60 + 18 * number}" fill="{colour}">{series.name}</text>',
    ]
