"""Norms of a period: which units each concerns, and where each unit stands; since when something is not met."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from tienbo.catalogue.definitions import Norm, NormMoment, NormRule, Sensitivity
from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, is_kind
from tienbo.engine.norms import NOT_TOLD, Judged, Standing, Told, judge, judge_each
from tienbo.ground.acting import narrow_apart, narrow_hides, narrow_left_out
from tienbo.release.norm_figures import Known, ReaderAt, Whom
from tienbo.units.frames import roots_on, tree_on, unit_ids

HISTORY = 8
"""Half-years that are looked back for since when something is not met."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a unit, or a row it names, stands to a norm in a period. `of`: the half-year whose figures answer (of a
    yearly norm asked in a first half the year before); None where there is none. `unit`: whose it is, `teller`: who
    tells its figures (None: there is no such unit). `row`: a mark of the row's `name`, the same in every period."""

    norm: Norm
    unit: int
    teller: int | None
    row: str
    name: str
    period: Period
    of: Period | None
    moment: NormMoment | None
    rule: NormRule | None
    judged: Judged
    figures: Mapping[str, Told]

    @property
    def standing(self) -> Standing:
        return self.judged.standing

    @property
    def subject(self) -> tuple[str, int, str]:
        return self.norm.code, self.unit, self.row


class Since(NamedTuple):
    """From which half-year on something has stood where it stands without a gap, and where it stood in the one before:
    None where there is none before, or it was not looked at."""

    period: Period
    before: Standing | None


class _Ask(NamedTuple):
    """A norm as it is asked of the figures of one half-year."""

    norm: Norm
    of: Period | None
    moment: NormMoment | None
    rule: NormRule | None


