"""Invented returns: what each unit of the demonstration says in a half-year, drawn by a seed.

The same seed, unit and half-year always give the same content, whatever else is drawn. What is counted is divided
into four cells (women and men, of ethnic minorities and not) from which every column follows, so that women are never
more than all; a part is drawn inside the cells of its whole. Few people sit on seats that keep their occupant from one
half-year to the next until a rising share reaches them, so that a stock persists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import Block, OverTime, Shape, TextHeading
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, Figure, Layout, Row, Slot, Statement, layout
from tienbo.core.periods import Period
from tienbo.core.tree import family
from tienbo.project.invented_units import Between, Reporter, read_rows

FIRST = Period(2024, 2)
"""The half-year that growth is counted from."""
SEATS = 80
"""Up to so many are seated one by one; more are divided by shares."""
ESTIMATED = ("training", "communication", "economy")
"""Blocks that a unit which closes its books early can only estimate."""
ESTIMATED_FROM = 20
OWN_STAFF = 45
"""About so many work in an office itself; the others in the units under it."""
TEXT_CHANCE: Mapping[TextHeading, float] = {
    "highlight": 0.6,
    "limitation": 0.6,
    "cause_objective": 0.45,
    "cause_subjective": 0.45,
    "next": 0.6,
    "proposal": 0.25,
}
_LARGEST = {"Xã": 6_200, "Phường": 13_500}
"""Inhabitants of the largest communes of before, by their type."""

Family = Literal["commune", "agency"]


class Rule(Shape):
    """How a line is drawn (see the file)."""

    count: Between | None = None
    merged: Between | None = None
    per_1000: Between | None = None
    per_staff: Between | None = None
    part: Between | None = None
    chance: float | None = None
    of: str | None = None
    women: Between | None = None
    minority: Between | None = None
    rises: float = 0
    growth: float = 0
    none: float = 0
    only: tuple[str, ...] = ()
    round_to: int = 1
    needs: str | None = None


class RowRule(Shape):
    """How a repeating row is drawn (see the file)."""

    name: str
    staff: Between
    women: Between | None = None
    leaders: Between
    leaders_women: Between
    merged_only: bool = False


class StatementRules(Shape):
    """Chances that a block says `nil` or `not_applicable`, by its code; that one which may is `unchanged`; that a
    unit closes early and `estimates`, or leaves `blanks`."""

    nil: dict[str, float]
    not_applicable: dict[str, float]
    unchanged: float
    estimates: float
    blanks: float


class Rules(Shape):
    statements: StatementRules
    commune: dict[str, Rule]
    agency: dict[str, Rule]
    rows: dict[Family, tuple[RowRule, ...]]


class Texts(Shape):
    models: tuple[str, ...]
    topics: tuple[str, ...]
    families: dict[str, dict[str, tuple[str, ...]]]
    """By the first part of a unit's kind: what a department, the Front, a Party body, a force would write."""

    def of(self, kind: str) -> Mapping[str, tuple[str, ...]]:
        return self.families[family(kind)]


