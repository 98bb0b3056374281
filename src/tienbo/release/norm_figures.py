"""What is known of the figures that norms look at, of the units of a half-year, and from whom.

A norm names its sources; the first that tells a figure counts, the others stand beside it: the facts (through
`evaluate`, so that nobody is shown what they may not read), registers, bodies. A new source is one more function of
`SOURCES`.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from threading import Lock
from typing import NamedTuple

from tienbo.catalogue.definitions import Norm, NormFigure, NormMoment, NormSource, Sensitivity, Series
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, layout
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Return, Revision
from tienbo.collection.standing import standing as filled_in
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind
from tienbo.core.words import fold
from tienbo.engine import norms
from tienbo.engine.evaluate import Audience, Question, may_see_class
from tienbo.engine.norms import NOT_TOLD, Told, first_told, together
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.posts.queries import Led
from tienbo.registers.queries import counts, units_keeping
from tienbo.registers.saying import quarters_of, series_fed
from tienbo.release.norm_posts import counted_told, leaders_on, leaders_told, listed_told, told_each
from tienbo.release.quantities import What, with_series
from tienbo.release.reading import Reader
from tienbo.units.frames import roots_on, tree_on, unit_keys, unit_names
from tienbo.units.models import Body
from tienbo.units.versions import units_version

QUARTER = "quarter"
ROW = "row"

ReaderAt = Callable[[int], Reader]
"""Root (row id) → who reads its subtree."""


class RowRead(NamedTuple):
    mark: str
    name: str
    figures: Mapping[str, Told]
    """Series of the row (without the row) → what it tells."""


class ReturnRead(NamedTuple):
    """What of a received return norms look at beside its values."""

    cells: Mapping[str, str]
    rows: tuple[RowRead, ...]
    says: str
    """The statement of its block of rows: "nil", "not_applicable", or "" where it has rows or says nothing."""


class Known:
    """What is known of the figures of a half-year, asked for once for all norms and units."""

    def __init__(self, edition: Edition, seat: int, reader_at: ReaderAt, today: date, period: Period) -> None:
        self.edition, self.seat, self.reader_at, self.today, self.period = edition, seat, reader_at, today, period
        self.day = edition.calendar.last_day(period)
        self.tree, self.keys, self.roots = tree_on(self.day), unit_keys(), roots_on(seat, self.day)
        self.is_running = today <= self.day
        self.asked: Sequence[Norm] = ()
        self.tellers: list[int] = []
        self.units: list[int] = []
        self.series: dict[str, Series] = {}

    def look(self, asked: Collection[Norm], whom: Collection[tuple[int, int | None]]) -> None:
        """What is going to be asked of whom: of units, each with who tells its figures."""
        self.units = sorted({unit for unit, _teller in whom if unit in self.tree})
        self.tellers = sorted({teller for _unit, teller in whom if teller is not None and teller in self.tree})
        self.asked = list(asked)
        for norm in asked:
            for series in _series_of(self.edition, norm):
                self.series[str(series)] = series

    # ---- facts

    @cached_property
    def _values(self) -> FrozenValues:
        """Values of the series at the tellers, each read as the one of the roots that it stands under."""
        wanted = [
            name for name, series in self.series.items() if ROW not in self.edition.elements[series.element].breakdowns
        ]
        found: list[Value] = []
        for root in self.roots:
            inside = set(self.tree.subtree(root))
            units = tuple(one for one in self.tellers if one in inside)
            if not units or not wanted:
                continue
            found += _values(self.reader_at(root), tuple(sorted(wanted)), units, self.period)
        return FrozenValues.of(found)

    def is_asked(self, series: Series, teller: int) -> bool:
        """Whether returns of the half-year ask this of such a unit."""
        rule = self.edition.elements[series.element].rule(self.period)
        return rule is not None and teller in self.tree and is_kind(self.tree.kinds[teller], rule.by)

    def told_by_form(self, series: Series, teller: int) -> Told:
        code = _code_of(str(series))
        value = self._values.get(code, self.keys[teller], self.period.code)
        known: norms.Known = _KNOWN.get(value.status, "not_told")
        if value.status is Status.VALUE and value.numerator is not None:
            held = self.returns.get(teller)
            cell = held.cells.get(str(series), "") if held else ""
            return Told("told", value.numerator, value.qualifier, "form", cell)
        return Told("to_come", source="form") if known == "not_told" and self.is_running else Told(known, source="form")

    @cached_property
    def returns(self) -> Mapping[int, ReturnRead]:
        """Teller → what its received return says beside its values."""
        rows = Return.objects.filter(campaign__period_code=self.period.code, unit_id__in=self.tellers)
        basis = self.reader_at(self.seat).basis
        pointer = "accepted" if basis == "accepted" else "latest"
        named = rows.exclude(**{pointer: None}).values_list("unit_id", pointer, f"{pointer}__sha256")
        return {unit: return_read(revision, mark) for unit, revision, mark in named}

    @cached_property
    def waiting(self) -> frozenset[int]:
        """Tellers that sent a return which was not received yet."""
        rows = Return.objects.filter(campaign__period_code=self.period.code, unit_id__in=self.tellers)
        return frozenset(rows.filter(accepted=None).exclude(latest=None).values_list("unit_id", flat=True))

    # ---- registers

    @cached_property
    def _counted(self) -> Mapping[int, Mapping[str, Decimal]]:
        """Teller → series → what its registers count; zero of what a register that it keeps has none of."""
        found: dict[int, dict[str, Decimal]] = defaultdict(dict)
        fed: dict[str, list[str]] = defaultdict(list)
        for kind in self.edition.registers.values():
            for feed in kind.feeds:
                for name in series_fed(feed):
                    if name in self.series:
                        fed[kind.code].append(name)
        for code, names in fed.items():
            kind = self.edition.registers[code]
            for unit in units_keeping(kind=kind, units=self.tellers, edition=self.edition, period=self.period):
                found[unit] |= dict.fromkeys(names, Decimal(0))
        series = [name for names in fed.values() for name in names]
        if series:
            for unit, said in counts(units=self.tellers, period=self.period, series=series).items():
                for name, value in said.items():
                    if value is None:
                        found[unit].pop(name, None)
                    else:
                        found[unit][name] = value
        return found

    def told_by_register(self, series: Series, teller: int) -> Iterator[Told]:
        value = self._counted.get(teller, {}).get(str(series))
        if value is not None and self._may_see(series, teller):
            yield Told("told", value, "exact", "register")

    def _may_see(self, series: Series, teller: int) -> bool:
        level = self.edition.elements[series.element].sensitivity
        return any(may_see_class(level, audience, teller, self.tree) for audience in self._audiences)

    @cached_property
    def _audiences(self) -> tuple[Audience, ...]:
        return tuple(self.reader_at(root).audience for root in self.roots)

    # ---- bodies

    @cached_property
    def _bodies(self) -> Mapping[str, Mapping[int, Told]]:
        """Kind of body → unit → whether it has one on the day (1), or had one and has no more (0)."""
        kinds = {one.body for norm in self.asked for figure in norm.figures for one in figure.sources if one.body}
        day = min(self.day, self.today)
        found: dict[str, dict[int, Told]] = {kind: {} for kind in kinds}
        rows = Body.objects.filter(unit_id__in=self.units, valid_from__lte=day).order_by("valid_from", "pk")
        for body in rows if kinds else ():
            for kind in kinds:
                if is_kind(body.kind, (kind,)):
                    stands = body.span.contains(day)
                    if stands or body.unit_id not in found[kind] or not found[kind][body.unit_id].value:
                        found[kind][body.unit_id] = Told("told", Decimal(int(stands)), "exact", "body", body.name)
        return found

    # ---- posts, counts, lists

    def published(self, source: NormSource, whom: Whom) -> Iterator[Told]:
        """What is published of a unit: posts on the day, the last count, the official list of the election asked."""
        if source.series is not None or source.body is not None:
            return
        day, at = min(self.day, self.today), id(source)  # definitions stay as long as what is known of them
        if at not in self._published:
            if source.posts is not None:
                asked = (source.posts.sense, source.posts.of)
                if asked not in self._led:
                    self._led[asked] = leaders_on(self.edition, self.units, day, source.posts)
                told: Mapping[int, Told] | Mapping[int, list[Told]] = leaders_told(self._led[asked], source.posts)
            elif source.counted is not None:
                told = counted_told(self.edition, self.units, day, source.counted)
            elif source.listed is not None:
                on = whom.moment.day if whom.moment is not None else day
                told = listed_told(self.edition, self.units, on, self.today, source.listed)
            else:
                told = {}
            self._published[at] = told
        if self._may_see_published(source, whom.unit):
            yield from told_each(self._published[at], whom.unit)

    @cached_property
    def _published(self) -> dict[int, Mapping[int, Told] | Mapping[int, list[Told]]]:
        return {}

    @cached_property
    def _led(self) -> dict[tuple[str, tuple[str, ...]], Mapping[int, list[Led]]]:
        return {}

    def _may_see_published(self, source: NormSource, unit: int) -> bool:
        group = self.edition.count_groups.get(source.counted.group) if source.counted is not None else None
        level = group.sensitivity if group is not None else Sensitivity.C1
        return any(may_see_class(level, audience, unit, self.tree) for audience in self._audiences)

    # ---- put together

    def figures(self, norm: Norm, whom: Whom) -> dict[str, Told]:
        """The figures of a norm. The two sides of a share are told by one source, the first that tells both: a share of
        what two sources say is nobody's."""
        each = {one.code: self._each(one, whom) for one in norm.figures}
        found = {code: first_told(told) for code, told in each.items()}
        for measure in norm.measures:
            if measure.over is not None and found[measure.figure].origin != found[measure.over].origin:
                found |= together(measure.figure, measure.over, each)
        return found

    def _each(self, figure: NormFigure, whom: Whom) -> list[Told]:
        return [told for source in figure.sources for told in self._of(source, source.series, whom)]

    def _of(self, source: NormSource, series: Series | None, whom: Whom) -> Iterator[Told]:
        for told in SOURCES:
            yield from told(self, source, series, whom)

    def members(self, norm: Norm, whom: Whom, limit: Decimal) -> dict[str, Told]:
        """Member of the breakdown that a norm is asked by → what is known. A quarter that is not over and not enough
        yet has its time to come."""
        found = {}
        spans = quarters_of(self.edition.calendar.span(self.period)) if norm.each == QUARTER else ()
        for at, member in enumerate(self.edition.breakdowns[norm.each or ""].members):
            told = first_told(
                one
                for source in norm.by_code[norm.test.figure].sources
                for one in self._of(source, source.series and source.series.with_member(norm.each or "", member), whom)
            )
            end = spans[at].end if at < len(spans) else None
            if end is not None and self.today < end:
                enough = told.known == "told" and (told.value or 0) >= limit
                told = told if enough else Told("to_come", told.value, told.qualifier, told.source, told.where)
            found[member] = told
        return found

    def rows(self, norm: Norm, whom: Whom) -> Iterator[tuple[str, str, Mapping[str, Told]]]:
        """(mark, name, figures) of the rows that a unit names; one without a name where it names none. A row that is
        called as the unit itself is also told of by what is published of the unit."""
        series = {
            figure.code: str(source.series) for figure in norm.figures for source in figure.sources if source.series
        }
        if whom.teller is None or not all(
            self._may_see(Series.model_validate(name), whom.teller) for name in series.values()
        ):
            yield "", "", dict.fromkeys(series, Told("withheld") if whom.teller is not None else NOT_TOLD)
            return
        held = self.returns.get(whom.teller)
        if held is None or not held.rows:
            says = held.says if held else ""
            known = Told("not_applicable") if says else Told("to_come") if self.is_running else NOT_TOLD
            yield "", "", dict.fromkeys(series, known)
            return
        own = row_mark(self._names.get(whom.unit, ""))
        for row in held.rows:
            figures = {code: row.figures.get(name, NOT_TOLD) for code, name in series.items()}
            if row.mark == own:
                figures = {
                    figure.code: first_told(
                        (
                            figures[figure.code],
                            *(one for source in figure.sources for one in self.published(source, whom)),
                        )
                    )
                    for figure in norm.figures
                }
            yield row.mark, row.name, figures

    @cached_property
    def _names(self) -> Mapping[int, str]:
        return unit_names(self.day)


