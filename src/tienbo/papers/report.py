"""Edition, outline, frozen values and context → Document. Nothing is said that the release does not hold.

A heading stands only where something stands under it; headings are numbered after that. Definitions whose text was not
seen are marked on the drafter's screen, never here: this is the paper that is signed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

from tienbo.catalogue.definitions import ChartSpec, Outline, Section, TextHeading, Unit
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import gettext as _
from tienbo.core.messages import speaking
from tienbo.core.tree import family
from tienbo.core.words import clean, month_words, number, roman
from tienbo.engine.values import FrozenValues, Status
from tienbo.papers import chart, judgement, trends
from tienbo.papers.bindings import CITED, Binder, Cited
from tienbo.papers.blocks import Annex, Back, Block, Chart, Document, Front, Heading, Paragraph, Run, Table
from tienbo.papers.context import Context, period_name
from tienbo.papers.narration import Narrator, named
from tienbo.papers.schematic import FEWEST, TERRITORIES, Schematic, Tile, tile_told
from tienbo.papers.tables import entered, tables, unit_name
from tienbo.papers.tiles import Point

NAME_KEPT = 24
"""Letters up to which a name stays on one line of the paper's head."""
SHOWN_BARS = 15
"""Units at each end of a ranked chart; all of them stand in the annex's tables."""


def compose(*, edition: Edition, outline: Outline, values: FrozenValues, context: Context) -> Document:
    """The report as a document, in the context's language. The same arguments give an equal document."""
    with speaking(context.lang):
        return _Composer(edition, outline, values, context).document()


