"""Plans of units' committees: drafted line by line, approved with number and day, changed by another version.

Each write is one transaction and one version, of the version that was seen; who drafted from an older one is told so.
What a plan in force sets is put among the definitions by `edition_with_plans`: whatever reads targets reads it there,
and what is released keeps the definitions it was made with.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.plans import SOURCES, PlanContent, SetBy, with_own
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.words import clean, day_of, moment_words, sort_key
from tienbo.ground.keys import is_key, new_key
from tienbo.ground.once import ask_again, once
from tienbo.ground.reach import reaching_everywhere
from tienbo.papers import judgement
from tienbo.papers.context import UnitRef, inside, scale_of
from tienbo.registers.plan_models import Plan, PlanVersion
from tienbo.registers.plan_saying import (
    HEAD,
    Above,
    Ground,
    head_check,
    item_check,
    line_read,
    read,
    target_check,
)
from tienbo.registers.queries import counts, units_keeping
from tienbo.registers.services import day_at, may, units_near
from tienbo.registers.task_models import CAUSE_WORDS, Task
from tienbo.registers.tasks import Cause, task_make
from tienbo.units.access import NEEDS, Need
from tienbo.units.frames import tree_on, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.units.services import unit_label
from tienbo.units.wording import Said

worded(
    {
        "plan.changed_meanwhile": N_(
            "{by} changed this plan at {at}, after you opened this page. Look at it as it is now, then go on."
        ),
        "plan.is_withdrawn": N_("This plan was withdrawn: it is read, and changed no more."),
        "plan.no_such_line": N_("This line is no longer in the plan."),
        "plan.no_reason": N_("Say why it is withdrawn."),
        "plan.no_number": N_("Write the number and symbol of the document, such as 25/KH-UBND."),
        "plan.not_a_past_day": N_("Write the day of the document as 20/1/2026. It cannot be a day to come."),
        "plan.approved_already": N_("Nothing was changed since the plan was approved."),
        "plan.owner_gone": N_("“{words}”: {unit} is no unit today. Say who takes it over."),
        "plan.set_elsewhere": N_("“{indicator}” has a value for {year} in the plan {document} already."),
        "plan.line": N_("“{line}”: {sentence}"),
        "plan.not_in_force": N_("The plan is not in force: tasks follow from it once it is."),
        "plan.no_task_to_make": N_("Every task of the plan was made already."),
        "plan.empty": N_("The plan has neither a target nor a task yet."),
    }
)

KEPT = 64
"""Editions with targets of their own, kept in a process."""


class InForce(NamedTuple):
    """A plan in force: the number of its version, whose it is."""

    plan: str
    version: int
    unit: int
    number: str
    issued_on: date
    content: PlanContent


# ------------------------------------------------------------------------------------------------------ writes


Change = Callable[[PlanContent], PlanContent]
"""What becomes of what a plan says. Refused with every fault."""


@transaction.atomic
def plan_begin(
    *, unit: Unit, typed: Mapping[str, str], actor: Actor, key: str = "", change: Change = lambda content: content
) -> Plan:
    """A new plan of a unit, with its head and what `change` makes of it. The same `key` again has one effect."""
    _allowed(actor, unit, "enter")
    held = Plan.objects.filter(key=key, unit=unit).first() if key else None
    if held is not None:
        return held
    content = change(headed(PlanContent(title="", first_year=0, last_year=0), typed))
    plan = Plan(
        key=key if is_key(key, "plan") else new_key("plan"),
        unit=unit,
        first_year=content.first_year,
        last_year=content.last_year,
    )
    _write(plan, content, PlanVersion.Act.BEGUN, actor)
    return plan


@transaction.atomic
def plan_change(*, plan: Plan, seen: int, change: Change, actor: Actor) -> Plan:
    """Change what a plan says, in one version; none where it says the same."""
    plan = _held(plan, seen, actor, "enter")
    before = plan_content(plan)
    content = change(before)
    if content != before:
        _write(plan, content, PlanVersion.Act.CHANGED, actor)
    return plan


def plan_head(*, plan: Plan, seen: int, typed: Mapping[str, str], actor: Actor) -> Plan:
    """Change what a plan is about."""
    return plan_change(plan=plan, seen=seen, change=lambda before: headed(before, typed), actor=actor)


def plan_line_put(
    *, edition: Edition, plan: Plan, seen: int, part: str, key: str, typed: Mapping[str, str], actor: Actor
) -> Plan:
    """Write a line of a plan, a new one where the plan has none with this key. Refused with every fault, and for a
    target that asks for less than the one above it without a reason."""

    def put(before: PlanContent) -> PlanContent:
        return line_put(before, edition=edition, unit=plan.unit, part=part, key=key, typed=typed)

    return plan_change(plan=plan, seen=seen, change=put, actor=actor)


def plan_line_drop(*, plan: Plan, seen: int, part: str, key: str, actor: Actor) -> Plan:
    """Take a line out of a plan. It stays in the versions of before."""
    return plan_change(plan=plan, seen=seen, change=lambda before: line_dropped(before, part, key), actor=actor)


@transaction.atomic
def plan_approve(*, edition: Edition, plan: Plan, seen: int, number: str, issued_on: str, actor: Actor) -> Plan:
    """Put a plan as it was seen in force, by its document. What it sets is checked once more: targets above it and
    units may have changed since it was drafted."""
    plan = _held(plan, seen, actor, "approve")
    if plan.approved == plan.version:
        raise Refused(Fault("plan.approved_already"))
    content, day = plan_content(plan), day_of(issued_on)
    faults = []
    if not clean(number):
        faults.append(Fault("plan.no_number", "", {"field": "number"}))
    if day is None or day > timezone.localdate():
        faults.append(Fault("plan.not_a_past_day", "", {"field": "issued_on"}))
    if not content.targets and not content.items:
        faults.append(Fault("plan.empty"))
    faults += plan_check(edition, plan, content)
    if faults or day is None:
        raise Refused(*faults)
    _write(plan, content, PlanVersion.Act.APPROVED, actor, document_number=clean(number)[:60], issued_on=day)
    return plan


@transaction.atomic
def plan_withdraw(*, plan: Plan, seen: int, reason: str, actor: Actor) -> Plan:
    """A plan that holds no more, or should not have been begun. One in force is withdrawn by who approves."""
    plan = _held(plan, seen, actor, "approve" if plan.approved else "enter")
    if not reason.strip():
        raise Refused(Fault("plan.no_reason", "", {"field": "reason"}))
    plan.withdrawn = True
    _write(plan, plan_content(plan), PlanVersion.Act.WITHDRAWN, actor, reason=reason.strip()[:2000])
    return plan


@transaction.atomic
def plan_tasks_make(*, plan: Plan, seen: int, actor: Actor, today: date | None = None) -> list[Task]:
    """Make a task of every line of the plan in force that none was made of yet; all or none, each fault with its line.
    It is made on the day of the plan's document, and due as the plan says."""
    plan = Plan.objects.select_for_update(of=("self",)).select_related("unit").get(pk=plan.pk)
    held = next((one for one in plans_in_force((plan.unit_id,)) if one.plan == plan.key), None)
    if held is None:
        raise Refused(Fault("plan.not_in_force"))
    if plan.version != seen:
        raise Refused(_meanwhile(plan))
    day = min(held.issued_on, today or timezone.localdate())
    cause = f"{held.number}: {held.content.title}"[:CAUSE_WORDS]
    told, made, faults = plan_tasks(plan), [], list[Fault]()
    for item in held.content.items:
        if item.key in told:
            continue
        owners = {one.key: one for one in Unit.objects.filter(key__in=item.owners)}
        there = [owners[key] for key in item.owners if key in owners]
        try:
            with transaction.atomic():
                made.append(
                    task_make(
                        issuer=plan.unit,
                        owner=there[0] if there else None,
                        text=item.words,
                        due_on=item.due,
                        measure=item.measure,
                        partners=there[1:],
                        cause=Cause(plan.key, item.key, cause),
                        actor=actor,
                        on=day,
                    )
                )
        except Refused as refused:
            faults += [_of_line(item.words[:60], one) for one in refused.faults]
    if faults:
        raise Refused(*faults)
    if not made:
        raise Refused(Fault("plan.no_task_to_make"))
    return made