class Whom(NamedTuple):
    """Who is asked: a unit, who tells its figures in returns and registers (None: there is no such unit), and the
    moment that is asked of."""

    unit: int
    teller: int | None
    moment: NormMoment | None = None


Source = Callable[[Known, NormSource, "Series | None", Whom], Iterable[Told]]
"""What a source says of a figure of somebody: nothing, where it is not that source's or it does not tell it."""


def _by_form(known: Known, _source: NormSource, series: Series | None, whom: Whom) -> Iterable[Told]:
    if series is not None and whom.teller is not None and known.is_asked(series, whom.teller):
        yield known.told_by_form(series, whom.teller)


def _by_register(known: Known, _source: NormSource, series: Series | None, whom: Whom) -> Iterable[Told]:
    if series is not None and whom.teller is not None:
        yield from known.told_by_register(series, whom.teller)


def _by_body(known: Known, source: NormSource, _series: Series | None, whom: Whom) -> Iterable[Told]:
    if source.body is not None and whom.unit in known._bodies[source.body]:
        yield known._bodies[source.body][whom.unit]


def _by_posts(known: Known, source: NormSource, _series: Series | None, whom: Whom) -> Iterable[Told]:
    return known.published(source, whom)


SOURCES: tuple[Source, ...] = (_by_form, _by_register, _by_body, _by_posts)
"""In the order in which they count: what was reported, what registers count, which bodies there are, what is
published."""