class Cells(NamedTuple):
    """How many of what is counted are in each of four groups."""

    women_minority: int
    women_other: int
    men_minority: int
    men_other: int

    @property
    def total(self) -> int:
        return sum(self)

    @property
    def women(self) -> int:
        return self.women_minority + self.women_other

    @property
    def minority(self) -> int:
        return self.women_minority + self.men_minority

    def of(self, members: Mapping[str, str]) -> int:
        """The figure of a column: {} is all, {"sex": "f"} the women."""
        sex, eth = members.get("sex"), members.get("eth")
        return (
            (self.women_minority if sex != "m" else 0)
            + (self.men_minority if sex != "f" else 0)
            + (self.women_other if sex != "m" and eth != "m" else 0)
            + (self.men_other if sex != "f" and eth != "m" else 0)
        )

    def within(self, whole: Cells) -> Cells:
        """As many, none of the four more than the whole has; what does not fit goes where there is room."""
        kept = [min(mine, most) for mine, most in zip(self, whole, strict=True)]
        left = min(self.total, whole.total) - sum(kept)
        for at in sorted(range(4), key=lambda one: kept[one] - whole[one]):
            taken = min(left, whole[at] - kept[at])
            kept[at] += taken
            left -= taken
        return Cells(*kept)

    def minus(self, other: Cells) -> Cells:
        return Cells(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def scaled(self, by: float) -> Cells:
        return Cells(*(math.floor(one * by) for one in self))


NOBODY = Cells(0, 0, 0, 0)


@dataclass(frozen=True)
class Generator:
    """Draws contents for the units of `reporters` under one seed."""

    edition: Edition
    seed: int
    rules: Rules
    texts: Texts
    reporters: Mapping[str, Reporter]

    def content(self, ref: str, key: str, period: Period, before: Content | None) -> Content:
        """What the unit says. `before` is its accepted return of the half-year before: estimates there are restated
        here, and blocks that were told there may be unchanged."""
        unit = self.reporters[ref]
        form = self.edition.form_for(unit.kind, period)
        if form is None:
            raise LookupError(f"no form for a {unit.kind} in {period}")
        return _Return(self, unit, key, layout(self.edition, form.code, period), before).content()

    def population(self, ref: str) -> int:
        """Inhabitants on the ground that the unit covers."""
        return sum(self._inhabitants(one) for one in self.reporters[ref].covers)

    def _inhabitants(self, ref: str) -> int:
        """Of one commune of before, in keeping with what it was."""
        most = _LARGEST.get(self.reporters[ref].name.partition(" ")[0], 8_800)
        return self.random(ref, "population").randint(most // 3, most)

    def random(self, *seeds: object) -> Random:
        return Random(":".join(map(str, (self.seed, *seeds))))  # noqa: S311 - figures are invented, nothing is secret


def generator(edition: Edition, seed: int, reporters: Mapping[str, Reporter]) -> Generator:
    """The generator on the demonstration's own rules and texts."""
    return Generator(edition, seed, read_rows("figures.yaml", Rules), read_rows("texts.yaml", Texts), reporters)


@dataclass
class _Return:
    """One return being drawn."""

    by: Generator
    unit: Reporter
    key: str
    shape: Layout
    before: Content | None = None
    held: dict[str, Cells] = field(default_factory=dict)

    @property
    def period(self) -> Period:
        return self.shape.period

    @cached_property
    def family(self) -> Family:
        return "commune" if self.unit.kind == "commune" else "agency"

    @cached_property
    def lines(self) -> Mapping[str, Slot]:
        """Code of a line → its first place."""
        found: dict[str, Slot] = {}
        for slot in self.shape.slots.values():
            found.setdefault(slot.line.code, slot)
        return found

    def rule(self, line: str) -> Rule:
        rules = self.by.rules.commune if self.family == "commune" else self.by.rules.agency
        if line not in rules:
            raise LookupError(f"figures.yaml does not say how to draw {line} of a {self.family}")
        return rules[line]

    def content(self) -> Content:
        statements = dict(self._statements())
        early = self._early()
        figures = {}
        for address, slot in self.shape.slots.items():
            only = self.rule(slot.line.code).only
            if slot.block.code not in statements and (not only or self.period.code in only):
                figures[address] = self._figure(slot, early)
        for line in self._left_blank():
            figures = {address: figure for address, figure in figures.items() if address.partition(":")[0] != line}
        estimates = any(figure.qualifier == "estimate" for figure in figures.values())
        last = self.by.edition.calendar.last_day(self.period)
        as_of = last - timedelta(days=self._random("cut-off").randint(9, 21)) if estimates else None
        return Content(
            form=self.shape.form.code,
            edition=fingerprint(self.by.edition),
            unit=self.key,
            period=self.period,
            figures=figures,
            statements=statements,
            rows={
                block.code: self._rows() for block in self.shape.blocks if block.fields and block.code not in statements
            },
            texts=dict(self._texts("reached:total" in figures)),
            restated=dict(self._restated()),
            as_of=as_of,
            prepared_by="Chuyên viên tổng hợp",
            approved_by="Thủ trưởng đơn vị",
        )

    # ------------------------------------------------------------------------------------------------ figures

    def _figure(self, slot: Slot, early: bool = False) -> Figure:
        code, rule = slot.line.code, self.rule(slot.line.code)
        if slot.line.answer == "yes_no":
            return Figure(Decimal(self._answer(code)))
        if "quarter" in slot.column.members:
            drawn = self._random_of(code, slot.column.code)
            return Figure(Decimal(_between_whole(rule.count or (0, 0), drawn.random())))
        cells = self.cells(code)
        estimate = early and slot.block.code in ESTIMATED and cells.total > ESTIMATED_FROM
        if estimate:
            cells = cells.scaled(_between((0.86, 0.97), self._random("estimate", code).random()))
        value = Decimal(cells.of(slot.column.members))
        return Figure(value, "estimate") if estimate else Figure(value)

    def cells(self, code: str) -> Cells:
        """The four groups of what a line counts."""
        if code not in self.held:
            self.held[code] = self._cells(code)
        return self.held[code]

    def _cells(self, code: str) -> Cells:
        rule, line = self.rule(code), self.lines[code].line
        if rule.needs is not None and not self._any(rule.needs):
            return NOBODY
        of = rule.of or line.part_of
        whole = self.cells(of) if of is not None and of in self.lines else None
        drawn = self._random_of(code)
        amount = self._amount(rule, drawn.random(), whole)
        if drawn.random() < rule.none:
            amount = 0
        if whole is not None:
            amount = min(amount, whole.total)
        women = self._women(rule, drawn.random(), whole) + (0 if rule.part else rule.rises * self._step)
        minority = self._minority(rule, drawn.random(), whole)
        cells = _divided(amount, women, minority, drawn)
        return cells if whole is None else cells.within(whole)

    def _amount(self, rule: Rule, at: float, whole: Cells | None) -> int:
        if rule.part is not None:
            share = min(1.0, _between(rule.part, at) + rule.rises * self._step)
            return round((whole.total if whole else 0) * share)
        count = rule.merged if self.unit.merged and rule.merged else rule.count
        if count is not None:
            amount: float = _between_whole(count, at)
        elif rule.per_1000 is not None:
            amount = _between(rule.per_1000, at) * self.by.population(self.unit.ref) / 1000
        else:
            amount = _between(rule.per_staff or (0, 0), at) * self.unit.staff
        amount *= (1 + rule.growth) ** self._step
        return round(amount / rule.round_to) * rule.round_to

    def _women(self, rule: Rule, at: float, whole: Cells | None) -> float:
        if rule.women is not None:
            return _between(rule.women, at)
        if whole is not None and whole.total:
            return whole.women / whole.total
        return _between(self.unit.women, at)

    def _minority(self, rule: Rule, at: float, whole: Cells | None) -> float:
        if rule.minority is not None:
            return _between(rule.minority, at)
        if whole is not None and whole.total:
            return whole.minority / whole.total
        return _between(self.unit.minority, self.by.random(self.unit.ref, "minority").random())

    def _answer(self, code: str) -> int:
        rule = self.rule(code)
        chance = (rule.chance or 0) + rule.rises * self._step
        part_of = self.lines[code].line.part_of
        if part_of is not None and part_of in self.lines and not self._answer(part_of):
            return 0
        return int(self._random_of(code).random() < chance)

    def _any(self, code: str) -> bool:
        """Whether a line that another one needs has anything; a line that is not asked does not say no."""
        if code not in self.lines:
            return True
        if self.lines[code].line.answer == "yes_no":
            return bool(self._answer(code))
        return self.cells(code).total > 0

    @property
    def _step(self) -> int:
        return self.period.index - FIRST.index

    def _random(self, *seeds: object) -> Random:
        return self.by.random(self.unit.ref, self.period.code, *seeds)

    def _random_of(self, code: str, *more: object) -> Random:
        """A stock is drawn alike in every half-year, a flow anew."""
        stock = self.lines[code].element.over_time is not OverTime.SUM
        return self.by.random(self.unit.ref, code, *more) if stock else self._random(code, *more)

    # ------------------------------------------------------------------- what is said otherwise than by figures

    def _statements(self) -> Iterator[tuple[str, Statement]]:
        said = self.by.rules.statements
        for block in self.shape.blocks:
            stable = self.by.random(self.unit.ref, block.code, "not applicable").random()
            now = self._random(block.code, "statement").random()
            if block.may_not_apply and stable < said.not_applicable.get(block.code, 0):
                yield block.code, "not_applicable"
            elif block.may_be_nil and now < said.nil.get(block.code, 0):
                yield block.code, "nil"
            elif block.may_be_unchanged and now > 1 - said.unchanged and self._was_told(block):
                yield block.code, "unchanged"

    def _was_told(self, block: Block) -> bool:
        """Whether the half-year before has figures of the block to carry over, so that "không thay đổi" means them."""
        if self.before is None or block.code in self.before.statements:
            return False
        lines = {line.code for line in block.lines}
        figures = any(address.partition(":")[0] in lines for address in self.before.figures)
        return figures or bool(self.before.rows.get(block.code))

    def _early(self) -> bool:
        """Whether the unit closes its books before the half-year ends and estimates the rest."""
        return self._random("early").random() < self.by.rules.statements.estimates

    def _restated(self) -> Iterator[tuple[str, Figure]]:
        """Official figures for what was an estimate in the half-year before."""
        if self.before is None:
            return
        then = _Return(self.by, self.unit, self.key, layout(self.by.edition, self.before.form, self.before.period))
        for address, figure in self.before.figures.items():
            if figure.qualifier == "estimate" and address in self.shape.slots:
                yield address, then._figure(then.shape.slots[address])

    def _left_blank(self) -> Sequence[str]:
        """Lines that a hurried officer leaves out: a warning, not an error."""
        drawn = self._random("blank")
        if drawn.random() >= self.by.rules.statements.blanks:
            return ()
        return drawn.sample(sorted(self.lines), k=min(2, len(self.lines)))

    # --------------------------------------------------------------------------------------------------- rows

    def _rows(self) -> list[Row]:
        """The office itself, from its lines, then the agencies or units under it."""
        if self.family == "commune":
            own = Row(
                "r01", f"Cơ quan HĐND, UBND {self.unit.name}", _row(self.cells("ubnd_staff"), self.cells("ubnd_key"))
            )
            rules = [rule for rule in self.by.rules.rows["commune"] if self.unit.merged or not rule.merged_only]
            named = [(rule, rule.name.format(place=self.unit.place)) for rule in rules]
            return [own, *(self._agency(at, rule, name) for at, (rule, name) in enumerate(named, start=2))]
        return self._office_rows()

    def _agency(self, at: int, rule: RowRule, name: str) -> Row:
        drawn = self.by.random(self.unit.ref, "row", at)
        women = _between(rule.women or (0.3, 0.6), drawn.random())
        staff = _divided(_between_whole(rule.staff, drawn.random()), women, 0, drawn)
        return Row(f"r{at:02d}", name, _row(staff, self._leaders(rule, staff, drawn)))

    def _leaders(self, rule: RowRule, staff: Cells, drawn: Random) -> Cells:
        share = _between(rule.leaders_women, drawn.random())
        amount = min(_between_whole(rule.leaders, drawn.random()), staff.total)
        return _divided(amount, share, 0, drawn).within(staff)

    def _office_rows(self) -> list[Row]:
        """An office's people are divided among it and the units under it."""
        rule = self.by.rules.rows["agency"][0]
        staff, key = self.cells("staff"), self.cells("leaders_key")
        drawn = self.by.random(self.unit.ref, "rows")
        weights = [_between(rule.staff, drawn.random()) for _ in self.unit.under]
        own = min(staff.total, OWN_STAFF + staff.total // 25)
        left = staff.minus(key)
        made = []
        for at, (name, weight) in enumerate(zip(self.unit.under, weights, strict=True), start=2):
            amount = round((staff.total - own) * weight / sum(weights))
            share = left.women / left.total if left.total else 0
            part = _divided(amount, share, 0, drawn)
            part = Cells(part.women, 0, part.total - part.women, 0).within(_by_sex(left))
            left = _by_sex(left).minus(part)
            made.append(Row(f"r{at:02d}", name, _row(part, self._leaders(rule, part, drawn))))
        rest = Cells(left.women + key.women, 0, left.total - left.women + key.total - key.women, 0)
        return [Row("r01", self.unit.name, _row(rest, key)), *made]

    # -------------------------------------------------------------------------------------------------- texts

    def _texts(self, reach_was_told: bool) -> Iterator[tuple[str, str]]:
        texts = self.by.texts.of(self.unit.kind)
        for code, line in self.shape.texts.items():
            drawn = self._random("text", code)
            sentences = texts.get(code, ())
            if not sentences or (line.heading == "method" and not reach_was_told):
                continue
            if line.heading != "method" and drawn.random() > TEXT_CHANCE[line.heading]:
                continue
            sentence = drawn.choice(sentences)
            words = {
                "place": self.unit.place,
                "model": drawn.choice(self.by.texts.models),
                "topic": drawn.choice(self.by.texts.topics),
            }
            yield code, sentence.format(**words)


def _between(ends: Between, at: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * at


def _between_whole(ends: Between, at: float) -> int:
    """A whole number between the two, both included, all equally likely."""
    low, high = int(ends[0]), int(ends[1])
    return min(high, low + int((high - low + 1) * at))


def _divided(amount: int, women: float, minority: float, drawn: Random) -> Cells:
    if amount <= SEATS:
        seats = [(drawn.random() < women, drawn.random() < minority) for _ in range(amount)]
        return Cells(*(seats.count(one) for one in ((True, True), (True, False), (False, True), (False, False))))
    she = min(amount, round(amount * women))
    hers, his = round(she * minority), round((amount - she) * minority)
    return Cells(hers, she - hers, his, amount - she - his)


def _by_sex(cells: Cells) -> Cells:
    return Cells(cells.women, 0, cells.total - cells.women, 0)


def _row(staff: Cells, leaders: Cells) -> dict[str, Figure]:
    figures = {
        "staff": staff.total,
        "staff_women": staff.women,
        "leaders": leaders.total,
        "leaders_women": leaders.women,
    }
    return {code: Figure(Decimal(value)) for code, value in figures.items()}


# ------------------------------------------------------------------------------------------------ faulty returns


def _women_over_all(shape: Layout, content: Content) -> Content:
    part, whole = next(
        (part, whole)
        for part, whole in shape.nested
        if not part.line.part_of
        and not whole.column.members
        and {part.address, whole.address} <= content.figures.keys()
        and content.figures[whole.address].value
    )
    return _changed(content, {part.address: content.figures[whole.address].value + 3})


def _part_over_whole(shape: Layout, content: Content) -> Content:
    part, whole = next(
        pair
        for pair in shape.parts
        if pair[0].line.answer == "count" and {one.address for one in pair} <= content.figures.keys()
    )
    return _changed(content, {part.address: content.figures[whole.address].value + 2})


def _less_than_nothing(shape: Layout, content: Content) -> Content:
    address = next(
        address
        for address, slot in shape.slots.items()
        if slot.line.answer == "count" and address in content.figures and not slot.column.members
    )
    return _changed(content, {address: Decimal(-1)})


def _beside_a_statement(shape: Layout, content: Content) -> Content:
    block = next(
        slot.block
        for address, slot in shape.slots.items()
        if slot.block.may_be_nil and address in content.figures and content.figures[address].value
    )
    return replace(content, statements={**content.statements, block.code: "nil"})


def _without_cut_off(_shape: Layout, content: Content) -> Content:
    address = max(content.figures, key=lambda one: content.figures[one].value)
    figures = {**content.figures, address: content.figures[address]._replace(qualifier="estimate")}
    return replace(content, figures=figures, as_of=None)


def _changed(content: Content, values: Mapping[str, Decimal]) -> Content:
    changed = {address: content.figures[address]._replace(value=value) for address, value in values.items()}
    return replace(content, figures={**content.figures, **changed})


SPOILED: Mapping[str, Callable[[Layout, Content], Content]] = {
    "return.part_exceeds_whole": _women_over_all,
    "return.line_exceeds_line": _part_over_whole,
    "return.negative": _less_than_nothing,
    "return.figures_beside_statement": _beside_a_statement,
    "return.estimate_needs_cut_off": _without_cut_off,
}
"""Code of the fault that must be found → how a content is spoiled for it, as people do."""


def spoiled(edition: Edition, content: Content, code: str) -> Content | None:
    """The content with one mistake in it; None where it has nothing that could be mistaken so."""
    try:
        return SPOILED[code](layout(edition, content.form, content.period), content)
    except StopIteration:
        return None
