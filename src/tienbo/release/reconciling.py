"""What forms say of leaders, committees and deputies beside what posts, counts, lists and results on record say: shown
side by side with both sources, corrected by nobody.

A share that is counted by another rule (bodies instead of persons, another body) is named and not compared: versions of
a definition never join. What only one of the two tells is no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import NormListed, Series
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.posts import Reconciliation
from tienbo.collection.models import Return
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind
from tienbo.engine.norms import Told
from tienbo.engine.values import FrozenValues
from tienbo.posts.councils import Place, councils_of, elections_at, whole_or_parts
from tienbo.posts.counts import Coord, CountTable, tables_of
from tienbo.posts.election_models import Election, ElectionResult
from tienbo.posts.election_queries import elections_over
from tienbo.posts.models import BodyTerm, PublishedShare, Sex
from tienbo.posts.queries import Held, posts_on
from tienbo.release.norm_figures import ReturnRead, return_read, row_mark
from tienbo.release.norm_posts import listed_told
from tienbo.units.frames import tree_on, unit_keys, unit_names

How = Literal["posts", "count", "result", "list", "share"]
Verdict = Literal["differs", "agrees", "open"]
WOMEN = "f"


class Source(NamedTuple):
    """What a source on record says. `untold`: posts of which nobody is told to hold them, so that both are lower
    bounds."""

    how: How
    persons: int | None
    women: int | None
    source: str
    day: date | None
    untold: int = 0


class Apart(NamedTuple):
    """A published share that is counted otherwise: the rule, and what was printed."""

    rule: str
    time: str
    counted: int | None
    total: int | None
    percent: Decimal | None
    source: str


class Form(NamedTuple):
    """What a form says: of whose return, in which cells."""

    persons: int
    women: int
    teller: int
    cells: tuple[str, ...]


class Compared(NamedTuple):
    """A figure of a unit by a form and by what is on record. `name`: of the agency a row names."""

    definition: Reconciliation
    unit: int
    name: str
    form: Form
    said: tuple[Source, ...]
    apart: tuple[Apart, ...]

    @property
    def verdict(self) -> Verdict:
        verdicts = {verdict(self.form, one) for one in self.said}
        return "differs" if "differs" in verdicts else "agrees" if "agrees" in verdicts else "open"


def verdict(form: Form, one: Source) -> Verdict:
    """Whether a source says the same as a form. Lower bounds can only be above it; what is not told decides nothing."""
    pairs = [(one.persons, form.persons), (one.women, form.women)]
    told = [(said, formed) for said, formed in pairs if said is not None]
    if one.untold:
        return "differs" if any(said > formed for said, formed in told) else "open"
    if any(said != formed for said, formed in told):
        return "differs"
    return "agrees" if len(told) == len(pairs) else "open"


Values = Callable[[Collection[str], Collection[int]], FrozenValues]
"""Indicators, units (row ids) → values of the period as their reader sees them."""


@dataclass(frozen=True)
class Reconciled:
    """Units of a period, held against what is on record on its last day. `values`: of forms, what the reader sees."""

    edition: Edition
    period: Period
    units: Sequence[int]
    values: Values
    today: date
    basis: Literal["accepted", "latest"] = "accepted"
    definitions: Sequence[Reconciliation] = field(default=())

    @cached_property
    def day(self) -> date:
        return self.edition.calendar.last_day(self.period)

    @cached_property
    def _asked(self) -> list[tuple[Reconciliation, int, int]]:
        """(definition, unit, who tells it in a form)."""
        tree, found = tree_on(self.day), []
        for one in self.edition.reconciliations.values():
            for unit in self.units:
                kind = tree.kinds.get(unit)
                if kind is None or not one.holds(self.day) or not is_kind(kind, one.units):
                    continue
                by = one.told_by.get(kind)
                tellers = [unit] if by is None else [
                    below for below in tree.children.get(unit, ()) if is_kind(tree.kinds[below], (by,))
                ]  # fmt: skip
                if len(tellers) == 1:
                    found.append((one, unit, tellers[0]))
        return found

    def compared(self) -> list[Compared]:
        """Every figure that both a form and something on record tell."""
        return [one for one in self._compared() if one.said or one.apart]

    def _compared(self) -> Iterator[Compared]:
        for definition, unit, teller in self._asked:
            if definition.rows is not None:
                yield from self._rows(definition, teller)
                continue
            form = self._form(definition, teller)
            if form is not None:
                said = tuple(self._said(definition, unit))
                yield Compared(definition, unit, "", form, said, tuple(self._apart(definition, unit)))

    # ---- what forms say

    @cached_property
    def _values(self) -> FrozenValues:
        codes = {one.indicator for one, _unit, _teller in self._asked if one.indicator}
        return self.values(sorted(codes), sorted({teller for _one, _unit, teller in self._asked}))

    @cached_property
    def _returns(self) -> Mapping[int, ReturnRead]:
        tellers = {teller for _one, _unit, teller in self._asked}
        rows = Return.objects.filter(campaign__period_code=self.period.code, unit_id__in=tellers)
        held = rows.exclude(**{self.basis: None}).values_list("unit_id", self.basis, f"{self.basis}__sha256")
        return {unit: return_read(revision, mark) for unit, revision, mark in held}

    def _form(self, definition: Reconciliation, teller: int) -> Form | None:
        code = definition.indicator or ""
        value = self._values.get(code, unit_keys()[teller], self.period.code)
        if value.numerator is None or value.denominator is None:
            return None
        shape, held = self.edition.indicators[code], self._returns.get(teller)
        series = [str(term.series) for term in (*shape.denominator, *shape.numerator)]
        cells = tuple(held.cells[name] for name in series if name in held.cells) if held else ()
        return Form(int(value.denominator), int(value.numerator), teller, cells)

    def _rows(self, definition: Reconciliation, teller: int) -> Iterator[Compared]:
        """Rows of a return that are called as a unit under it, or as the unit itself, is."""
        held = self._returns.get(teller)
        persons = str(Series(element=definition.rows or ""))
        women = str(Series(element=definition.rows or "", members=f"sex={WOMEN}"))
        for row in held.rows if held else ():
            unit = self._under(teller).get(row.mark)
            figures = [row.figures.get(name) for name in (persons, women)]
            counts = [int(one.value) for one in figures if one is not None and one.value is not None]
            if unit is None or len(counts) != len(figures):
                continue
            form = Form(counts[0], counts[1], teller, tuple(one.where for one in figures if one is not None))
            yield Compared(definition, unit, row.name, form, tuple(self._posts(definition, unit)), ())

    def _under(self, teller: int) -> Mapping[str, int]:
        tree, names = tree_on(self.day), unit_names(self.day)
        return {row_mark(names.get(one, "")): one for one in tree.subtree(teller)}

    # ---- what is on record

    def _said(self, definition: Reconciliation, unit: int) -> Iterator[Source]:
        yield from self._posts(definition, unit)
        yield from self._counts(definition, unit)
        yield from self._elected(definition, unit)
        yield from self._listed(definition, unit)

    @cached_property
    def _held(self) -> Mapping[int, list[Held]]:
        tree, found = tree_on(self.day), defaultdict(list)
        named = {below for one, _unit, teller in self._asked if one.rows for below in tree.subtree(teller)}
        for one in posts_on({*self.units, *named}, self.day, edition=self.edition):
            found[one.post.unit_id].append(one)
        return found

    def _posts(self, definition: Reconciliation, unit: int) -> Iterator[Source]:
        held = [one for one in self._held.get(unit, ()) if one.post.title in definition.titles]
        holders = [one.holder for one in held if one.holder is not None]
        if not holders and not any(one.vacant for one in held):
            return
        women = sum(one.sex == Sex.FEMALE for one in holders)
        untold = sum(one.holder is None and not one.vacant for one in held)
        sources = "; ".join(dict.fromkeys(one.source for one in holders))
        yield Source("posts", len(holders), women, sources, self.day, untold)

    @cached_property
    def _tables(self) -> Mapping[tuple[int, str], list[CountTable]]:
        groups = {one.group for one, _unit, _teller in self._asked if one.group}
        found: dict[tuple[int, str], list[CountTable]] = defaultdict(list)
        for table in tables_of(self.units, self.edition, groups):
            if table.day <= self.day:
                found[table.unit, table.group].append(table)
        return found

    @cached_property
    def _terms(self) -> Mapping[int, list[BodyTerm]]:
        found: dict[int, list[BodyTerm]] = defaultdict(list)
        for term in BodyTerm.objects.filter(body__unit__in=self.units, standing=1).select_related("body"):
            if term.span.contains(self.day):
                found[term.body.unit_id].append(term)
        return found

    def _counts(self, definition: Reconciliation, unit: int) -> Iterator[Source]:
        tables = self._tables.get((unit, definition.group or ""), [])
        if definition.moment == "start":
            # Only a term on record says which count is that of its start.
            kinds = self.edition.count_groups[definition.group].bodies if definition.group else ()
            begins = [term.valid_from for term in self._terms.get(unit, ()) if term.body.kind in kinds]
            tables = [one for one in tables if begins and one.day >= max(begins)]
            day = min((one.day for one in tables), default=None)
        else:
            day = max((one.day for one in tables), default=None)
        for table in tables:
            if table.day == day:
                persons, women, men = (table.cells.get(Coord(sex)) for sex in ("", WOMEN, "m"))
                if persons is None and women is not None and men is not None:
                    persons = women + men
                if persons is not None or women is not None:
                    yield Source("count", persons, women, table.source, table.day)

    @cached_property
    def _last(self) -> Mapping[tuple[int, str], Election]:
        """(unit, kind of election) → the last election of its council up to the day, over or not."""
        kinds = {kind for one, _unit, _teller in self._asked for kind in (one.elected, one.listed) if kind}
        return {
            (unit, one.kind): one
            for one in elections_at(self.units, kinds, until=self.day)
            for unit in {one.unit_id, *self._councils(one).values()}
        }

    def _councils(self, election: Election) -> Mapping[Place, int]:
        if election.pk not in self._known:
            self._known[election.pk] = councils_of(self.edition, [election])[election.pk]
        return self._known[election.pk]

    @cached_property
    def _known(self) -> dict[int, Mapping[Place, int]]:
        return {}

    @cached_property
    def _results(self) -> Mapping[tuple[int, str], list[Source]]:
        """(unit, kind of election) → the result of its last election, source by source; nothing before it is over."""
        found: dict[tuple[int, str], list[Source]] = {}
        for one in elections_over(dict.fromkeys(self._last.values()), self.today):
            said = _results_of(one, self._councils(one))
            found |= {
                (unit, one.kind): sources for unit, sources in said.items() if self._last.get((unit, one.kind)) == one
            }
        return found

    def _elected(self, definition: Reconciliation, unit: int) -> Iterable[Source]:
        return self._results.get((unit, definition.elected or ""), ())

    def _listed(self, definition: Reconciliation, unit: int) -> Iterator[Source]:
        if definition.listed is None:
            return
        body = self.edition.election_kinds[definition.listed].body
        last = self._last.get((unit, definition.listed))
        if last is None:
            return
        persons, women = (self._lists(body, last.day, only).get(unit, []) for only in (False, True))
        by_source: Mapping[str, Told] = {one.where: one for one in women}
        for one in persons:
            other = by_source.get(one.where)
            counts = [None if told is None or told.value is None else int(told.value) for told in (one, other)]
            yield Source("list", counts[0], counts[1], one.where, last.day)

    def _lists(self, body: str, day: date, women: bool) -> Mapping[int, list[Told]]:
        asked = (body, day, women)
        if asked not in self._lists_read:
            listed = NormListed(body=body, women=women)
            self._lists_read[asked] = listed_told(self.edition, self.units, day, self.today, listed)
        return self._lists_read[asked]

    @cached_property
    def _lists_read(self) -> dict[tuple[str, date, bool], Mapping[int, list[Told]]]:
        return {}

    def _apart(self, definition: Reconciliation, unit: int) -> Iterator[Apart]:
        """The last published share of each rule that does not count persons as the form does."""
        groups = {*definition.shares, *([definition.group] if definition.group else [])}
        last: dict[str, PublishedShare] = {}
        for one in self._shares.get(unit, ()):
            if one.group in groups and one.day <= self.day:
                last[one.rule] = one
        for rule, one in last.items():
            shape = self.edition.counting_rules.get(rule)
            if shape is not None:
                yield Apart(str(shape.name), one.time, one.counted, one.total, one.percent, one.source)

    @cached_property
    def _shares(self) -> Mapping[int, list[PublishedShare]]:
        found: dict[int, list[PublishedShare]] = defaultdict(list)
        for one in PublishedShare.objects.filter(unit__in=self.units, standing=1, place="").order_by("day", "pk"):
            found[one.unit_id].append(one)
        return found


def _results_of(election: Election, councils: Mapping[Place, int]) -> Mapping[int, list[Source]]:
    """Unit → the result of its council by each source that tells the whole of it, or all of its constituencies."""
    rows = ElectionResult.objects.filter(
        constituency__election=election, constituency__standing=1, standing=1, round=0
    ).select_related("constituency")
    told: dict[tuple[int, str], dict[Place, ElectionResult]] = defaultdict(dict)
    for row in rows.order_by("pk"):
        place = (row.constituency.unit_id, row.constituency.number)
        if place in councils:
            told[councils[place], row.source][place] = row
    found: dict[int, list[Source]] = defaultdict(list)
    for (unit, source), rows_told in told.items():
        held = whole_or_parts(rows_told, unit, councils)
        women = [one.women for one in held]
        count = None if None in women else sum(one for one in women if one is not None)
        if held:
            found[unit].append(Source("result", sum(one.elected for one in held), count, source, election.day))
    return found