_KNOWN: Mapping[Status, norms.Known] = {
    Status.NOT_APPLICABLE: "not_applicable",
    Status.NONE_OCCURRED: "not_applicable",
    Status.NOT_YET_DUE: "to_come",
    Status.NOT_COMPARABLE: "not_comparable",
    Status.WITHHELD: "withheld",
}


def _series_of(edition: Edition, norm: Norm) -> Iterator[Series]:
    for figure in norm.figures:
        for source in figure.sources:
            if source.series is not None and norm.each is None:
                yield source.series
            elif source.series is not None:
                for member in edition.breakdowns[norm.each or ""].members:
                    yield source.series.with_member(norm.each or "", member)


_kept: OrderedDict[tuple[object, ...], list[Value]] = OrderedDict()
_guard = Lock()
KEPT = 64
"""Answers kept in a process; each is of a half-year and of the units under one root."""


def _values(reader: Reader, wanted: tuple[str, ...], units: tuple[int, ...], period: Period) -> list[Value]:
    """Values of series at some units, kept as long as neither facts nor units nor definitions change."""
    edition = _with_quantities(reader.edition, wanted)
    mark = (reader.facts_version, units_version(), fingerprint(reader.edition), reader.audience, reader.scope,
            reader.basis, wanted, units, period)  # fmt: skip
    found = _kept.get(mark)
    if found is None:
        codes = tuple(made.code for made in (What(f"series:{name}").indicator(edition) for name in wanted) if made)
        found = list(replace(reader, edition=edition).values(Question(codes, (period,), units)))
        with _guard:
            while len(_kept) >= KEPT:
                _kept.popitem(last=False)
            _kept[mark] = found
    return found