def plan_tasks(plan: Plan) -> dict[str, Task]:
    """Key of a line → the task that was made of it."""
    return {one.cause_row: one for one in Task.objects.filter(cause=plan.key).exclude(cause_row="")}


def plan_check(edition: Edition, plan: Plan, content: PlanContent) -> list[Fault]:
    """What stands against a plan as a whole, each fault with its line."""
    ground, faults = ground_of(edition, plan.unit, content), []
    for own in content.targets:
        name = edition.indicators[own.indicator].name
        faults += [_of_line(str(name), one) for one in target_check(own, ground)]
    faults += _set_elsewhere(edition, plan, content)
    for item in content.items:
        faults += [_of_line(item.words[:60], one) for one in item_check(item, ground)]
        for owner in item.owners:
            if owner not in ground.names:
                unit = Unit.objects.filter(key=owner).first()
                called = unit_label(unit, day_at(unit)) if unit else owner
                faults.append(Fault("plan.owner_gone", "", {"words": item.words[:60], "unit": called}))
    return faults


def _of_line(line: str, fault: Fault) -> Fault:
    return Fault("plan.line", fault.place, {"line": line, "sentence": fault.sentence()})


def _set_elsewhere(edition: Edition, plan: Plan, content: PlanContent) -> list[Fault]:
    """Values that another plan in force of the unit sets for the same year."""
    found = []
    for other in plans_in_force((plan.unit_id,)):
        if other.plan == plan.key:
            continue
        held = {(own.indicator, year) for own in other.content.targets for year in own.values}
        for own in content.targets:
            for year in sorted(year for year in own.values if (own.indicator, year) in held):
                about = edition.indicators[own.indicator].name
                fields = {"indicator": about, "year": str(year), "document": other.number}
                found.append(Fault("plan.set_elsewhere", "", fields))
    return found


