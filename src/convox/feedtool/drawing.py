"""The picture of a feed as SVG: a line of releases, the newest on top, a bow for each hop. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from convox.feedtool.picture import Kind, Node

_WIDTH, _TOP, _ROW, _LINE = 960, 96, 44, 16
_SPINE, _TEXT, _CHANNELS, _TITLE = 190, 216, 346, 470
_BOW, _WIDEST = 22, 150  # how far a hop over one row leans out, and the farthest
_TITLE_LENGTH, _REMARK_LENGTH = 64, 84
_COLOURS: Mapping[Kind, str] = {
    Kind.RELEASE: "#2f6fde",
    Kind.STOP: "#d97706",
    Kind.SUPERSEDED: "#94a3b8",
    Kind.WITHDRAWN: "#dc2626",
    Kind.ELSEWHERE: "#cbd5e1",
}
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #0f172a }
.version { font: 600 13px ui-monospace, monospace }
.faint { fill: #94a3b8 }
.remark { font-size: 11.5px; fill: #475569 }
.head { font-size: 18px; font-weight: 600 }
.channel { font-size: 11px; fill: #1e3a8a }
.pill { fill: #dbeafe }
.spine { stroke: #e2e8f0; stroke-width: 4; stroke-linecap: round }
.hop { fill: none; stroke: #2f6fde; stroke-opacity: .45; stroke-width: 1.5 }
.hop.to-stop { stroke: #d97706; stroke-opacity: .6 }
"""
_ARROWS = "".join(
    f'<marker id="{name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7"'
    f' orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{colour}"/></marker>'
    for name, colour in (("hop", _COLOURS[Kind.RELEASE]), ("to-stop", _COLOURS[Kind.STOP]))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    node: Node
    y: int


def draw(nodes: Sequence[Node], *, title: str) -> str:
    """Return the SVG."""
    rows = tuple(_rows(nodes))
    height = (rows[-1].y + _extra(rows[-1].node) if rows else _TOP) + _ROW + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style><defs>{_ARROWS}</defs>",
        f'<rect width="{_WIDTH}" height="{height}" rx="14" fill="#ffffff"/>',
        f'<text class="head" x="32" y="42">{escape(title)}</text>',
        f'<text class="faint" x="32" y="64">{_sum(nodes)}</text>',
        *_hops(rows),
        *(part for row in rows for part in _release(row)),
        *_legend(height - 24),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _rows(nodes: Sequence[Node]) -> Iterator[_Row]:
    y = _TOP
    for node in nodes:
        yield _Row(node=node, y=y)
        y += _ROW + _extra(node)


def _extra(node: Node) -> int:
    return _LINE * max(0, len(node.remarks) - 1)


def _sum(nodes: Sequence[Node]) -> str:
    stops = sum(node.kind == Kind.STOP for node in nodes)
    withdrawn = sum(node.kind == Kind.WITHDRAWN for node in nodes)
    return f"{len(nodes)} releases, {stops} required, {withdrawn} withdrawn; newest on top"


def _hops(rows: Sequence[_Row]) -> Iterator[str]:
    places = {row.node.version: (position, row) for position, row in enumerate(rows)}
    if rows:
        yield (
            f'<line class="spine" x1="{_SPINE}" y1="{rows[0].y}" x2="{_SPINE}" y2="{rows[-1].y}"/>'
        )
    for position, row in enumerate(rows):
        if row.node.leads_to is not None:
            over, target = places[row.node.leads_to]
            yield _hop(row, target, position - over)


def _hop(row: _Row, target: _Row, rows: int) -> str:
    lean = _SPINE - min(_WIDEST, _BOW + 12 * rows)
    name = "to-stop" if target.node.kind == Kind.STOP else "hop"
    start, end = row.y - 4, target.y + 4
    return (
        f'<path class="hop {name}" d="M{_SPINE - 7},{start} C{lean},{start} {lean},{end}'
        f' {_SPINE - 9},{end}" marker-end="url(#{name})"/>'
    )


def _release(row: _Row) -> Iterator[str]:
    node, colour = row.node, _COLOURS[row.node.kind]
    yield _sign(node.kind, row.y, colour)
    faint = "" if node.kind in {Kind.RELEASE, Kind.STOP} else " faint"
    base = row.y + 5
    yield f'<text class="version{faint}" x="{_TEXT}" y="{base}">{node.version}</text>'
    x = _CHANNELS
    for channel in node.channels:
        width = 14 + round(6.4 * len(channel))
        yield _pill(channel, x, row.y, width)
        x += width + 6
    title = escape(_cut(node.title, _TITLE_LENGTH))
    yield f'<text class="title{faint}" x="{max(x, _TITLE)}" y="{base}">{title}</text>'
    for number, remark in enumerate(node.remarks, start=1):
        text = escape(_cut(remark, _REMARK_LENGTH))
        yield f'<text class="remark" x="{_TEXT}" y="{base + _LINE * number}">{text}</text>'


def _pill(text: str, x: int, y: int, width: int) -> str:
    return (
        f'<rect class="pill" x="{x}" y="{y - 9}" width="{width}" height="18" rx="9"/>'
        f'<text class="channel" x="{x + 7}" y="{y + 4}">{escape(text)}</text>'
    )


def _sign(kind: Kind, y: int, colour: str) -> str:
    if kind == Kind.STOP:
        return f'<rect x="{_SPINE - 7}" y="{y - 7}" width="14" height="14" rx="3" fill="{colour}"/>'
    if kind == Kind.WITHDRAWN:
        cross = f"M{_SPINE - 5},{y - 5} l10,10 m0,-10 l-10,10"
        return (
            f'<circle cx="{_SPINE}" cy="{y}" r="8" fill="#ffffff"/>'
            f'<path d="{cross}" stroke="{colour}" stroke-width="3" stroke-linecap="round"/>'
        )
    fill = colour if kind == Kind.RELEASE else "#ffffff"
    return (
        f'<circle cx="{_SPINE}" cy="{y}" r="6" fill="{fill}" stroke="{colour}" stroke-width="2.5"/>'
    )


def _legend(y: int) -> Iterator[str]:
    x = 32
    for kind, colour in _COLOURS.items():
        yield f'<g transform="translate({x - _SPINE + 6})">{_sign(kind, y - 4, colour)}</g>'
        yield f'<text class="remark" x="{x + 20}" y="{y}">{kind}</text>'
        x += 44 + 7 * len(kind)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
