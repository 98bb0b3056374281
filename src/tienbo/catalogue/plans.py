"""What a unit's committee plans: targets of its own, tasks, money; and its targets among the definitions.

A plan says all of it in one text, as a return does. Nothing here is law: a target of one's own is held beside those of
the documents above, which stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from tienbo.catalogue.definitions import Confidence, Document, Indicator, Operator, Shape, Target, TargetValue, Text
from tienbo.catalogue.loading import SHAPES, Edition
from tienbo.core.messages import LANGUAGES, N_, speaking
from tienbo.core.messages import gettext as _

Direction = Literal["at_least", "below", "approximately", "exactly"]
DIRECTIONS: Mapping[str, str] = {
    "at_least": N_("at least"),
    "below": N_("at most"),
    "approximately": N_("about"),
    "exactly": N_("exactly"),
}
OPERATORS: Mapping[str, Operator] = {"at_least": ">=", "below": "<=", "approximately": "~", "exactly": "=="}
"""How a value of one's own is written, by its direction; under a target that says "<" it says so too."""
SOURCES: Mapping[str, str] = {
    "state": N_("budget of the locality"),
    "above": N_("budget of the level above"),
    "programme": N_("national target programmes"),
    "sponsor": N_("aid and partners"),
    "social": N_("contributions of society"),
    "other": N_("other sources"),
}
"""Where money comes from: in a plan as in the register of funding (`committee.budget`), whose answers they are."""
_CALLED_BEFORE = {"local": "state", "partner": "sponsor"}

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class OwnTarget(Shape):
    """A value of an indicator that a unit sets for itself, year by year."""

    key: str
    indicator: str
    parent: str = ""
    """Code of the target above that it carries out; "" where none asks for the same quantity."""
    direction: Direction
    op: Operator
    values: dict[int, Decimal]
    reason: Words = ""
    """Why it asks for less than its parent, where it does."""

    @property
    def code(self) -> str:
        """What it is called among the definitions."""
        return own_code(self.key)


class PlanItem(Shape):
    """Something to be done. `owners` are keys of units; the first leads, the others work together with it."""

    key: str
    words: Words
    owners: tuple[str, ...]
    due: date
    measure: Words = ""
    """What shows that it is done."""


class BudgetLine(Shape):
    """Money planned for one use from one source, in million đồng. What is spent is told by the register of funding."""

    key: str
    use: Words
    source: str
    amount: Decimal

    @model_validator(mode="before")
    @classmethod
    def _as_before(cls, said: Any) -> Any:
        """Plans of before said what was spent too, and called two sources otherwise."""
        if not isinstance(said, dict):
            return said
        kept = {name: held for name, held in said.items() if name != "spent"}
        return kept | {"source": _CALLED_BEFORE.get(str(kept.get("source")), kept.get("source"))}


class PlanContent(Shape):
    """Everything a plan says. `basis`, `purpose` and `carrying_out` are paragraphs by lines."""

    title: Words
    first_year: int
    last_year: int
    basis: Words = ""
    purpose: Words = ""
    carrying_out: Words = ""
    targets: tuple[OwnTarget, ...] = ()
    items: tuple[PlanItem, ...] = ()
    budget: tuple[BudgetLine, ...] = ()

    @property
    def years(self) -> range:
        return range(self.first_year, self.last_year + 1)

    def as_json(self) -> str:
        """The one text of the plan: the same meaning gives the same text."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> PlanContent:
        return cls.model_validate_json(text)


PlanLine = OwnTarget | PlanItem | BudgetLine
PARTS: Mapping[str, type[PlanLine]] = {"targets": OwnTarget, "items": PlanItem, "budget": BudgetLine}
"""The lists of a plan."""


def own_code(key: str) -> str:
    return "OWN-" + key.rpartition("_")[2]


@dataclass(frozen=True, slots=True)
class SetBy:
    """A plan in force as the definitions need it: whose it is (key, name inside a sentence, level), its document."""

    plan: str
    unit: str
    name: str
    scale: Literal["national", "provincial", "district", "commune"] | None
    number: str
    issued_on: date
    content: PlanContent


def with_own(edition: Edition, plans: Iterable[SetBy]) -> Edition:
    """The definitions with the targets of some plans among them, each after the one it carries out, and the plans as
    documents. What an indicator measures is not touched: values are the same by both."""
    targets, documents = list(edition.targets.values()), dict(edition.documents)
    for one in plans:
        code = "own_" + one.plan.rpartition("_")[2].lower()
        documents[code] = Document(
            code=code, number=one.number, issued_on=one.issued_on.isoformat(), title=_twice(one.content.title)
        )
        for own in one.content.targets:
            indicator = edition.indicators.get(own.indicator)
            if indicator is not None:
                made = _target(own, indicator, one, code, {held.code: held for held in targets})
                targets.insert(_place(made, targets), made)
    held = {kind: getattr(edition, kind) for kind in SHAPES}
    held |= {"targets": {one.code: one for one in targets}, "documents": documents}
    return Edition(pack=edition.pack, places=edition.places, **held)


def _target(own: OwnTarget, indicator: Indicator, by: SetBy, document: str, held: Mapping[str, Target]) -> Target:
    above = held.get(own.parent)
    return Target(
        code=own.code,
        indicator=own.indicator,
        name=_named(indicator.name, by.name),
        group=above.group if above else indicator.group or "local",
        owner="own",
        owner_unit=by.unit,
        parent=own.parent or None,
        document=document,
        direction=own.direction,
        values={year: TargetValue(op=own.op, value=value) for year, value in own.values.items()},
        levels=() if by.scale is None else (by.scale,),
        confidence=Confidence.CONFIRMED,
        from_year=by.content.first_year,
    )


def _place(made: Target, targets: list[Target]) -> int:
    """After its parent and what already stands under that, else after the last of its group."""
    beside = [
        index
        for index, one in enumerate(targets)
        if (one.code == made.parent or (made.parent and one.parent == made.parent and one.owner == "own"))
    ]
    beside = beside or [index for index, one in enumerate(targets) if one.group == made.group]
    return max(beside) + 1 if beside else len(targets)


def _named(name: Text, unit: str) -> Text:
    words = {}
    for lang, said in zip(LANGUAGES, (name.vi, name.en), strict=True):
        with speaking(lang):
            words[lang] = _("{target} – target of {unit}").format(target=said, unit=unit)
    return Text(**words)


def _twice(words: str) -> Text:
    """What is written in one language only."""
    return Text(vi=words, en=words)


class Totals(Shape):
    """Money of one source: what a plan has for it and, where the register of funding is kept, what was spent."""

    source: str
    planned: Decimal = Field(default=Decimal(0))
    spent: Decimal | None = None


def totals(budget: Iterable[BudgetLine], spent: Mapping[str, Decimal] | None = None) -> list[Totals]:
    """The money of a plan by source, in the order of the sources; with what was `spent` of each (None: nobody keeps the
    register of funding), also of one that was not planned."""
    held: dict[str, Decimal] = {}
    for line in budget:
        held[line.source] = held.get(line.source, Decimal(0)) + line.amount
    there = held.keys() | {source for source, amount in (spent or {}).items() if amount}
    return [
        Totals(
            source=source,
            planned=held.get(source, Decimal(0)),
            spent=None if spent is None else spent.get(source, Decimal(0)),
        )
        for source in SOURCES
        if source in there
    ]
