"""A short deck for the review meeting, from the same release as the report: coverage, targets, charts, difficulties,
proposals. Every number is a bound figure of the release; the same release gives the same bytes.
"""

from __future__ import annotations

import io
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Mm, Pt

from tienbo.catalogue.definitions import Outline, TableSpec, TextHeading
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import gettext as _
from tienbo.core.messages import speaking
from tienbo.core.words import number
from tienbo.engine.values import FrozenValues, Status
from tienbo.papers import chart, judgement, lao
from tienbo.papers.bindings import Binder, Cited
from tienbo.papers.blocks import Bound, Cell, Chart, Column, Document, Table, fill, in_a_row
from tienbo.papers.context import Context, inside, period_name
from tienbo.papers.package import packed
from tienbo.papers.tables import target_rows, verdict_text

ROWS, TEXTS, CHARTS, NAMES = 6, 6, 4, 12
"""At most, of a slide: rows of targets, texts cited; of a deck: charts; of missing units: names."""
LETTERS = 190
"""Letters of a cited text that a slide shows; the whole of it stands in the report."""
_NOTE_LETTERS = 125
"""So many letters of a note stand in one line across a slide, at 12 points."""
_WIDE, _HIGH = Mm(338.7), Mm(190.5)
_BLUE, _INK, _QUIET, _SOFT, _WHITE = map(bytes.fromhex, ("165280", "1F2A37", "55606E", "E7EFF6", "FFFFFF"))
_FONT = "Arial"

Texts = tuple[str | Bound, ...]


