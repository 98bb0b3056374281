"""The heat table: units × targets of a group, each cell a value with its verdict or the reason there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tienbo.catalogue.definitions import Indicator, Target
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, is_kind
from tienbo.engine.terms import reporters
from tienbo.engine.values import FrozenValues, Status
from tienbo.papers import judgement
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import plain
from tienbo.papers.context import UnitRef, scale_of
from tienbo.papers.tables import plan_text
from tienbo.papers.verdicts import VERDICT_WORDS, Verdict, is_confirmed, verdict

COLOURS: Mapping[Verdict, str] = {Verdict.MET: "tb-good", Verdict.UNMET: "tb-bad", Verdict.ABOUT: "tb-near"}
NOTHING = (Verdict.NOT_ASKED,)


class HeatCell(NamedTuple):
    """`text` is the figure, empty where there is none; `words` say where it stands."""

    verdict: Verdict
    text: str
    words: str
    colour: str
    address: str


class HeatRow(NamedTuple):
    unit: UnitRef
    cells: tuple[HeatCell, ...]

    @property
    def is_asked(self) -> bool:
        return any(cell.verdict not in NOTHING for cell in self.cells)


class HeatColumn(NamedTuple):
    """A target as the head of a column; `address` leads to the page of its indicator. Of the units listed, so many
    meet it (`met`) and do not (`unmet`)."""

    target: Target
    indicator: Indicator
    plan: str
    address: str
    is_confirmed: bool
    asked: frozenset[str]
    """Kinds of unit that owe its figures."""
    met: int = 0
    unmet: int = 0


@dataclass(frozen=True)
class Heat:
    """What the table is made of. `units` are row ids in the order they are shown, `refs` names them."""

    edition: Edition
    period: Period
    tree: Tree
    refs: Mapping[int, UnitRef]
    binder: Binder
    """Of the seat's own unit: it prints values and says which targets are of this place."""

    @cached_property
    def offered(self) -> list[Target]:
        """Targets that are set for, or told of by, some unit of these: in the order of their groups."""
        kinds = {ref.kind for ref in self.refs.values()}
        place = self.binder.context
        scales = {scale: kind for kind in kinds if (scale := scale_of(kind)) is not None}
        scales.setdefault("provincial", "province")  # what a department tells is held against its province's targets
        found: dict[str, Target] = {}
        for kind in scales.values():
            held = judgement.holding(
                self.edition,
                UnitRef(place.unit.key, place.unit.name, kind),
                year=self.period.year,
                owners=place.owners,
                province=place.province,
            )
            found |= {one.code: one for one in held}
        order = {code: index for index, code in enumerate(self.edition.groups)}
        listed = [one for one in found.values() if self._concerns(one, kinds)]
        listed.sort(key=lambda one: (order.get(one.group, len(order)), list(self.edition.targets).index(one.code)))
        return listed

    def _concerns(self, target: Target, kinds: Iterable[str]) -> bool:
        asked = self._reporters(target.indicator)
        return any(scale_of(kind) in target.levels or is_kind(kind, asked) for kind in kinds)

    def _reporters(self, indicator: str) -> frozenset[str]:
        return reporters(self.edition, self.edition.indicators[indicator], self.period)

    def columns(self, targets: Sequence[Target], addresses: Mapping[str, str]) -> list[HeatColumn]:
        """The heads of the columns; `addresses` are those of the indicators."""
        made = []
        for target in targets:
            indicator = self.edition.indicators[target.indicator]
            asked = judgement.plan(target, self.period.year)
            words = plain(plan_text(target, indicator, asked, self.period.year))
            address = addresses.get(target.indicator, "")
            held = self._reporters(indicator.code)
            made.append(HeatColumn(target, indicator, words, address, is_confirmed(target, indicator), held))
        return made

    def row(self, unit: int, columns: Sequence[HeatColumn], values: FrozenValues) -> HeatRow:
        ref = self.refs[unit]
        scale = scale_of(ref.kind)
        return HeatRow(ref, tuple(self._cell(unit, ref, scale, column, values) for column in columns))

    def _cell(self, unit: int, ref: UnitRef, scale: str | None, column: HeatColumn, values: FrozenValues) -> HeatCell:
        target, indicator = column.target, column.indicator
        value = values.get(indicator.code, ref.key, self.period.code)
        held = scale in target.levels
        found = verdict(target, indicator, value, self.period, held=held, asked=self._owes(unit, column))
        text = ""
        if value.status in (Status.VALUE, Status.INTERVAL):
            plan = judgement.plan(target, self.period.year)
            text = plain(self.binder.cell(value, plan.value if plan and held else None))
        words = _(VERDICT_WORDS[found])
        if found is Verdict.NONE_OCCURRED and indicator.zero_base is not None:
            words = str(indicator.zero_base)
        address = f"{column.address}?unit={ref.key}" if column.address else ""
        return HeatCell(found, text, words, COLOURS.get(found, ""), address)

    def _owes(self, unit: int, column: HeatColumn) -> bool:
        return any(is_kind(self.tree.kinds[one], column.asked) for one in self.tree.subtree(unit))


def counted(columns: Sequence[HeatColumn], rows: Sequence[HeatRow]) -> list[HeatColumn]:
    """The columns with how many of these rows meet each target, and how many do not."""
    made = []
    for number, column in enumerate(columns):
        found = [row.cells[number].verdict for row in rows]
        made.append(column._replace(met=found.count(Verdict.MET), unmet=found.count(Verdict.UNMET)))
    return made
