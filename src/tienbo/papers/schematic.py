"""A province as tiles: every unit one tile near where it lies, coloured by where it stands or by its value.

Nobody has surveyed lines for this picture, so it draws none and says so. Its classes and their words are those of the
heat table, which always comes with it. Colours are told apart by the colour-blind and in grey; why there is no figure
is also a pattern. The SVG has neither style nor script: it stands in a page, in a PDF and in Word alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from html import escape
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import Target
from tienbo.core.messages import gettext as _
from tienbo.core.messages import language, ngettext
from tienbo.core.words import day_words, number, sort_key
from tienbo.engine.values import Status, Value
from tienbo.papers import fonts, judgement, verdicts
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import Bound, Cell, Chart, Column, Table
from tienbo.papers.chart import WIDTH
from tienbo.papers.tiles import Cell as Place
from tienbo.papers.tiles import Layout, Point, layout
from tienbo.papers.verdicts import VERDICT_WORDS, WITHOUT_VALUE, Verdict

By = Literal["verdict", "value"]
CLASSES = 5
"""Classes of values at most: more shades than these nobody tells apart."""
CROWDED = Decimal("0.6")
"""Share of the units in one class of equal width above which classes of about equal numbers say more."""
HIGHEST = 640
"""Height of the tiles at most, in the drawing's own units: with its legend the picture stays on one page."""
TERRITORIES = ("commune", "district", "province")
"""Families of units that lie somewhere of their own, the smallest first."""
FEWEST = 3
"""Units with a point from which a picture says more than the table."""
LETTERS = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)
"""Sizes that names are tried in. Where not even the last has room, tiles are numbered and a key follows."""
ABBREVIATED = 0.1
"""Share of the names that may be abbreviated ("N. Bỉnh Khiêm") before numbers are better."""
LEADING = 1.16
_TEXT, _QUIET, _LINE = "#1f2a37", "#55606e", "#8a94a0"


class Tile(NamedTuple):
    """A unit and what is told of it, as its cell of the heat table tells it.

    `words` say where it stands, `figure` is its figure in print or (), `value` the exact one for classes of values.
    `label` is its name without its type; the whole name where it is empty.
    """

    key: str
    name: str
    verdict: Verdict
    words: str
    figure: tuple[str | Bound, ...] = ()
    value: Decimal | None = None
    label: str = ""

    @property
    def text(self) -> str:
        """The figure as printed."""
        return "".join(run.text if isinstance(run, Bound) else run for run in self.figure)

    @property
    def said(self) -> str:
        """What the tile says of itself."""
        parts = ", ".join(part for part in (self.text, self.words) if part)
        return f"{self.name}: {parts}" if parts else self.name


def tile_told(
    binder: Binder, value: Value, target: Target | None = None
) -> tuple[Verdict, str, tuple[str | Bound, ...]]:
    """Where a value stands against a target that holds for its unit, in words, and its figure; without a target only
    why there is none."""
    indicator, period = binder.edition.indicators[value.indicator], binder.context.when
    why = judgement.status(value, indicator, period)
    asked = judgement.plan(target, period.year) if target else None
    is_known = why in (Status.VALUE, Status.INTERVAL)
    figure = binder.cell(value, asked.value if asked else None) if is_known else ()
    if target is None and why is Status.VALUE:
        return Verdict.UNJUDGED, "", figure
    found = verdicts.verdict(target, indicator, value, period) if target else WITHOUT_VALUE[why]
    none = found is Verdict.NONE_OCCURRED and indicator.zero_base is not None
    return found, str(indicator.zero_base) if none else _(VERDICT_WORDS[found]), figure


class Look(NamedTuple):
    """`pattern` names one of PATTERNS, `corner` cuts a dark corner: both are seen without colours."""

    fill: str
    ink: str = _TEXT
    pattern: str = ""
    corner: bool = False


class Sort(NamedTuple):
    """A class of tiles with its words in the legend."""

    words: str
    look: Look
    keys: tuple[str, ...]