class _Composer:
    def __init__(self, edition: Edition, outline: Outline, values: FrozenValues, context: Context) -> None:
        self.edition, self.outline, self.context = edition, outline, context
        self.binder = Binder(edition, values, context)
        self.narrator = Narrator(self.binder)
        self.charts = 0

    def document(self) -> Document:
        body: list[Block] = [*self.narrator.paragraphs(self.outline.opening)]
        parts = [section for section in self.outline.sections if not section.annex]
        body += self._numbered(parts)
        body += self.narrator.paragraphs(self.outline.closing)
        made_on = self.context.report_date or self.context.span.last_day or date(2000, 1, 1)
        return Document(
            front=self._front(),
            body=tuple(body),
            back=self._back(),
            annex=tuple(self._annexes()),
            notice=self.context.notice,
            lang=self.context.lang,
            made_on=made_on.isoformat(),
        )

    # -------------------------------------------------------------------------------------------- front, back

    def _front(self) -> Front:
        profile, context = self.context.profile, self.context
        return Front(
            superior=self._filled(profile.superior).upper(),
            issuer=self._filled(profile.issuer).upper(),
            nation=str(profile.nation) if profile.nation else _("SOCIALIST REPUBLIC OF VIET NAM"),
            motto="" if profile.nation else _("Independence - Freedom - Happiness"),
            number=self._number(),
            place_and_date=place_and_date(context.place, context.report_date, self._year()),
            kind=_("REPORT"),
            subject=self.narrator.text(self.outline.subject),
            addressee=context.addressee,
        )

    def _year(self) -> int:
        last = self.context.span.last_day
        return last.year if last else self.context.when.year

    def _number(self) -> str:
        """The line that the office registering papers fills in: "Số:        /BC-BVSTBPN"."""
        line = _("No.:        /{symbol}").format(symbol=self.context.profile.symbol or self.outline.symbol)
        return line.replace("/", self.context.profile.number_sign, 1)

    def _back(self) -> Back:
        recipients = [self.narrator.text(text) for text in self.outline.recipients]
        return Back(
            signature=tuple(self._filled(line).upper() for line in self.context.profile.signature),
            signer=self.context.signer,
            recipients_title=_("Recipients:"),
            recipients=tuple(recipients),
        )

    def _filled(self, line: str) -> str:
        return profile_line(line, province=self.context.province, unit=self.context.unit.name)

    # ------------------------------------------------------------------------------------------------ sections

    def _numbered(self, sections: Iterable[Section], depth: int = 1, above: str = "") -> Iterator[Block]:
        """Sections that have something to say, each under its number."""
        index = 0
        for section in sections:
            held = list(self._section(section, depth, above))
            if not held:
                continue
            index += 1
            yield self._heading(section, depth, index, section.place(above))
            yield from held

    def _heading(self, section: Section, depth: int, index: int, place: str) -> Heading:
        title = self.narrator.text(section.title)
        if depth == 1:
            number_of = roman(index) + "." if self.outline.kind == "own" else _("Part {number}")
            level: Literal[1, 2, 3] = 2 if self.outline.kind == "own" else 1
            return Heading(level, title.upper(), number_of.format(number=roman(index)), place)
        if depth == 2:
            return Heading(2, title, f"{index}.", place)
        return Heading(3, title, f"{chr(ord('a') + index - 1)})", place)

    def _section(self, section: Section, depth: int, above: str = "") -> Iterator[Block]:
        self.narrator.noted.clear()
        at = section.place(above)
        yield from self._by_hand(at, "before")
        yield from self._content(section, depth)
        yield from self._by_hand(at, "after")
        yield from self._numbered(section.sections, depth + 1, at)

    def _by_hand(self, section: str, place: Literal["before", "after"]) -> Iterator[Paragraph]:
        """What the drafter wrote there, a paragraph a line; a line that begins with a dash is a bullet."""
        for one in self.context.by_hand:
            if (one.section, one.place) == (section, place):
                for line in filter(None, map(clean, one.text.splitlines())):
                    dashed = re.match(r"[-–•+*]\s+", line)
                    yield Paragraph((line[dashed.end() :] if dashed else line,), "bullet" if dashed else "body", True)

    def _content(self, section: Section, depth: int) -> Iterator[Block]:
        yield from self.narrator.paragraphs(section.sentences)
        for heading in section.texts:
            yield from self._texts(section, heading, depth)
        for table in section.tables:
            yield from tables(self.binder, table)
        for spec in section.charts:
            yield from self._charts(spec)

    def _annexes(self) -> Iterator[Annex]:
        found: list[tuple[str, tuple[Block, ...]]] = []
        for section in self.outline.sections:
            if section.annex:
                blocks = tuple(self._section(section, 2))
                if blocks:
                    found.append((self.narrator.text(section.title), blocks))
        if self.outline.kind == "own" and self.context.content is not None:
            held = tuple(entered(self.binder, self.context.content))
            if held:
                found.append((_("Figures reported by the unit"), held))
        for index, (title, blocks) in enumerate(found):
            name = _("Annex {number}").format(number=roman(index + 1)) if len(found) > 1 else _("Annex")
            wide = any(isinstance(block, Table) and block.landscape for block in blocks)
            yield Annex(name.upper(), title, blocks, landscape=wide)

    # --------------------------------------------------------------------------------------------------- texts

    def _texts(self, section: Section, heading: TextHeading, depth: int) -> Iterator[Block]:
        """What the units wrote, in their words, each with who wrote it; proposals by whom they are addressed to."""
        every = list(enumerate(self.binder.cited(heading)))
        addressees = list(dict.fromkeys(one.addressee for _index, one in every))
        most = None if self.binder.is_chosen(heading) else section.texts_at_most
        cited = [pair for addressee in addressees for pair in _most_written(every, addressee, most)]
        if len(cited) < len(every) and section.texts_lead is not None:
            yield Paragraph((self.narrator.text(section.texts_lead),))
        if heading != "proposal":
            yield from (self._bullet(heading, index, one) for index, one in cited)
            return
        for order, addressee in enumerate(addressees):
            if addressee:
                title = _("To {addressee}").format(addressee=addressee)
                level: Literal[2, 3] = 2 if depth == 1 else 3
                yield Heading(level, title, f"{order + 1}." if level == 2 else f"{chr(ord('a') + order)})")
            yield from (self._bullet(heading, index, one) for index, one in cited if one.addressee == addressee)

    def _bullet(self, heading: TextHeading, index: int, one: Cited) -> Paragraph:
        if not one.units or one.units == (self.context.unit.name,):
            return Paragraph((f"{one.text}.",), "bullet")
        units: tuple[Run, ...] = named(one.units, CITED, f"cited:{heading}|{index}")
        head, tail = f"{one.text} (", ")."
        runs = (head + units[0], *units[1:]) if isinstance(units[0], str) else (head, *units)
        last = runs[-1]
        return Paragraph((*runs[:-1], last + tail) if isinstance(last, str) else (*runs, tail), "bullet")

    # -------------------------------------------------------------------------------------------------- charts

    def _charts(self, spec: ChartSpec) -> Iterator[Block]:
        if spec.kind == "targets":
            yield from self._targets_chart(spec)
            return
        for code in spec.indicators:
            if spec.kind == "schematic":
                yield from self._schematic(spec, code)
                continue
            yield from self._trend(spec, code) if spec.kind == "trend" else self._bars(spec, code)

    def _titled(self, spec: ChartSpec, about: str = "") -> str:
        self.charts += 1
        title = f"{spec.title}: {about}" if about and len(spec.indicators) > 1 else str(spec.title)
        return _("Chart {number}. {title}").format(number=self.charts, title=title)

    def _trend(self, spec: ChartSpec, code: str) -> Iterator[Chart]:
        """One point a comparable period; the values set, and the interpolation between them, for the first target.
        Values recast from other units are marked, and so is where units or a definition changed."""
        indicator = self.edition.indicators[code]
        drawn_of = [
            value
            for period in self.context.trend or (self.context.period,)
            if self.context.can_compare(period)
            and (value := self.binder.value(code, period)).status in (Status.VALUE, Status.INTERVAL)
        ]
        line = trends.line(self.edition, indicator, drawn_of, self.binder.acts)
        if len(line.points) < 2:
            return
        target = next((one for one, _value in self.binder.targets if one.indicator == code), None)
        path = [
            chart.Point(float(year), found.value)
            for year, found in (target.values.items() if target else ())
            if found.value is not None
        ]
        unit = unit_name(self.binder, indicator)
        drawn = chart.svg(chart.trend(line.points, path, unit=unit, ranges=line.ranges, breaks=line.breaks))
        notes = [_("Interpolation is a planning aid; no document sets it.")] if len(path) > 1 else []
        notes += trends.notes(line, drawn_of, self.binder.acts)
        yield Chart(self._titled(spec, str(indicator.name)), drawn, str(indicator.name), " ".join(notes))

    def _bars(self, spec: ChartSpec, code: str) -> Iterator[Chart]:
        indicator = self.edition.indicators[code]
        bars = []
        for child in self.context.children:
            value = self.binder.value(code, unit=child.key)
            if value.status is Status.VALUE and value.value is not None:
                bars.append(chart.Bar(child.name, value.value))
        if len(bars) < 2:
            return
        note, kept = "", chart.ranked(bars)
        if len(kept) > 2 * SHOWN_BARS:
            note = _("The {shown} highest and {shown} lowest of {all} units with figures.").format(
                shown=number(SHOWN_BARS), all=number(len(kept))
            )
            kept = [*kept[:SHOWN_BARS], *kept[-SHOWN_BARS:]]
        drawn = chart.svg(chart.bars(kept, unit=unit_name(self.binder, indicator), line=self._line(code)))
        yield Chart(self._titled(spec, str(indicator.name)), drawn, str(indicator.name), note)

    def _schematic(self, spec: ChartSpec, code: str) -> Iterator[Block]:
        """The units directly below as tiles: by where they stand against a target that holds for them, else by their
        values; and the heat table that is never left out. Bars where too few of them have a place."""
        context, indicator = self.context, self.edition.indicators[code]
        families = {family(child.kind) for child in context.children if child.key in context.places}
        smallest = next((one for one in TERRITORIES if one in families), "")
        units = [child for child in context.children if family(child.kind) == smallest]
        if len(context.places.keys() & {unit.key for unit in units}) < FEWEST or context.stands_on is None:
            yield from self._bars(spec, code)
            return
        above = {*context.owners, context.unit.key}
        held = judgement.holding(
            self.edition, units[0], year=context.when.year, owners=above, province=context.province
        )
        target = next((one for one in held if code in (one.indicator, *one.also)), None)
        tiles = []
        for unit in units:
            value = self.binder.value(code, unit=unit.key)
            place = context.places.get(unit.key)
            exact = value.value if value.status is Status.VALUE else None
            tiles.append(
                Tile(unit.key, unit.name, *tile_told(self.binder, value, target), exact, place.label if place else "")
            )
        drawn = Schematic(
            title=f"{target.name if target else indicator.name}, {context.unit.name}, {period_name(context.when)}",
            day=context.stands_on,
            tiles=tuple(tiles),
            points={key: Point(one.latitude, one.longitude) for key, one in context.places.items()},
            by="verdict" if target else "value",
            unit=unit_name(self.binder, indicator),
        )
        yield from drawn.blocks(
            f"{self._titled(spec, str(indicator.name))} ({drawn.warning[:1].lower()}{drawn.warning[1:]})"
        )

    def _line(self, code: str) -> Decimal | None:
        """The value a document sets for this very year for these units; a later year's is no line to hold them to."""
        for target, _value in self.binder.targets:
            asked = judgement.plan(target, self.context.when.year)
            if target.indicator == code and asked and asked.year == self.context.when.year:
                return asked.value
        return None

    def _targets_chart(self, spec: ChartSpec) -> Iterator[Chart]:
        """Targets in per cent that have a value, beside the nearest value set."""
        dots: dict[str, chart.Dot] = {}
        for target, value in self.binder.targets:
            asked = judgement.plan(target, self.context.when.year)
            percent = self.edition.indicators[target.indicator].unit is Unit.PERCENT
            wanted = not spec.indicators or target.indicator in spec.indicators
            if percent and asked and wanted and value.status is Status.VALUE:
                # Two documents may set the same value for the same quantity.
                dots.setdefault(
                    f"{target.indicator} {asked}", chart.Dot(f"{target.name} ({asked.year})", value.value, asked.value)
                )
        if dots:
            drawn = chart.svg(chart.targets(list(dots.values()), unit="%"))
            note = _("The year in brackets is that of the value set.")
            yield Chart(self._titled(spec), drawn, str(spec.title), note)


def _most_written(every: list[tuple[int, Cited]], addressee: str, at_most: int | None) -> list[tuple[int, Cited]]:
    """The texts to an addressee; where there are too many, those that most units wrote, the first written first."""
    held = [pair for pair in every if pair[1].addressee == addressee]
    if at_most is None or len(held) <= at_most:
        return held
    return sorted(held, key=lambda pair: -len(pair[1].units))[:at_most]


def profile_line(line: str, *, province: str, unit: str) -> str:
    """A line of the signing profile. Names do not break: "ỦY BAN NHÂN DÂN" stands above "TỈNH VĨNH AN"."""
    names = {"province": province, "unit": unit}
    kept = {key: name.replace(" ", "\u00a0") if len(name) <= NAME_KEPT else name for key, name in names.items()}
    return line.format(**kept)


def place_and_date(place: str, on: date | None, year: int) -> str:
    """ "Vĩnh An, ngày 05 tháng 7 năm 2026"; without a day, blanks to be written in."""
    if on is None:
        return _("{place}, day      month      year {year}").format(place=place, year=year)
    words = _("{place}, day {day} month {month} year {year}")
    return words.format(place=place, day=f"{on.day:02d}", month=month_words(on), year=on.year)