# ------------------------------------------------------------------------------------------------------- reads


def plan_find(key: str) -> Plan | None:
    return Plan.objects.filter(key=key).select_related("unit").first()


def plan_content(plan: Plan, number: int | None = None) -> PlanContent:
    """What a plan says at a version, its last where none is named."""
    text = plan.versions.values_list("content", flat=True).get(number=number or plan.version)
    return _content(text)


@lru_cache(maxsize=256)
def _content(text: str) -> PlanContent:
    return PlanContent.from_json(text)


def plan_list(*, units: Collection[int], year: int | None = None) -> list[Plan]:
    """Plans of some units, the newest years first; of those that run in a year."""
    rows = Plan.objects.filter(unit__in=units)
    if year is not None:
        rows = rows.filter(first_year__lte=year, last_year__gte=year)
    return list(rows.select_related("unit").order_by("-last_year", "-first_year", "-pk"))


@once
def plans_in_force(units: tuple[int, ...]) -> tuple[InForce, ...]:
    """The approved plans of some units, in the order of the units and of their years."""
    rows = PlanVersion.objects.filter(
        plan__unit__in=units, plan__withdrawn=False, plan__approved__gt=0, act=PlanVersion.Act.APPROVED
    ).select_related("plan")
    with reaching_everywhere("what an approved plan sets holds for every unit below"):
        held = list(rows)
    found = [
        InForce(row.plan.key, row.number, row.plan.unit_id, row.document_number, row.issued_on, _content(row.content))
        for row in held
        if row.number == row.plan.approved and row.issued_on is not None
    ]
    order = {unit: at for at, unit in enumerate(units)}
    return tuple(sorted(found, key=lambda one: (order[one.unit], one.content.first_year, one.plan)))


def plans_mark(unit: int, day: date) -> tuple[tuple[str, int], ...]:
    """Which plans hold for a unit: another approval, another mark."""
    return tuple((one.plan, one.version) for one in plans_in_force(_line(unit, day)))


