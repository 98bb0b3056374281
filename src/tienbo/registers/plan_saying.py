"""What is typed about a plan, read into what the plan says; every fault at its field, all of them at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import Target, TargetValue
from tienbo.catalogue.definitions import Unit as Measured
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.plans import (
    DIRECTIONS,
    OPERATORS,
    SOURCES,
    BudgetLine,
    Direction,
    OwnTarget,
    PlanContent,
    PlanItem,
    PlanLine,
)
from tienbo.catalogue.rules.targets import is_possible
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import clean, day_of, day_words, number, same_name
from tienbo.papers.workbook.numbers import NotANumber, TwoReadings, number_spelled
from tienbo.registers.saying import LARGEST

Kind = Literal["text", "long_text", "date", "amount", "value", "year", "choice", "unit", "units"]
LONGEST: Mapping[str, int] = {"text": 300, "long_text": 2000, "units": 2000}
EARLIEST, LATEST, MOST_YEARS = 2000, 2100, 15

worded(
    {
        "plan.blank": N_("Fill this in."),
        "plan.too_long": N_("{count} letters are more than the {most} that fit."),
        "plan.not_a_year": N_("“{text}” is not a year. Write it as 2026."),
        "plan.years_order": N_("The last year, {last}, is before the first, {first}."),
        "plan.too_many_years": N_("A plan is for {most} years at most."),
        "plan.year_in_use": N_("There are targets or tasks of {year} in the plan; it must stay inside its years."),
        "plan.not_a_day": N_("“{text}” is not a day. Write it as 20/6/2026."),
        "plan.not_a_number": N_("“{text}” is not a number. Write it as 62,5 or 1.200."),
        "plan.negative": N_("It cannot be less than zero ({value})."),
        "plan.too_large": N_("{value} is more than can be kept."),
        "plan.unknown_choice": N_("Choose one from the list."),
        "plan.no_unit": N_("Say who does it."),
        "plan.outside_its_years": N_("{day} is outside the years of the plan, {first} to {last}."),
        "plan.no_value": N_("Give a value for one year at least."),
        "plan.out_of_range": N_("{value} is no value that “{indicator}” can have."),
        "plan.goes_back": N_("{later} in {year} asks for less than {earlier} before it."),
        "plan.set_already": N_("The plan sets a target for “{indicator}” already."),
        "plan.other_direction": N_("“{target}” says “{theirs}”; a target that carries it out says the same."),
        "plan.lower_without_reason": N_(
            "{value} in {year} is less than “{target}” asks ({document}: {above} for {named}). Give the reason."
        ),
        "plan.not_above": N_("“{target}” does not ask for the same quantity of this unit."),
    }
)


class PlanField(NamedTuple):
    """A field of the form of a plan. `choices` are (value, words)."""

    code: str
    label: str
    kind: Kind = "text"
    required: bool = True
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()

    @property
    def longest(self) -> int:
        return LONGEST.get(self.kind, 40)


class Above(NamedTuple):
    """A target that holds for the unit and asks for a quantity, with how its document is cited."""

    target: Target
    document: str


@dataclass(frozen=True)
class Ground:
    """What a line of a plan is read against."""

    edition: Edition
    content: PlanContent
    above: Sequence[Above]
    """Targets of the documents above, and of plans of units above, that hold for the unit."""
    names: Mapping[str, str]
    """Units that can be named: key → name."""
    indicators: Sequence[str]
    """Codes that a target can be set for."""

    def key_of(self, text: str) -> list[str]:
        """Units of a name, or the one of a key."""
        if text in self.names:
            return [text]
        wanted = same_name(clean(text))
        return [key for key, name in self.names.items() if same_name(name) == wanted]


HEAD = (
    PlanField("title", N_("What the plan is about")),
    PlanField("first_year", N_("First year"), "year"),
    PlanField("last_year", N_("Last year"), "year", hint=N_("The same as the first for a plan of one year.")),
    PlanField("basis", N_("Documents it rests on"), "long_text", False, N_("One on each line.")),
    PlanField("purpose", N_("Purpose and requirements"), "long_text", False, N_("One thought on each line.")),
    PlanField("carrying_out", N_("How it is carried out"), "long_text", False, N_("One thought on each line.")),
)


def fields(part: str, ground: Ground) -> tuple[PlanField, ...]:
    """The form of a part of a plan."""
    if part == "head":
        return HEAD
    if part == "items":
        return (
            PlanField("words", N_("What is to be done"), "long_text"),
            PlanField("lead", N_("Who leads"), "unit"),
            PlanField("partners", N_("Who works together with it"), "units", False, N_("One unit on each line.")),
            PlanField("due", N_("To be done by"), "date"),
            PlanField("measure", N_("What shows that it is done"), "text", False),
        )
    if part == "budget":
        sources = [(code, _(words)) for code, words in SOURCES.items()]
        return (
            PlanField("use", N_("Used for"), "text"),
            PlanField("source", N_("Source"), "choice", choices=sources),
            PlanField("amount", N_("Planned (million đồng)"), "amount"),
        )
    made = ground.edition.indicators
    above = [
        (one.target.code, f"{one.target.name} ({one.document})")
        for one in ground.above
        if one.target.direction != "qualitative"
    ]
    return (
        PlanField(
            "indicator", N_("Indicator"), "choice", choices=[(one, str(made[one].name)) for one in ground.indicators]
        ),
        PlanField(
            "parent",
            N_("Target above that it carries out"),
            "choice",
            False,
            N_("Left blank, it is the first that asks for the same quantity."),
            above,
        ),
        PlanField(
            "direction",
            N_("Direction"),
            "choice",
            False,
            N_("Left blank, it is that of the target above, else “at least”."),
            [(code, _(words)) for code, words in DIRECTIONS.items()],
        ),
        *(
            PlanField(
                f"value_{year}",
                _("Value for {year}").format(year=year),
                "value",
                ground.content.first_year == ground.content.last_year,
            )
            for year in ground.content.years
        ),
        PlanField("reason", N_("Reason, where it asks for less than the target above"), "long_text", False),
    )


# ----------------------------------------------------------------------------------------------------- reading


def read(
    form: Sequence[PlanField], typed: Mapping[str, str], ground: Ground | None
) -> tuple[dict[str, object], list[Fault]]:
    """Field → what it says, blanks left out; and what cannot be read."""
    said: dict[str, object] = {}
    faults = []
    for field in form:
        text = typed.get(field.code, "").strip()
        if not text:
            if field.required:
                faults.append(fault("plan.blank", field))
            continue
        found = _read(field, text, ground)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            said[field.code] = found
    return said, faults


def fault(code: str, field: PlanField, **fields: object) -> Fault:
    return Fault(code, _(field.label), {"field": field.code, **fields})


def _read(field: PlanField, text: str, ground: Ground | None) -> object:
    match field.kind:
        case "year":
            year = int(text) if text.isascii() and text.isdecimal() and len(text) == 4 else 0
            return year if EARLIEST <= year <= LATEST else fault("plan.not_a_year", field, text=text[:20])
        case "date":
            return day_of(text) or fault("plan.not_a_day", field, text=text[:20])
        case "amount" | "value":
            return _number(field, text)
        case "choice":
            known = text in {value for value, _words in field.choices}
            return text if known else fault("plan.unknown_choice", field)
        case "unit" | "units":
            return _units(field, text, ground)
        case _:
            most = field.longest
            return text if len(text) <= most else fault("plan.too_long", field, count=len(text), most=most)


def _number(field: PlanField, text: str) -> Decimal | Fault:
    # A dot groups thousands, as everywhere on these pages: 1.200 is twelve hundred; only then a part is looked for.
    found = None
    for number_is in ("count", "percent") if field.kind == "value" else ("count", "decimal"):
        try:
            found = found or number_spelled(text, number_is)
        except (NotANumber, TwoReadings):
            continue
    if found is None or found[1] is not None:
        return fault("plan.not_a_number", field, text=text[:20])
    value = found[0]
    if value < 0:
        return fault("plan.negative", field, value=value)
    return value if value < LARGEST else fault("plan.too_large", field, value=value)


def _units(field: PlanField, text: str, ground: Ground | None) -> tuple[str, ...] | Fault:
    keys = []
    for name in filter(None, map(clean, text.splitlines())):
        found = ground.key_of(name) if ground else []
        if not found:
            return fault("record.unknown_unit", field, text=name[:60])
        if len(found) > 1:
            return fault("record.named_alike", field, count=len(found), text=name[:60])
        keys += [one for one in found if one not in keys]
    return tuple(keys)


def line_read(part: str, typed: Mapping[str, str], ground: Ground, key: str) -> tuple[PlanLine | None, list[Fault]]:
    """A line of a plan as it was typed, and every fault that stands against it."""
    said, faults = read(fields(part, ground), typed, ground)
    if part == "targets":
        return _target(said, faults, ground, key)
    if faults:
        return None, faults
    if part == "items":
        lead, partners = said["lead"], said.get("partners", ())
        owners = (*lead, *(one for one in partners if one not in lead))  # type: ignore[misc,attr-defined,operator]
        item = PlanItem(
            key=key,
            words=said["words"],  # type: ignore[arg-type]
            owners=owners,
            due=said["due"],  # type: ignore[arg-type]
            measure=said.get("measure", ""),  # type: ignore[arg-type]
        )
        return item, list(item_check(item, ground))
    return BudgetLine(key=key, **said), []  # type: ignore[arg-type]


def _target(
    said: Mapping[str, object], faults: list[Fault], ground: Ground, key: str
) -> tuple[OwnTarget | None, list[Fault]]:
    values = {int(code[6:]): held for code, held in said.items() if code.startswith("value_")}
    form = {field.code: field for field in fields("targets", ground)}
    if not values and not any(str(one.fields["field"]).startswith("value_") for one in faults):
        faults.append(fault("plan.no_value", form[f"value_{ground.content.first_year}"]))
    if faults:
        return None, faults
    indicator = str(said["indicator"])
    named = str(said.get("parent", ""))
    parents = [one.target for one in ground.above if indicator in (one.target.indicator, *one.target.also)]
    parents = [one for one in parents if one.direction != "qualitative"]
    parent = next((one for one in parents if not named or one.code == named), None)
    direction: Direction = said.get("direction") or (parent.direction if parent else "at_least")  # type: ignore[assignment]
    made = OwnTarget(
        key=key,
        indicator=indicator,
        parent=parent.code if parent else named,
        direction=direction,
        op=_operator(direction, parent),
        values=values,  # type: ignore[arg-type]
        reason=said.get("reason", ""),  # type: ignore[arg-type]
    )
    return made, list(target_check(made, ground))


def _operator(direction: Direction, parent: Target | None) -> Literal[">=", ">", "<=", "<", "~", "=="]:
    """As the target above is written where it is a limit of the same side, else as the direction is."""
    own = OPERATORS[direction]
    above = [one.op for one in parent.values.values()] if parent and parent.direction == direction else []
    return next((op for op in above if op[0] == own[0] and op != "=="), own)


# ----------------------------------------------------------------------------------------------------- checking


def item_check(item: PlanItem, ground: Ground) -> Iterator[Fault]:
    form = {field.code: field for field in fields("items", ground)}
    if not item.owners:
        yield fault("plan.no_unit", form["lead"])
    if item.due.year not in ground.content.years:
        content = ground.content
        years = {"first": str(content.first_year), "last": str(content.last_year)}
        yield fault("plan.outside_its_years", form["due"], day=day_words(item.due), **years)


def target_check(own: OwnTarget, ground: Ground) -> Iterator[Fault]:
    """What stands against a target of one's own: values it cannot have, and less than is asked above without a
    reason."""
    form = {field.code: field for field in fields("targets", ground)}
    indicator = ground.edition.indicators[own.indicator]
    if any(one.indicator == own.indicator and one.key != own.key for one in ground.content.targets):
        yield fault("plan.set_already", form["indicator"], indicator=indicator.name)
    for year, value in own.values.items():
        if not is_possible(TargetValue(op=own.op, value=value), indicator.unit):
            yield fault("plan.out_of_range", form[f"value_{year}"], value=value, indicator=indicator.name)
    sign = {"at_least": 1, "below": -1}.get(own.direction, 0)
    known = sorted(own.values.items())
    for (_year, earlier), (year, later) in itertools.pairwise(known):
        if (later - earlier) * sign < 0:
            yield fault("plan.goes_back", form[f"value_{year}"], later=later, year=str(year), earlier=earlier)
    above = [one for one in ground.above if own.indicator in (one.target.indicator, *one.target.also)]
    if own.parent and own.parent not in {one.target.code for one in above}:
        named = next((one.target.name for one in ground.above if one.target.code == own.parent), own.parent)
        yield fault("plan.not_above", form["parent"], target=named)
    for one in above:
        if one.target.code == own.parent and one.target.direction != own.direction:
            theirs = _(DIRECTIONS[one.target.direction])
            yield fault("plan.other_direction", form["direction"], target=one.target.name, theirs=theirs)
            return
    yield from _less(own, above, form, indicator.unit)


def _less(own: OwnTarget, above: Sequence[Above], form: Mapping[str, PlanField], unit: Measured) -> Iterator[Fault]:
    """Values that ask for less than is asked above, without a reason; the first of each target above says it."""
    if own.reason:
        return
    for one in above:
        for year, value in own.values.items():
            named = asked_by(one.target, year)
            if named is None or not is_less(own, value, one.target, named[1]):
                continue
            percent = "\N{NO-BREAK SPACE}%" if unit is Measured.PERCENT else ""
            yield fault(
                "plan.lower_without_reason",
                form["reason"],
                value=number(value) + percent,
                year=str(year),
                target=one.target.name,
                document=one.document,
                above=number(named[1].value or 0) + percent,
                named=str(named[0]),
            )
            break


def asked_by(target: Target, year: int) -> tuple[int, TargetValue] | None:
    """What a document asks by a year: the value it names for that year, else the last one before it, which is not
    given up. A value of a later year does not bind yet, and what lies between two years is set by nobody."""
    named = [(one, value) for one, value in target.values.items() if one <= year and value.value is not None]
    return named[-1] if named else None


def is_less(own: OwnTarget, value: Decimal, target: Target, above: TargetValue) -> bool:
    """Whether a value asks for less than what is asked above, in the direction of that target."""
    if above.value is None:
        return False
    if target.direction == "at_least":
        return value < above.value or (value == above.value and (own.op, above.op) == (">=", ">"))
    if target.direction == "below":
        return value > above.value or (value == above.value and (own.op, above.op) == ("<=", "<"))
    return value != above.value if above.upper is None else not above.value <= value <= above.upper


def typed_of(line: PlanLine | PlanContent, names: Mapping[str, str]) -> dict[str, str]:
    """A line of a plan, or its head, as one types it."""
    if isinstance(line, OwnTarget):
        said = {"indicator": line.indicator, "parent": line.parent, "direction": line.direction, "reason": line.reason}
        return said | {f"value_{year}": number(value) for year, value in line.values.items()}
    if isinstance(line, PlanItem):
        called = [names.get(one, one) for one in line.owners]
        due = day_words(line.due)
        return {
            "words": line.words,
            "lead": "".join(called[:1]),
            "partners": "\n".join(called[1:]),
            "due": due,
            "measure": line.measure,
        }
    if isinstance(line, BudgetLine):
        return {"use": line.use, "source": line.source, "amount": number(line.amount)}
    return {field.code: str(getattr(line, field.code)) for field in HEAD}


def head_check(content: PlanContent, said: Mapping[str, object]) -> Iterator[Fault]:
    """Whether the years of a plan go forward and hold what is planned."""
    form = {field.code: field for field in HEAD}
    first, last = said["first_year"], said["last_year"]
    assert isinstance(first, int)  # noqa: S101 - read as years
    assert isinstance(last, int)  # noqa: S101
    if last < first:
        yield fault("plan.years_order", form["last_year"], first=str(first), last=str(last))
        return
    if last - first >= MOST_YEARS:
        yield fault("plan.too_many_years", form["last_year"], most=MOST_YEARS)
    held = {year for own in content.targets for year in own.values} | {item.due.year for item in content.items}
    for year in sorted(held - set(range(first, last + 1)))[:1]:
        yield fault("plan.year_in_use", form["first_year" if year < first else "last_year"], year=str(year))