def _code_of(series: str) -> str:
    return "annex." + hashlib.sha256(series.encode()).hexdigest()[:16]


def _with_quantities(edition: Edition, series: tuple[str, ...]) -> Edition:
    """The definitions with an indicator for each series, kept with them."""
    held: dict[tuple[str, ...], Edition] = edition.__dict__.setdefault("norm_quantities", {})
    if series not in held:
        held[series] = with_series(edition, [What(f"series:{name}") for name in series])
    return held[series]


@lru_cache(maxsize=4096)
def return_read(revision: int, _mark: str) -> ReturnRead:
    """What a revision, which is never changed, says of where its figures stand and of its rows. `_mark`: its hash."""
    held = Revision.objects.select_related("carried", "carried_year").get(pk=revision)
    content = filled_in(held) or Content.from_json(held.content)
    shape = layout(edition_of(content.edition), content.form, content.period)
    cells = {series: content.figures[at].cell for at, series in shape.series.items() if at in content.figures}
    rows: list[RowRead] = []
    says = ""
    for block in (block for block in shape.blocks if block.fields):
        statement = content.statements.get(block.code, "")
        says = says or (statement if statement in ("nil", "not_applicable") else "")
        names = {field.code: str(Series(element=field.element, members=_members(field.members)))
                 for field in block.fields if field.element is not None}  # fmt: skip
        for row in content.rows.get(block.code, ()):
            figures = {
                names[code]: Told("told", figure.value, figure.qualifier, "form", figure.cell)
                for code, figure in row.figures.items()
                if code in names
            }
            rows.append(RowRead(row_mark(row.name), row.name, figures))
    return ReturnRead(cells, tuple(rows), says)


def _members(members: Mapping[str, str]) -> str:
    return ",".join(f"{name}={member}" for name, member in sorted(members.items()))


def row_mark(name: str) -> str:
    """A short mark of a row's name, with or without marks and capitals: the same agency from period to period."""
    return hashlib.sha256(" ".join(fold(name).split()).encode()).hexdigest()[:8] if name.strip() else ""