def edition_with_plans(edition: Edition, unit: int, day: date, *, own: bool = True) -> Edition:
    """The definitions with the targets that plans in force of a unit and of those above it set; as they are where none
    does. Without its `own`: what the unit itself sets is not among them."""
    line = _line(unit, day)
    plans = plans_in_force(line if own else line[:-1])
    if not any(one.content.targets for one in plans):
        return edition
    names, keys, kinds = unit_names(day), unit_keys(), tree_on(day).kinds
    refs = {one.unit: UnitRef(keys[one.unit], names.get(one.unit, ""), kinds[one.unit]) for one in plans}
    mark = (fingerprint(edition), *((one.plan, one.version, refs[one.unit].name) for one in plans))
    found = _kept.get(mark)
    if found is None:
        found = with_own(edition, (_set_by(one, refs[one.unit]) for one in plans))
        while len(_kept) >= KEPT:
            _kept.popitem(last=False)
        _kept[mark] = found
    return found


_kept: OrderedDict[tuple[object, ...], Edition] = OrderedDict()


def _set_by(plan: InForce, unit: UnitRef) -> SetBy:
    scale = scale_of(unit.kind)
    return SetBy(plan.plan, unit.key, inside(unit), scale, plan.number, plan.issued_on, plan.content)


def edition_with_draft(edition: Edition, plan: Plan, content: PlanContent, number: str, issued_on: date) -> Edition:
    """The definitions with what one version of a plan sets, in force or not, under the targets above it."""
    unit, day = plan.unit, day_at(plan.unit)
    ref = UnitRef(unit.key, unit_names(day).get(unit.pk, ""), unit.kind)
    by = SetBy(plan.key, unit.key, inside(ref), scale_of(unit.kind), number, issued_on, content)
    return with_own(edition_with_plans(edition, unit.pk, day, own=False), [by])


FUNDING = "committee.budget"
"""The register that tells what was spent."""


def plan_spent(edition: Edition, unit: int, content: PlanContent, period: Period) -> dict[str, Decimal] | None:
    """Source → million đồng that the unit's register of funding has as spent in the years of a plan, up to the end of a
    period; None where it was not kept in them."""
    register = edition.registers.get(FUNDING)
    if register is None:
        return None
    halves = [half for year in content.years for half in Period(year).halves if half <= period.last_half]
    if not any(units_keeping(kind=register, units=[unit], edition=edition, period=half) for half in halves):
        return None
    names = {f"{FUNDING}:source_{source}": source for source in SOURCES}
    made = dict.fromkeys(SOURCES, Decimal(0))
    for half in halves:
        for name, amount in counts(units=[unit], period=half, series=names).get(unit, {}).items():
            made[names[name]] += (amount or Decimal(0)) / 1000
    return made


def _line(unit: int, day: date) -> tuple[int, ...]:
    """A unit and those above it on a day, the highest first."""
    tree = tree_on(day)
    return (*reversed(list(tree.ancestors(unit))), unit) if unit in tree else (unit,)


def ground_of(edition: Edition, unit: Unit, content: PlanContent, today: date | None = None) -> Ground:
    """What a plan of a unit is read against: the targets above it, the units it can name, what it can set."""
    day = day_at(unit, today)
    with_above = edition_with_plans(edition, unit.pk, day, own=False)
    scale = scale_of(unit.kind)
    indicators = [
        code
        for code, made in edition.indicators.items()
        if made.terms and (scale is None or scale in made.levels) and made.unit not in ("boolean", "qualitative")
    ]
    return Ground(
        edition=with_above,
        content=content,
        above=targets_above(with_above, unit, content.years, day),
        names={unit_keys()[pk]: name for pk, name in units_near(unit, day).items()},
        indicators=sorted(indicators, key=lambda code: sort_key(str(edition.indicators[code].name))),
    )


