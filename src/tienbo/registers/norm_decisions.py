"""Local decisions on norms: entered with their document, ended by another, withdrawn where they were entered wrongly;
and the definitions as they hold for a unit, with what localities and plans add.

Each write is one transaction. Refused with every fault at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import Norm
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.norms import Decided, with_local
from tienbo.catalogue.plans import SetBy
from tienbo.catalogue.returns import OPERATORS
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind
from tienbo.core.words import clean, day_of, day_words
from tienbo.ground.keys import is_key, new_key
from tienbo.ground.once import ask_again, once
from tienbo.papers.context import UnitRef, inside, scale_of
from tienbo.registers.norm_models import KINDS, NormDecision
from tienbo.registers.plans import plans_in_force
from tienbo.registers.services import day_at, may
from tienbo.units.access import NEEDS, Need
from tienbo.units.frames import tree_on, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.units.services import unit_label
from tienbo.units.wording import Said

DECIDES: tuple[Need, ...] = ("consolidate", "conclude", "approve")
"""What one may do at a unit to enter what it decided: its office, its chair, its head."""

worded(
    {
        "norm_decision.no_number": N_("Write the number and symbol of the document, such as 25/QĐ-UBND."),
        "norm_decision.number_too_long": N_("The number has {count} letters; at most {most} fit."),
        "norm_decision.not_a_past_day": N_("Write the day of the document as 20/1/2026. It cannot be a day to come."),
        "norm_decision.no_begin": N_("Write the day from which it holds, as 1/7/2025."),
        "norm_decision.before_document": N_("It would hold from {begin}, before its document of {issued}."),
        "norm_decision.bad_end": N_("“{text}” is no day after {begin}. Leave it out where it has no end."),
        "norm_decision.no_kinds": N_("Choose the kinds of units it is about."),
        "norm_decision.other_kinds": N_("“{kind}” is no kind of unit that this norm can be checked on."),
        "norm_decision.no_value": N_("Write the value that the decision sets: the norm itself holds without it."),
        "norm_decision.bad_value": N_("“{text}” is no value here: {hint}."),
        "norm_decision.below_the_law": N_(
            "The decision asks for {value}, and {document} asks for {limit} already: a locality adds to it, it does "
            "not take from it."
        ),
        "norm_decision.there_already": N_("{document} says the same of these units for some of these days."),
        "norm_decision.is_withdrawn": N_("This decision was withdrawn already."),
        "norm_decision.no_reason": N_("Write by which document it ended, or why it is withdrawn."),
        "norm_decision.key_used": N_("This page was used for another decision already. Open it anew."),
    }
)

PER_CENT = N_("a percentage from 1 to 100, such as 40")
WHOLE = N_("a whole number from 1 up, such as 4")


class Typed(NamedTuple):
    """A decision as it is typed."""

    number: str = ""
    issued_on: str = ""
    begins_on: str = ""
    ends_on: str = ""
    place: str = ""
    value: str = ""
    kinds: tuple[str, ...] = ()


@transaction.atomic
def norm_decision_add(
    *, edition: Edition, norm: Norm, unit: Unit, typed: Typed, actor: Actor, key: str = ""
) -> NormDecision:
    """Enter a decision of a unit. `key` is made by the sender: the same key and content has one effect."""
    _allowed(actor, unit)
    today = timezone.localdate()
    number, issued = clean(typed.number), day_of(typed.issued_on)
    begin = day_of(typed.begins_on)
    faults = [] if number else [Fault("norm_decision.no_number", "", {"field": "number"})]
    if len(number) > 60:
        fields = {"field": "number", "count": len(number), "most": 60}
        faults.append(Fault("norm_decision.number_too_long", "", fields))
    if issued is None or issued > today:
        faults.append(Fault("norm_decision.not_a_past_day", "", {"field": "issued_on"}))
    if begin is None:
        faults.append(Fault("norm_decision.no_begin", "", {"field": "begins_on"}))
    elif issued is not None and begin < issued:
        fields = {"field": "begins_on", "begin": begin, "issued": issued}
        faults.append(Fault("norm_decision.before_document", "", fields))
    end = day_of(typed.ends_on)
    if typed.ends_on.strip() and (end is None or (begin is not None and end <= begin)):
        fields = {"field": "ends_on", "text": typed.ends_on.strip()[:40], "begin": day_words(begin) if begin else "–"}
        faults.append(Fault("norm_decision.bad_end", "", fields))
    faults += _kind_faults(norm, typed.kinds)
    value, wrong = _value(edition, norm, typed.value, begin)
    faults += wrong
    if not faults and begin is not None:
        faults += _there_already(norm, unit, typed.kinds, value, begin, end, key)
    if faults or issued is None or begin is None:
        raise Refused(*faults)
    said = {
        "norm": norm.code,
        "unit": unit,
        "kinds": KINDS.join(dict.fromkeys(typed.kinds)),
        "value": value,
        "begins_on": begin,
        "ends_on": end,
        "document_number": number,
        "issued_on": issued,
        "place": clean(typed.place)[:120],
    }
    before = NormDecision.objects.filter(key=key).first() if key else None
    if before is not None:
        if all(getattr(before, name) == held for name, held in said.items()):
            return before
        raise Refused(Fault("norm_decision.key_used"))
    made = NormDecision.objects.create(
        key=key if is_key(key, "decision") else new_key("decision"), by=actor.name, **said
    )
    ask_again()
    return made


@transaction.atomic
def norm_decision_end(*, decision: NormDecision, ends_on: str, text: str, actor: Actor) -> NormDecision:
    """A decision that ended by another document, or without a day: one that should not have been entered at all."""
    held = NormDecision.objects.select_for_update(of=("self",)).select_related("unit").get(pk=decision.pk)
    _allowed(actor, held.unit)
    end, faults = day_of(ends_on), []
    if held.withdrawn:
        raise Refused(Fault("norm_decision.is_withdrawn"))
    if ends_on.strip() and (end is None or end <= held.begins_on):
        fields = {"field": "ends_on", "text": ends_on.strip()[:40], "begin": day_words(held.begins_on)}
        faults.append(Fault("norm_decision.bad_end", "", fields))
    if not clean(text):
        faults.append(Fault("norm_decision.no_reason", "", {"field": "reason"}))
    if faults:
        raise Refused(*faults)
    held.withdrawn, held.ends_on = end is None, end or held.ends_on
    held.reason, held.changed_by, held.changed_at = clean(text)[:2000], actor.name, timezone.now()
    held.save(update_fields=["withdrawn", "ends_on", "reason", "changed_by", "changed_at"])
    ask_again()
    return held


# ------------------------------------------------------------------------------------------------------ reads


def norm_decisions(*, norm: str = "", units: Collection[int] | None = None) -> list[NormDecision]:
    """Decisions entered, the newest days first, those that ended or were withdrawn too."""
    rows = NormDecision.objects.select_related("unit").order_by("withdrawn", "-begins_on", "-pk")
    rows = rows.filter(norm=norm) if norm else rows
    return list(rows if units is None else rows.filter(unit__in=units))


@once
def _standing() -> tuple[NormDecision, ...]:
    return tuple(NormDecision.objects.filter(withdrawn=False).select_related("unit").order_by("begins_on", "pk"))


def edition_with_norms(edition: Edition, units: Collection[int], day: date) -> Edition:
    """The definitions with the norms that local decisions of some units (row ids) and plans in force of them add; as
    they are where there is none. `units`: those whose decisions can concern who is looked at, on the map of a day."""
    wanted = set(units)
    decisions = [one for one in _standing() if one.unit_id in wanted]
    named = {norm.indicator for norm in edition.norms.values() if norm.test.over is not None} - {None}
    plans = [
        one
        for one in plans_in_force(tuple(sorted(wanted)))
        if any(own.indicator in named for own in one.content.targets)
    ]
    if not decisions and not plans:
        return edition
    keys, names = unit_keys(), unit_names(day)

    def ref(unit: int, kind: str) -> UnitRef:
        return UnitRef(keys[unit], names.get(unit, keys[unit]), kind)

    kinds = dict(Unit.objects.filter(pk__in={one.unit for one in plans}).values_list("pk", "kind"))
    return with_local(
        edition,
        [_decided(one, ref(one.unit_id, one.unit.kind)) for one in decisions],
        [
            SetBy(one.plan, keys[one.unit], inside(ref(one.unit, kinds[one.unit])), scale_of(kinds[one.unit]),
                  one.number, one.issued_on, one.content)
            for one in plans
        ],
    )  # fmt: skip


def _decided(row: NormDecision, unit: UnitRef) -> Decided:
    return Decided(
        key=row.key,
        norm=row.norm,
        unit=unit.key,
        name=inside(unit),
        kinds=row.of_kinds,
        value=row.value,
        begin=row.begins_on,
        end=row.ends_on,
        number=row.document_number,
        issued_on=row.issued_on,
        place=row.place,
    )


def may_decide_norms(actor: Actor, unit: Unit) -> bool:
    return any(may(actor, unit, need) for need in DECIDES)


# ------------------------------------------------------------------------------------------------------- within


def _allowed(actor: Actor, unit: Unit) -> None:
    if not may_decide_norms(actor, unit):
        fields = {"actor": actor, "unit": unit_label(unit, day_at(unit)), "need": Said(NEEDS["consolidate"])}
        raise Refused(Fault("units.no_access", "", fields))


def _kind_faults(norm: Norm, kinds: Iterable[str]) -> list[Fault]:
    held = list(kinds)
    if not held:
        return [Fault("norm_decision.no_kinds", "", {"field": "kinds"})]
    return [
        Fault("norm_decision.other_kinds", "", {"field": "kinds", "kind": kind[:60]})
        for kind in held
        if not is_kind(kind, norm.kinds)
    ]


def _value(edition: Edition, norm: Norm, text: str, begin: date | None) -> tuple[Decimal | None, list[Fault]]:
    """The value that is typed, a share as per cent; and what stands against it."""
    typed = text.strip().rstrip("%").strip()
    if not typed:
        wrong = [] if norm.local else [Fault("norm_decision.no_value", "", {"field": "value"})]
        return None, wrong
    is_share = norm.test.over is not None
    fields: Mapping[str, object] = {
        "field": "value",
        "text": text.strip()[:40],
        "hint": Said(PER_CENT if is_share else WHOLE),
    }
    try:
        value = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        return None, [Fault("norm_decision.bad_value", "", fields)]
    fits = value.is_finite() and value >= 1
    if not fits or (value > 100 or value != round(value, 2) if is_share else value != value.to_integral_value()):
        return None, [Fault("norm_decision.bad_value", "", fields)]
    value = value / 100 if is_share else value
    rule = norm.rule_on(begin) if begin is not None else None
    if rule is not None and not OPERATORS[norm.test.op](value, rule.value):
        percent = 100 if is_share else 1
        fields = {
            "field": "value",
            "value": value * percent,
            "limit": rule.value * percent,
            "document": edition.documents[rule.document].cited,
        }
        return value, [Fault("norm_decision.below_the_law", "", fields)]
    return value, []


def _there_already(
    norm: Norm, unit: Unit, kinds: Collection[str], value: Decimal | None, begin: date, end: date | None, key: str
) -> list[Fault]:
    held = NormDecision.objects.filter(norm=norm.code, unit=unit, withdrawn=False, value=value).exclude(key=key)
    for row in held:
        meets = (end is None or row.begins_on < end) and (row.ends_on is None or begin < row.ends_on)
        if meets and set(kinds) & set(row.of_kinds):
            return [Fault("norm_decision.there_already", "", {"document": row.document_number})]
    return []


def units_around(unit: int, day: date) -> set[int]:
    """A unit, those above it and those under it on a day: whose decisions can concern whom it looks at."""
    tree = tree_on(day)
    return {unit} if unit not in tree else {*tree.subtree(unit), *tree.ancestors(unit)}