LOOKS: Mapping[Verdict, Look] = {
    Verdict.MET: Look("#1f5a85", "#ffffff"),
    Verdict.UNMET: Look("#f7bd80", corner=True),
    Verdict.ABOUT: Look("#fbf0c4", pattern="rings"),
    Verdict.UNJUDGED: Look("#c8d7e3"),
    Verdict.NOT_HELD: Look("#dfe6ec"),
    Verdict.NOT_DUE: Look("#ffffff", pattern="dots"),
    Verdict.MISSING: Look("#ffffff", pattern="slant"),
    Verdict.NOT_ASKED: Look("#ffffff", _QUIET),
    Verdict.NOT_APPLICABLE: Look("#ffffff", pattern="level"),
    Verdict.NONE_OCCURRED: Look("#f1f1f1", pattern="rings"),
    Verdict.NOT_COMPARABLE: Look("#ffffff", pattern="upright"),
    Verdict.INTERVAL: Look("#ffffff", pattern="steps"),
    Verdict.WITHHELD: Look("#e6e6e6", pattern="crossed"),
}
SHADES: Mapping[int, tuple[Look, ...]] = {
    classes: tuple(
        Look(("#e1edf7", "#b3d1e8", "#7fb2d9", "#2f73a9", "#123f66")[at], "#ffffff" if at > 2 else _TEXT)
        for at in chosen
    )
    for classes, chosen in {1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 2, 3, 4), 5: (0, 1, 2, 3, 4)}.items()
}
"""Number of classes → their looks, light for the lowest."""

_RULE = 'fill="none" stroke="#a9b1ba" stroke-width="1"'
PATTERNS: Mapping[str, str] = {
    "slant": f'<path d="M-1 1L1 -1M0 6L6 0M5 7L7 5" {_RULE}/>',
    "crossed": f'<path d="M0 0L6 6M0 6L6 0" {_RULE}/>',
    "upright": f'<path d="M3 0V6" {_RULE}/>',
    "steps": f'<path d="M0 4.5H3V1.5H6" {_RULE}/>',
    "level": f'<path d="M0 3H6" {_RULE}/>',
    "dots": '<circle cx="3" cy="3" r="0.9" fill="#98a1ab"/>',
    "rings": f'<circle cx="3" cy="3" r="1.7" {_RULE}/>',
}
"""Six by six units of each pattern."""


# --------------------------------------------------------------------------------------------------------- classes


def sorts(tiles: Sequence[Tile], by: By) -> list[Sort]:
    """The classes of tiles that hold any: values from the lowest, then where no value stands and why."""
    told = [tile for tile in tiles if by == "value" and tile.value is not None]
    valued = {tile.key for tile in told}
    found = list(_by_value(told)) if told else []
    for verdict, look in LOOKS.items():
        held = [tile for tile in tiles if tile.verdict is verdict and tile.key not in valued]
        for words in dict.fromkeys(tile.words for tile in held):
            found.append(Sort(words, look, tuple(tile.key for tile in held if tile.words == words)))
    return found


def _by_value(tiles: Sequence[Tile]) -> Iterable[Sort]:
    values = {tile.key: tile.value for tile in tiles if tile.value is not None}
    ends = breaks(list(values.values()))
    shades = SHADES[len(ends) + 1]
    for at, look in enumerate(shades):
        low, high = (ends[at - 1] if at else None), (ends[at] if at < len(ends) else None)
        inside = [
            key for key, value in values.items() if (low is None or value >= low) and (high is None or value < high)
        ]
        if inside:
            yield Sort(_range(low, high), look, tuple(inside))


def _range(low: Decimal | None, high: Decimal | None) -> str:
    if low is None:
        return _("under {high}").format(high=number(high)) if high is not None else _("the same everywhere")
    if high is None:
        return _("{low} and more").format(low=number(low))
    return _("{low} to under {high}").format(low=number(low), high=number(high))