def targets_above(edition: Edition, unit: Unit, years: Sequence[int], day: date) -> list[Above]:
    """Targets that a unit's own carry out in some years: what the units above it set for themselves, then those that
    hold for it, in their order; for a department those of its province, which it helps to reach."""
    tree, names, keys = tree_on(day), unit_names(day), unit_keys()
    line = [one for one in (unit.pk, *tree.ancestors(unit.pk)) if one in tree] if unit.pk in tree else []
    level = next((one for one in line if scale_of(tree.kinds[one]) is not None), unit.pk)
    province = next((names.get(one, "") for one in line if tree.kinds[one] == "province"), "")
    ref = UnitRef(keys[level], names.get(level, ""), tree.kinds.get(level, unit.kind))
    held = {}
    for one in edition.targets.values():
        if one.owner == "own" and any((one.from_year or 0) <= year <= max(one.values) for year in years):
            held[one.code] = one
    for year in years:
        found = judgement.holding(
            edition, ref, year=year, owners=frozenset(keys[one] for one in line[1:]), province=province
        )
        held |= {one.code: one for one in found if any(value.value is not None for value in one.values.values())}
    return [Above(one, edition.documents[one.document].cited) for one in held.values()]


# ------------------------------------------------------------------------------------------------------- within


def _allowed(actor: Actor, unit: Unit, need: Need) -> None:
    if not may(actor, unit, need):
        fields = {"actor": actor, "unit": unit_label(unit, day_at(unit)), "need": Said(NEEDS[need])}
        raise Refused(Fault("units.no_access", "", fields))


def _held(plan: Plan, seen: int, actor: Actor, need: Need) -> Plan:
    """The plan as it stands, held against other writers until the transaction ends."""
    held = Plan.objects.select_for_update(of=("self",)).select_related("unit").get(pk=plan.pk)
    _allowed(actor, held.unit, need)
    if held.withdrawn:
        raise Refused(Fault("plan.is_withdrawn"))
    if held.version != seen:
        raise Refused(_meanwhile(held))
    return held


def _meanwhile(plan: Plan) -> Fault:
    last = plan.versions.get(number=plan.version)
    return Fault("plan.changed_meanwhile", "", {"by": last.by, "at": moment_words(timezone.localtime(last.at))})


def headed(before: PlanContent, typed: Mapping[str, str]) -> PlanContent:
    """What a plan says, with another head as it was typed."""
    said, faults = read(HEAD, typed, None)
    if not {"first_year", "last_year"} - set(said):
        faults += head_check(before, said)
    if faults:
        raise Refused(*faults)
    blank = {field.code: "" for field in HEAD if not field.required}
    return before.model_copy(update={**blank, **said})


def line_put(
    before: PlanContent, *, edition: Edition, unit: Unit, part: str, key: str, typed: Mapping[str, str]
) -> PlanContent:
    """What a plan says, with a line as it was typed, at its place or at the end."""
    line, faults = line_read(part, typed, ground_of(edition, unit, before), key)
    if line is None or faults:
        raise Refused(*faults)
    lines = [line if one.key == key else one for one in getattr(before, part)]
    return before.model_copy(update={part: (*lines,) if line in lines else (*lines, line)})


def line_dropped(before: PlanContent, part: str, key: str) -> PlanContent:
    """What a plan says without a line."""
    lines = tuple(one for one in getattr(before, part) if one.key != key)
    if len(lines) == len(getattr(before, part)):
        raise Refused(Fault("plan.no_such_line"))
    return before.model_copy(update={part: lines})


def _write(
    plan: Plan,
    content: PlanContent,
    act: PlanVersion.Act,
    actor: Actor,
    *,
    document_number: str = "",
    issued_on: date | None = None,
    reason: str = "",
) -> None:
    plan.version += 1
    plan.first_year, plan.last_year = content.first_year, content.last_year
    if act is PlanVersion.Act.APPROVED:
        plan.approved = plan.version
    plan.save()
    PlanVersion.objects.create(
        plan=plan,
        number=plan.version,
        act=act,
        content=content.as_json(),
        document_number=document_number,
        issued_on=issued_on,
        reason=reason,
        by=actor.name,
    )
    ask_again()