@dataclass(frozen=True)
class Norms:
    """The norms that concern the units a seat may read, over time. `edition`: with what localities add
    (`registers.norm_decisions.edition_with_norms`); `seat`: row id; `readable`: the units to be looked at on a day."""

    edition: Edition
    seat: int
    reader_at: ReaderAt
    readable: Callable[[date], Collection[int]]
    today: date

    def found(
        self, period: Period, *, norms: Iterable[Norm] | None = None, units: Collection[int] | None = None
    ) -> list[Finding]:
        """Every norm of every unit that it concerns, in the order of the norms and of the tree. Who counts them reads
        no figure; who shows the figures of one says so (`narrow_of`)."""
        with narrow_apart():
            return self._found(period, norms, units)

    def _found(self, period: Period, norms: Iterable[Norm] | None, units: Collection[int] | None) -> list[Finding]:
        day = self._day(period)
        wanted = list(self.edition.norms.values() if norms is None else norms)
        if narrow_hides() and any(is_closed(self.edition, norm) for norm in wanted):
            narrow_left_out()
            wanted = [norm for norm in wanted if not is_closed(self.edition, norm)]
        asks = [self._ask(norm, period) for norm in wanted]
        tree = tree_on(day)
        there = self.units_on(day) if units is None else [one for one in self.units_on(day) if one in set(units)]
        known = {
            of: Known(self.edition, self.seat, self.reader_at, self.today, of)
            for of in {ask.of for ask in asks if ask.of is not None}
        }
        subjects = {ask.norm.code: self._concerned(ask.norm, tree, there) for ask in asks}
        for of, held in known.items():
            held.look(
                [ask.norm for ask in asks if ask.of == of],
                {pair for ask in asks if ask.of == of for pair in subjects[ask.norm.code]},
            )
        found: list[Finding] = []
        for ask in asks:
            for unit, teller in subjects[ask.norm.code]:
                found += self._findings(ask, unit, teller, period, known[ask.of] if ask.of else None)
        return found

    def since(self, findings: Iterable[Finding]) -> dict[tuple[str, int, str], Since]:
        """From which period on each has stood where it stands (of what is met or not met)."""
        stands = {one.subject: one for one in findings if one.standing in (Standing.MET, Standing.NOT_MET)}
        made = {subject: Since(one.of or one.period, None) for subject, one in stands.items()}
        first, waiting = self.edition.calendar.regimes[0].first, set(stands)
        period = next((one.period.last_half for one in stands.values()), None)
        for _step in range(HISTORY - 1):
            if not waiting or period is None or period <= first:
                break
            period = period.previous()
            norms = {stands[subject].norm.code: stands[subject].norm for subject in waiting}
            units = {unit for _norm, unit, _row in waiting}
            before = {one.subject: one for one in self.found(period, norms=norms.values(), units=units)}
            for subject in list(waiting):
                held = before.get(subject)
                if held is not None and held.of == made[subject].period:
                    continue  # the same figures of a year, or of an election
                if held is not None and held.standing is stands[subject].standing:
                    made[subject] = Since(held.of or period, None)
                else:
                    made[subject] = made[subject]._replace(before=held.standing if held is not None else None)
                    waiting.discard(subject)
        return made

    def units_on(self, day: date) -> list[int]:
        """Units at and under the seat, or those it was formed of, on a day, as far as they may be read."""
        tree, allowed = tree_on(day), set(self.readable(day))
        found = dict.fromkeys(one for root in roots_on(self.seat, day) for one in tree.subtree(root))
        return [one for one in found if one in allowed]

    def _day(self, period: Period) -> date:
        return self.edition.calendar.last_day(period.last_half)

    def _ask(self, norm: Norm, period: Period) -> _Ask:
        """Of which half-year the figures are, and by which rule: that of the day they are of."""
        half, day = period.last_half, self._day(period)
        if norm.moments:
            moment = norm.moment_on(min(day, self.today))
            if moment is None:
                return _Ask(norm, None, None, None)
            return _Ask(norm, self.edition.calendar.half_on(moment.day), moment, norm.rule_on(moment.day))
        if norm.frequency == "year" and half.half == 1:
            half = half.previous()
        return _Ask(norm, half, None, norm.rule_on(self._day(half)))

    def _concerned(self, norm: Norm, tree: Tree, there: Sequence[int]) -> list[tuple[int, int | None]]:
        """(unit, who tells its figures) of the units that a norm concerns."""
        owner = unit_ids().get(norm.owner_unit) if norm.owner_unit else None
        found: list[tuple[int, int | None]] = []
        for unit in there:
            kind = tree.kinds[unit]
            if not is_kind(kind, norm.kinds):
                continue
            if owner is not None:
                inside = unit == owner if norm.reach == "self" else owner in tree.ancestors(unit)
                if not inside:
                    continue
            teller = norm.told_by.get(kind)
            if teller is None:
                found.append((unit, unit))
                continue
            under = [one for one in tree.children.get(unit, ()) if is_kind(tree.kinds[one], (teller,))]
            found.append((unit, under[0] if len(under) == 1 else None))
        return found

    def _findings(
        self, ask: _Ask, unit: int, teller: int | None, period: Period, known: Known | None
    ) -> Iterator[Finding]:
        norm = ask.norm

        def finding(
            judged: Judged, figures: Mapping[str, Told] | None = None, row: str = "", name: str = ""
        ) -> Finding:
            return Finding(norm, unit, teller, row, name, period, ask.of, ask.moment, ask.rule, judged, figures or {})

        if norm.local and not norm.rules:
            return  # of itself it asks nobody
        whom = Whom(unit, teller, ask.moment)
        if known is None or ask.rule is None or unit not in known.tree:
            yield finding(_unasked(ask, known))
        elif norm.subject == "row":
            for row, name, figures in known.rows(norm, whom):
                yield finding(judge(norm, ask.rule.value, figures), figures, row, name)
        elif norm.each is not None:
            members = known.members(norm, whom, ask.rule.value)
            yield finding(judge_each(norm, ask.rule.value, members), members)
        else:
            figures = known.figures(norm, whom)
            yield finding(judge(norm, ask.rule.value, figures), figures)


def _unasked(ask: _Ask, known: Known | None) -> Judged:
    """Where a unit stands that is not asked: there was no moment yet, there is no rule, there was no such unit."""
    if known is None:
        return Judged(Standing.TO_COME, "no_moment")
    if ask.rule is None:
        begun = any(rule.begin <= known.day for rule in ask.norm.rules)
        return Judged(Standing.NOT_APPLICABLE, "after_rule") if begun else Judged(Standing.TO_COME, "before_rule")
    return Judged(Standing.TO_COME, "not_there", (), ask.rule.value)


def narrow_of(edition: Edition, finding: Finding) -> tuple[str, ...]:
    """Elements of class C3 of which the figures of a finding tell something."""
    parts = [part.told for part in finding.judged.parts]
    found = set()
    for figure in finding.norm.figures:
        figures = parts if finding.norm.each is not None else [finding.figures.get(figure.code, NOT_TOLD)]
        if any(one.known == "told" and one.source in ("form", "register") for one in figures):
            found |= {source.series.element for source in figure.sources if source.series is not None}
    return tuple(sorted(one for one in found if edition.elements[one].sensitivity is Sensitivity.C3))


def is_closed(edition: Edition, norm: Norm) -> bool:
    """Whether a norm looks at figures that only the unit and the office directly above it see (C3)."""
    elements = (source.series.element for one in norm.figures for source in one.sources if source.series is not None)
    return any(edition.elements[one].sensitivity is Sensitivity.C3 for one in elements)