def breaks(values: Sequence[Decimal]) -> list[Decimal]:
    """Round numbers at which a class ends and the next begins: of equal width, or where most units would fall into one
    class, of about equal numbers."""
    low, high = min(values), max(values)
    if low == high:
        return []
    found = _even(low, high)
    classes = Counter(sum(value >= end for end in found) for value in values)
    if max(classes.values()) > CROWDED * len(values):
        ordered = sorted(values)
        quarters = [_rounded(ordered[len(ordered) * part // 4]) for part in (1, 2, 3)]
        found = sorted({end for end in quarters if low < end < high}) or found
    return found


def _even(low: Decimal, high: Decimal) -> list[Decimal]:
    """Multiples of the smallest 1, 2 or 5 times a power of ten that make no more than CLASSES classes."""
    size = Decimal(1).scaleb((high - low).adjusted() - 1)
    for step in (size * factor for factor in (1, 2, 5, 10, 20, 50)):
        first = (low // step + (1 if low >= 0 or low % step == 0 else 0)) * step
        ends = [first + step * at for at in range(CLASSES) if first + step * at < high]
        if len(ends) < CLASSES:
            return ends
    raise AssertionError("fifty times a tenth of the width is more than the width")


def _rounded(value: Decimal) -> Decimal:
    """Two digits that count: 1 387 → 1 400."""
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 1)) if value else value


# --------------------------------------------------------------------------------------------------------- letters

_WIDTHS = {**dict.fromkeys("iíìỉĩịjlIÍÌỈĨỊ.,'’·:;| ", 0.28), **dict.fromkeys("frtst()-–/", 0.4),
           **dict.fromkeys("mMW%", 0.89), **dict.fromkeys("wGOQÓÒỎÕỌÔỐỒỔỖỘƠỚỜỞỠỢ", 0.79)}  # fmt: skip


NARROWER: Mapping[str, float] = {fonts.FAMILY: 0.9}
"""How wide the letters of a family are beside those of Arial."""


def breadth(text: str, size: float) -> float:
    """How wide a text is at most, in Arial."""
    return size * sum(_WIDTHS.get(char, 0.73 if char.isupper() else 0.57) for char in text)


def folded(text: str, room: float, rows: int, size: float) -> list[str] | None:
    """A name in lines of whole words within `room`; None where it takes more than `rows` of them."""
    lines: list[str] = []
    for word in text.split():
        if breadth(word, size) > room:
            return None
        if lines and breadth(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines if len(lines) <= rows else None


def abbreviated(text: str, room: float, rows: int, size: float) -> list[str] | None:
    """The same with as many leading words as needed cut to their first letters."""
    words = text.split()
    for cut in range(1, len(words)):
        short = " ".join(["".join(f"{word[0]}." for word in words[:cut]), *words[cut:]])
        found = folded(short, room, rows, size)
        if found:
            return found
    return None


@dataclass(frozen=True)
class Lettering:
    """How tiles are named: lines of each by key, or numbers with a key below."""

    size: float
    lines: Mapping[str, Sequence[str]]
    numbered: bool = False


def lettering(tiles: Sequence[Tile], wide: float, high: float, numbers: Mapping[str, int]) -> Lettering:
    """Names in the largest letters in which all have room in a tile; else a few abbreviated; else numbers."""
    names = {tile.key: tile.label or tile.name for tile in tiles}
    room = wide - 3
    for size in LETTERS:
        rows = int((high - 3) / (size * LEADING))
        lines = {key: folded(name, room, rows, size) for key, name in names.items()}
        lacking = [key for key, held in lines.items() if held is None]
        if lacking and size == LETTERS[-1] and len(lacking) <= max(1, ABBREVIATED * len(names)):
            lines |= {key: abbreviated(names[key], room, rows, size) for key in lacking}
            lacking = [key for key in lacking if lines[key] is None]
        if not lacking:
            return Lettering(size, {key: held for key, held in lines.items() if held is not None})
    digits = len(str(len(tiles)))
    size = min(12.0, (wide - 1) / breadth("0" * digits, 1), (high - 2) / LEADING)
    return Lettering(size, {key: [str(numbers[key])] for key in names}, True)


# --------------------------------------------------------------------------------------------------------- drawing


class Drawn(NamedTuple):
    """The picture; `numbers` by key where tiles are numbered, so that the heat table can say them too."""

    svg: str
    numbers: Mapping[str, int]


@lru_cache(maxsize=64)
def _laid(units: tuple[str, ...], points: tuple[tuple[str, Point], ...]) -> Layout:
    """The same units lie the same way, whatever is told of them."""
    return layout(units, dict(points))


@dataclass(frozen=True)
class Schematic:
    """What is drawn. `title` says what of (an indicator, a target), `day` on which day's map, `unit` the unit of
    measure of values."""

    title: str
    day: date
    tiles: tuple[Tile, ...]
    points: Mapping[str, Point]
    by: By = "verdict"
    unit: str = ""

    @cached_property
    def layout(self) -> Layout:
        keys = tuple(tile.key for tile in self.tiles)
        return _laid(keys, tuple((key, self.points[key]) for key in keys if key in self.points))

    @cached_property
    def sorts(self) -> list[Sort]:
        return sorts(self.tiles, self.by)

    @property
    def warning(self) -> str:
        """The words without which no such picture may leave."""
        return _("Schematic, not a map of boundaries")

    @property
    def map_words(self) -> str:
        return _("Administrative units as of {day}").format(day=day_words(self.day))

    @property
    def alt(self) -> str:
        """What it says to who cannot see it."""
        told = "; ".join(f"{one.words}: {_units(len(one.keys))}" for one in self.sorts)
        return f"{self.title}. {self.warning}. {self.map_words}. {told}."

    def picture(self, width: int = WIDTH, font: str = fonts.FAMILY, *, with_key: bool = True) -> Drawn:
        """As SVG, `width` in its own units. Where tiles are numbered a key follows them, unless the table has it."""
        return _Picture(self, width, font).drawn(with_key)

    def blocks(self, caption: str) -> tuple[Chart, Table]:
        """For paper: the picture, and the heat table that is never left out."""
        drawn = self.picture(with_key=False)
        note = _("The numbers are those of the table below.") if drawn.numbers else ""
        return Chart(caption, drawn.svg, self.alt, note, needs_table=True), self.heat_table(drawn.numbers)

    def heat_table(self, numbers: Mapping[str, int]) -> Table:
        """Unit, figure, where it stands: what the tiles say, in the order given, or by number; two units to a row. Of
        values, only why there is none is said, in its place."""
        head = [Column(_("No."), 12, "center")] if numbers else []
        figure = _("Value ({unit})").format(unit=self.unit) if self.unit else _("Value")
        head += [Column(_("Unit"), 52), Column(figure, 28, "right")]
        head += [Column(_("Where it stands"), 30)] if self.by == "verdict" else []
        cells: list[tuple[Cell, ...]] = []
        for tile in sorted(self.tiles, key=lambda tile: numbers.get(tile.key, 0)):
            words = (tile.words,) if tile.words else ()
            told = [Cell(tile.figure), Cell(words)] if self.by == "verdict" else [_either(tile.figure, words)]
            cells.append((*([Cell((str(numbers[tile.key]),))] if numbers else ()), Cell((tile.name,)), *told))
        if len(cells) % 2:
            cells.append((Cell(()),) * len(head))
        rows = (left + right for left, right in zip(cells[::2], cells[1::2], strict=True))
        return Table("", tuple(head * 2), tuple(rows))


def _either(figure: tuple[str | Bound, ...], words: tuple[str, ...]) -> Cell:
    return Cell(figure) if figure else Cell(words, italic=True)


def _units(found: int) -> str:
    return ngettext("{n} unit", "{n} units", found).format(n=number(found))


_HEAD, _SMALL, _GAP = 13.0, 11.5, 2.0


@dataclass
class _Picture:
    of: Schematic
    width: int
    font: str

    def __post_init__(self) -> None:
        self.parts: list[str] = []
        self.down = 0.0
        tiles, made = self.of.tiles, self.of.layout
        columns = max(made.columns, min(len(made.unplaced), 8), 1)
        wide = min(66.0, (self.width - 2) / columns)
        high = min(wide * 0.88, HIGHEST / max(made.rows, 1))
        self.tile = (min(wide, high * 1.5), high)
        ordered = sorted(tiles, key=lambda tile: (sort_key(tile.label or tile.name), tile.key))
        self.numbers = {tile.key: at for at, tile in enumerate(ordered, 1)}
        self.names = {tile.key: tile.label or tile.name for tile in ordered}
        self.narrow = NARROWER.get(self.font, 1.0)
        self.letters = lettering(tiles, (self.tile[0] - _GAP) / self.narrow, self.tile[1] - _GAP, self.numbers)
        self.looks = {key: one.look for one in self.of.sorts for key in one.keys}

    def drawn(self, with_key: bool) -> Drawn:
        self._head()
        self._legend()
        self._tiles()
        if self.letters.numbered and with_key:
            self._key()
        return Drawn(self._wrapped(), self.numbers if self.letters.numbered else {})

    def _wrapped(self) -> str:
        used = dict.fromkeys(look.pattern for look in self.looks.values() if look.pattern)
        patterns = "".join(
            f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">{PATTERNS[name]}</pattern>'
            for name in used
        )
        high = round(self.down + 2)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{high}" '
            f'viewBox="0 0 {self.width} {high}" role="img" aria-labelledby="title desc" xml:lang="{language()}" '
            f'font-family="{escape(self.font)}"><title id="title">{escape(self.of.title)}</title>'
            f'<desc id="desc">{escape(self.of.alt)}</desc><defs>{patterns}</defs>'
            f'<rect width="{self.width}" height="{high}" fill="#ffffff"/>{"".join(self.parts)}</svg>'
        )

    def _write(self, text: str, size: float, *, ink: str = _TEXT, bold: bool = False) -> None:
        """Lines across the whole picture, below what stands already."""
        for line in folded(text, self.width * (0.92 if bold else 1.0), 9, size) or [text]:
            self.down += size * 1.35
            weight = ' font-weight="bold"' if bold else ""
            self.parts.append(
                f'<text x="1" y="{self.down:.1f}" font-size="{size}" fill="{ink}"{weight}>{escape(line)}</text>'
            )

    def _head(self) -> None:
        self._write(self.of.warning, _HEAD, bold=True)
        words = self.of.map_words
        if self.of.by == "value" and self.of.unit:
            words += " · " + _("unit of measure: {unit}").format(unit=self.of.unit)
        self._write(words, _SMALL, ink=_QUIET)
        self.down += 6

    def _legend(self) -> None:
        """One entry after another, as many in a line as have room."""
        across, line = 1.0, 18.0
        entries = [(f"{one.words} ({number(len(one.keys))})", one.look, False) for one in self.of.sorts]
        if self.of.layout.far:
            entries.append((_("far away (islands), brought near"), Look("#ffffff"), True))
        for words, look, far in entries:
            needed = 24 + breadth(words, _SMALL) * self.narrow + 14
            if across > 1 and across + needed > self.width:
                across, self.down = 1.0, self.down + line
            self.parts += [
                *self._box(across, self.down + 2, 18, 12, look, far=far),
                f'<text x="{across + 24:.1f}" y="{self.down + 12:.1f}" font-size="{_SMALL}" fill="{_TEXT}">'
                f"{escape(words)}</text>",
            ]
            across += needed
        self.down += line + 8

    def _box(self, x: float, y: float, wide: float, high: float, look: Look, *, far: bool = False) -> list[str]:
        dashed = ' stroke-dasharray="4 2" stroke-width="1.6"' if far else ' stroke-width="0.8"'
        line = "#1f2a37" if far else _LINE
        at = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
        made = [f'<rect {at} fill="{look.fill}" stroke="{line}"{dashed}/>']
        if look.pattern:
            made.append(f'<rect {at} fill="url(#{look.pattern})"/>')
        if look.corner:
            cut = min(7.0, high / 2)
            made.append(f'<path d="M{x + wide - cut:.1f} {y:.1f}h{cut:.1f}v{cut:.1f}z" fill="#a34700"/>')
        return made

    def _tiles(self) -> None:
        made, (wide, high) = self.of.layout, self.tile
        left = (self.width - wide * made.columns) / 2
        for tile in self.of.tiles:
            cell = made.cells.get(tile.key)
            if cell is not None:
                self._tile(tile, left, self.down, cell, far=tile.key in made.far)
        self.down += high * made.rows
        if made.unplaced:
            self.down += 6 if made.cells else 0
            self._write(_("Place not known yet:"), _SMALL)
            self.down += 5
            by_key = {tile.key: tile for tile in self.of.tiles}
            row = max(1, int((self.width - 2) / wide))
            for at, key in enumerate(made.unplaced):
                self._tile(by_key[key], 1, self.down, Place(at // row, at % row))
            self.down += high * -(-len(made.unplaced) // row)

    def _tile(self, tile: Tile, left: float, top: float, cell: Place, *, far: bool = False) -> None:
        wide, high = self.tile
        x, y = left + cell.column * wide + _GAP / 2, top + cell.row * high + _GAP / 2
        look, size = self.looks[tile.key], self.letters.size
        lines = self.letters.lines[tile.key]
        halo = (
            ' stroke="#ffffff" stroke-width="2.6" paint-order="stroke" stroke-linejoin="round"' if look.pattern else ""
        )
        middle, first = (
            x + (wide - _GAP) / 2,
            y + (high - _GAP) / 2 - (len(lines) - 1) * size * LEADING / 2 + size * 0.35,
        )
        self.parts += [
            f"<g><title>{escape(tile.said)}</title>",
            *self._box(x, y, wide - _GAP, high - _GAP, look, far=far),
            *(
                f'<text x="{middle:.1f}" y="{first + at * size * LEADING:.1f}" font-size="{size:.3g}" '
                f'text-anchor="middle" fill="{look.ink}"{halo}>{escape(line)}</text>'
                for at, line in enumerate(lines)
            ),
            "</g>",
        ]

    def _key(self) -> None:
        """Number and name of every tile, down the columns."""
        entries = [f"{at}. {self.names[key]}" for key, at in self.numbers.items()]
        size = _SMALL
        needed = max(breadth(entry, size) for entry in entries) * self.narrow + 12
        columns = max(1, int(self.width / needed))
        rows = -(-len(entries) // columns)
        self.down += 10
        for at, entry in enumerate(entries):
            x, y = 1 + at // rows * (self.width / columns), self.down + (at % rows + 1) * size * 1.3
            self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{_TEXT}">{escape(entry)}</text>')
        self.down += rows * size * 1.3 + 4