@dataclass(frozen=True, slots=True)
class Big:
    """A figure to be read from the last row of the room, and what it is."""

    figure: Texts
    words: str


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: figures on top, then lines, a table or a chart."""

    title: str
    lines: tuple[Texts, ...] = ()
    bigs: tuple[Big, ...] = ()
    table: Table | None = None
    chart: Chart | None = None

    def runs(self) -> Iterator[str | Bound]:
        """Every run on the slide."""
        for texts in (*(big.figure for big in self.bigs), *self.lines):
            yield from texts
        for row in self.table.rows if self.table else ():
            for cell in row:
                yield from cell.runs


@dataclass(frozen=True, slots=True)
class Deck:
    """The slides after the first, and what the first says."""

    issuer: str
    title: str
    place_and_date: str
    slides: tuple[Slide, ...]
    notice: str
    lang: str
    made_on: str


def deck(*, edition: Edition, outline: Outline, values: FrozenValues, context: Context, document: Document) -> Deck:
    """The deck of a paper; `document` is the composed paper, whose charts it shows."""
    with speaking(context.lang):
        binder = Binder(edition, values, context)
        name = _("Gender equality and the advancement of women: {period}, {locality}").format(
            period=period_name(context.when), locality=inside(context.unit).replace(" ", "\u00a0")
        )
        slides = [
            _coverage(binder),
            *_targets(binder),
            *_charts(document),
            *_texts(binder, outline, "limitation", _("Difficulties and limits")),
            *_texts(binder, outline, "proposal", _("Proposals")),
        ]
        return Deck(
            issuer=document.front.issuer.replace("\u00a0", " "),
            title=name,
            place_and_date=document.front.place_and_date,
            slides=tuple(slide for slide in slides if slide is not None),
            notice=context.notice,
            lang=context.lang,
            made_on=document.made_on,
        )


def _count(key: str, exact: object) -> Texts:
    return (Bound(key, number(exact)),)  # type: ignore[arg-type]


def _coverage(binder: Binder) -> Slide | None:
    """Who reported, who did not, and how many targets there is anything to say of."""
    context, tally = binder.context, binder.tally
    if not context.due:
        return None
    reported = Bound("units:reported", number(context.reported))
    due = Bound("units:due", number(context.due))
    bigs = [Big((reported, "/", due), _("units have reported"))]
    if tally.all:
        valued = (*_count("targets:valued", tally.valued), "/", *_count("targets:all", tally.all))
        bigs.append(Big(valued, _("targets have a figure")))
        bigs.append(Big(_count("targets:met", tally.met), _("meet the nearest value set")))
    lines: list[Texts] = []
    if context.missing:
        names = context.missing
        words: Texts = (in_a_row(names[:NAMES]),)
        if len(names) > NAMES:
            words = fill(_("{names} and others"), names=in_a_row(names[:NAMES]))
        lines.append(
            fill(_("No report yet from {count} units: "), count=Bound("units:missing", number(len(names))))
            + words
            + (".",)
        )
    if context.estimated:
        count = Bound("units:estimated", number(len(context.estimated)))
        lines.append(fill(_("{count} units gave estimates; final figures follow in the next report."), count=count))
    if tally.not_due:
        count = Bound("targets:not_due", number(tally.not_due))
        lines.append(fill(_("{count} targets are not yet due for collection."), count=count))
    if tally.missing:
        count = Bound("targets:missing", number(tally.missing))
        lines.append(fill(_("{count} targets have no data yet."), count=count))
    if context.same_last_year and not context.can_compare(context.same_last_year):
        lines.append((_("The figures cannot be compared with the same period last year: other units reported then."),))
    return Slide(_("Coverage of the figures"), tuple(lines), tuple(bigs))


def _targets(binder: Binder) -> Iterator[Slide]:
    """Targets that have a value of the period, beside what is set, in the order of the documents."""
    columns = (
        Column(_("Target"), 150),
        Column(_("Value set"), 45, "center"),
        Column(_("This period"), 40, "center"),
        Column(_("Standing"), 65),
    )
    rows = []
    for target, value, cells in target_rows(binder, TableSpec(kind="targets")):
        if value.status is not Status.VALUE:
            continue
        indicator = binder.edition.indicators[value.indicator]
        asked = judgement.plan(target, binder.context.when.year)
        verdict = verdict_text(binder, target, indicator, value, asked) if asked else ()
        unit = cells[2].runs
        shown = (*cells[5].runs, "%") if unit == ("%",) else cells[5].runs
        rows.append((Cell(cells[1].runs), cells[4], Cell(shown, bold=True), Cell(_capital(verdict))))
    count = -(-len(rows) // ROWS)
    size = -(-len(rows) // count) if count else ROWS  # no last slide with one row on it
    pages = [rows[start : start + size] for start in range(0, len(rows), size)]
    for index, page in enumerate(pages, 1):
        title = _("Targets with a figure of the period")
        title = f"{title} ({index}/{len(pages)})" if len(pages) > 1 else title
        yield Slide(title, table=Table("", columns, tuple(page)))


def _capital(texts: Texts) -> Texts:
    if texts and isinstance(texts[0], str):
        return (texts[0][:1].upper() + texts[0][1:], *texts[1:])
    return texts


def _charts(document: Document) -> Iterator[Slide]:
    # A picture higher than it is wide (thirty units in a row) is for paper: from the last row nobody could read it.
    drawn = [block for block in document.blocks() if isinstance(block, Chart) and not block.needs_table]
    broad = [one for one in drawn if operator.le(*reversed(chart.size(one.svg)))]
    for picture in islice(broad if len(broad) > 1 else drawn, CHARTS):
        yield Slide(picture.title.partition(". ")[2] or picture.title, chart=picture)


def _texts(binder: Binder, outline: Outline, heading: TextHeading, title: str) -> Iterator[Slide]:
    """What the report cites under a heading, those that most units wrote; nothing the report does not have."""
    if not any(heading in section.texts for section in outline.every_section()):
        return
    every = list(enumerate(binder.cited(heading)))
    if not every:
        return
    if not binder.is_chosen(heading):
        every.sort(key=lambda pair: -len(pair[1].units))
    shown = every[:TEXTS]
    lines: list[Texts] = []
    for addressee in dict.fromkeys(one.addressee for _index, one in shown):
        if addressee:
            lines.append((_("To {addressee}").format(addressee=addressee) + ":",))
        lines += [_line(heading, index, one) for index, one in shown if one.addressee == addressee]
    yield Slide(title, tuple(lines))


def _line(heading: TextHeading, index: int, one: Cited) -> Texts:
    words = one.text if len(one.text) <= LETTERS else one.text[:LETTERS].rsplit(" ", 1)[0] + " …"
    if not one.units:
        return (f"– {words}",)
    if len(one.units) == 1:
        return (f"– {words} ({one.units[0]})",)
    count = Bound(f"writers:{heading}|{index}", number(len(one.units)))
    return (f"– {words} (", *fill(_("{count} units"), count=count), ")")


# ------------------------------------------------------------------------------------------------------- writing


def write_pptx(made: Deck, path: Path) -> None:
    path.write_bytes(pptx_bytes(made))


def pptx_bytes(made: Deck) -> bytes:
    """The deck as a PowerPoint file, 16:9."""
    file = Presentation()
    file.slide_width, file.slide_height = _WIDE, _HIGH
    blank = file.slide_layouts[6]
    with speaking(made.lang):
        _first(file.slides.add_slide(blank), made)
        for index, slide in enumerate(made.slides, 2):
            _slide(file.slides.add_slide(blank), slide, made, index)
    properties, day = file.core_properties, datetime.fromisoformat(made.made_on).replace(tzinfo=UTC)
    properties.title, properties.author, properties.language = made.title[:255], made.issuer[:255], made.lang
    properties.created = properties.modified = properties.last_printed = day
    properties.last_modified_by, properties.revision = "", 1
    return packed(file)


def _first(page: Any, made: Deck) -> None:
    _band(page, 0, _HIGH, _BLUE)
    _box(page, 22, 30, 295, 20, [(made.issuer,)], 20, colour=_WHITE)
    _box(page, 22, 62, 295, 70, [(made.title,)], 40, bold=True, colour=_WHITE)
    _box(page, 22, 148, 295, 12, [(made.place_and_date,)], 18, colour=_WHITE)
    if made.notice:
        _box(page, 22, 166, 295, 10, [(made.notice,)], 16, colour=_WHITE)


def _slide(page: Any, slide: Slide, made: Deck, index: int) -> None:
    _band(page, 0, Mm(5), _BLUE)
    _box(page, 16, 11, 306, 22, [(slide.title,)], 28, bold=True, colour=_BLUE)
    top = 40.0
    if slide.bigs:
        across = 306 / len(slide.bigs)
        for place, big in enumerate(slide.bigs):
            _box(page, 16 + place * across, top, across - 6, 22, [big.figure], 48, bold=True, colour=_BLUE)
            _box(page, 16 + place * across, top + 23, across - 6, 14, [(big.words,)], 18, colour=_QUIET)
        top += 48
    if slide.lines:
        letters = sum(len("".join(map(_text, line))) for line in slide.lines)
        size = 22 if letters < 500 else 18 if letters < 900 else 16
        _box(page, 16, top, 306, 180 - top, slide.lines, size)
    if slide.table:
        _table(page, slide.table, top)
    if slide.chart:
        _picture(page, slide.chart)
    foot = "  ·  ".join(filter(None, (made.notice, str(index))))
    _box(page, 16, 178, 306, 8, [(foot,)], 12, colour=_QUIET, right=True)


def _band(page: Any, top: int, high: int, colour: bytes) -> None:
    shape = page.shapes.add_shape(1, 0, top, _WIDE, high)
    shape.fill.solid()
    shape.fill.fore_color.rgb = _rgb(colour)
    shape.line.fill.background()
    shape.shadow.inherit = False


def _box(
    page: Any,
    left: float,
    top: float,
    wide: float,
    high: float,
    lines: Sequence[Texts],
    size: int,
    *,
    bold: bool = False,
    colour: bytes = _INK,
    right: bool = False,
) -> None:
    """Lines of text; places and sizes in millimetres, letters in points."""
    frame = page.shapes.add_textbox(Mm(left), Mm(top), Mm(wide), Mm(high)).text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for index, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(size * 0.4) if len(lines) > 1 else Pt(0)
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        _write(paragraph, line, size, bold, colour)


def _write(paragraph: Any, texts: Texts, size: int, bold: bool, colour: bytes) -> None:
    for text in texts:
        run = paragraph.add_run()
        run.text = lao.printable(_text(text))
        run.font.size, run.font.bold, run.font.name, run.font.color.rgb = Pt(size), bold, _FONT, _rgb(colour)


def _rgb(colour: bytes) -> Any:
    return RGBColor(*colour)  # type: ignore[no-untyped-call]


def _text(run: str | Bound) -> str:
    return run.text if isinstance(run, Bound) else run


def _table(page: Any, table: Table, top: float) -> None:
    whole = sum(column.width for column in table.columns)
    rows = len(table.rows) + 1
    frame = page.shapes.add_table(rows, len(table.columns), Mm(16), Mm(top), Mm(306), Mm(16 * rows))
    held = frame.table
    for column, made in zip(table.columns, held.columns, strict=True):
        made.width = Mm(306 * column.width / whole)
    head = tuple(Cell((column.label,), bold=True) for column in table.columns)
    for at, row in enumerate((head, *table.rows)):
        held.rows[at].height = Mm(10 if at == 0 else 16)
        for across, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            place = held.cell(at, across)
            place.vertical_anchor = MSO_ANCHOR.MIDDLE
            place.fill.solid()
            place.fill.fore_color.rgb = _rgb(_BLUE if at == 0 else _SOFT if at % 2 == 0 else _WHITE)
            paragraph = place.text_frame.paragraphs[0]
            side = cell.align or column.align
            paragraph.alignment = PP_ALIGN.CENTER if side == "center" else PP_ALIGN.LEFT
            colour = _WHITE if at == 0 else _INK
            _write(paragraph, cell.runs, 14, cell.bold or at == 0, colour)


def _picture(page: Any, picture: Chart) -> None:
    """As large as fits under the title; who cannot see it is told what it says."""
    wide, high = chart.size(picture.svg)
    lines = ceil(len(picture.note) / _NOTE_LETTERS)
    room_wide, room_high = 306.0, 138.0 - 5.2 * lines
    across = min(room_wide, room_high * wide / high)
    down = across * high / wide
    left = 16 + (room_wide - across) / 2
    shape = page.shapes.add_picture(io.BytesIO(chart.png(picture.svg, 3.0)), Mm(left), Mm(38), Mm(across), Mm(down))
    shape._element.nvPicPr.cNvPr.set("descr", picture.alt)
    if picture.note:
        _box(page, 16, 176 - 5.2 * lines, 306, 5.2 * lines, [(picture.note,)], 12, colour=_QUIET)
