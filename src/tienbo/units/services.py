"""Writing units. What is written stays: a change closes the row of one thing on a day and opens the next.

Every `on` is the first day of the new state; paper's "đến hết ngày 30/6/2025" is on=date(2025, 7, 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Min, Q
from django.utils.timezone import localdate

from tienbo.accounts.models import User
from tienbo.accounts.services import sessions_end
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.keys import new_key
from tienbo.ground.reach import reaching_everywhere
from tienbo.units.models import ADMINISTRATIVE, Body, Dated, Grant, Placement, Role, Unit, UnitCode, UnitName, alive
from tienbo.units.names import split_name
from tienbo.units.rights import MATRIX
from tienbo.units.versions import units_touch
from tienbo.units.wording import Said

worded(
    {
        "units.not_alive": N_("{unit} does not exist on {day}."),
        "units.has_children": N_("{unit} cannot end on {day}: {count} units are still placed under it then."),
        "units.circle": N_("{unit} cannot be placed under {parent}: {parent} stands below it on {day}."),
        "units.changed_that_day": N_("{unit}: this already began on {day}; what was written is not rewritten."),
        "units.begin_is_known": N_("{unit}: the day it began is known ({day}) and does not move."),
        "units.not_earlier": N_("{unit}: {day} is not before the day it begins now."),
        "units.code_is_held": N_("{unit} cannot hold {code}: another unit holds it on some of these days."),
        "units.kept_apart": N_(
            "{user} cannot be “{role}” beside “{other}” at {unit}: {why} Give the role to another person."
        ),
        "units.grant_is_over": N_("{user} holds this role at {unit} no more."),
        "units.grant_exists": N_("{user} already has this role at {unit} on some of these days."),
    }
)

D = TypeVar("D", bound=Dated)


@transaction.atomic
def unit_create(
    *,
    kind: str,
    name: str,
    begins: date,
    parent: Unit | None = None,
    ends: date | None = None,
    codes: Mapping[str, str] | None = None,
    begin_is_known: bool = True,
    lang: str = "vi",
) -> Unit:
    """A new unit with a new key: name, codes by scheme and place under `parent`, from its first day on."""
    if parent is not None:
        _must_live(parent, begins)
    unit = Unit(key=new_key("unit"), kind=kind, valid_from=begins, valid_to=ends, begin_is_known=begin_is_known)
    unit.full_clean()
    unit.save()
    words = split_name(name)
    _open(UnitName(unit=unit, lang=lang, text=words.text, word=words.word, search=words.search), begins, ends)
    for scheme, code in (codes or {}).items():
        _must_be_free(unit, scheme, code, begins, ends)
        _open(UnitCode(unit=unit, scheme=scheme, code=code), begins, ends)
    if parent is not None:
        _open(Placement(unit=unit, parent=parent), begins, ends)
    units_touch()
    return unit


@transaction.atomic
def unit_end(*, unit: Unit, on: date) -> Unit:
    """End a unit with its names, codes and placement (giải thể, nhập, chia). Refused while units stand under it."""
    _must_live(unit, on)
    if unit.valid_from == on:
        raise Refused(Fault("units.changed_that_day", "", {"unit": unit_label(unit, on), "day": on}))
    under = Placement.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), parent=unit).count()
    if under:
        raise Refused(Fault("units.has_children", "", {"unit": unit_label(unit, on), "day": on, "count": under}))
    tables: Iterable[Any] = (UnitName, UnitCode, Placement)
    for table in tables:
        rows = table.objects.filter(unit=unit)
        late = rows.filter(valid_from__gte=on).first()
        if late is not None:
            raise Refused(Fault("units.changed_that_day", "", {"unit": unit_label(unit, on), "day": late.valid_from}))
        rows.filter(alive(on)).update(valid_to=on)
    unit.valid_to = on
    unit.save(update_fields=["valid_to"])
    units_touch()
    return unit


@transaction.atomic
def unit_rename(*, unit: Unit, name: str, on: date, lang: str = "vi") -> UnitName:
    """A new name or type word from a day; the unit keeps its key (đổi tên, xã thành phường)."""
    words = split_name(name)
    row = UnitName(unit=unit, lang=lang, text=words.text, word=words.word, search=words.search)
    return _change(UnitName.objects.filter(unit=unit, lang=lang), row, on)


@transaction.atomic
def unit_code(*, unit: Unit, scheme: str, code: str, on: date) -> UnitCode:
    """A new code in a scheme from a day. Refused while another unit holds it."""
    _must_be_free(unit, scheme, code, on, unit.valid_to)
    return _change(UnitCode.objects.filter(unit=unit, scheme=scheme), UnitCode(unit=unit, scheme=scheme, code=code), on)


@transaction.atomic
def unit_place(*, unit: Unit, parent: Unit, on: date, line: str = ADMINISTRATIVE) -> Placement:
    """A new parent from a day; last periods keep the parent of their own days. Refused when it makes a circle."""
    _must_live(parent, on)
    _must_make_no_circle(unit, parent, on, line)
    row = Placement(unit=unit, parent=parent, line=line)
    return _change(Placement.objects.filter(unit=unit, line=line), row, on)


@transaction.atomic
def unit_begin_earlier(*, unit: Unit, on: date, begin_is_known: bool = False) -> Unit:
    """Move a unit's first known day back to `on`, with the name, codes and placement it began with.

    Only for a unit whose begin is not known: an older source has shown it. The parent must live on `on`.
    """
    if unit.begin_is_known:
        fields = {"unit": unit_label(unit, unit.valid_from), "day": unit.valid_from}
        raise Refused(Fault("units.begin_is_known", "", fields))
    if on >= unit.valid_from:
        raise Refused(Fault("units.not_earlier", "", {"unit": unit_label(unit, unit.valid_from), "day": on}))
    first = {"unit": unit, "valid_from": unit.valid_from}
    for placed in Placement.objects.filter(**first).select_related("parent"):
        _must_live(placed.parent, on)
    for held in UnitCode.objects.filter(**first):
        _must_be_free(unit, held.scheme, held.code, on, unit.valid_from)
    tables: Iterable[Any] = (UnitName, UnitCode, Placement)
    for table in tables:
        table.objects.filter(**first).update(valid_from=on)
    unit.valid_from, unit.begin_is_known = on, begin_is_known
    unit.save(update_fields=["valid_from", "begin_is_known"])
    units_touch()
    return unit


@transaction.atomic
def body_found(
    *, unit: Unit, kind: str, name: str, begins: date, ends: date | None = None, founded_by: str = ""
) -> Body:
    """A committee, council or office of a unit, from a day on which the unit stands."""
    _must_live(unit, begins)
    return _open(Body(key=new_key("body"), unit=unit, kind=kind, name=name, founded_by=founded_by), begins, ends)


@transaction.atomic
def body_end(*, body: Body, on: date) -> Body:
    """A body is there no more from a day on; what became of it is told by the act."""
    if not body.span.contains(on) or body.valid_from == on:
        raise Refused(Fault("units.not_alive", "", {"unit": body.name, "day": on}))
    body.valid_to = on
    body.save(update_fields=["valid_to"])
    return body


@transaction.atomic
def grant_give(*, user: User, unit: Unit, role: str, begins: date, ends: date | None = None) -> Grant:
    """Give a person a role at a unit from a day until a day.

    Where nobody says until when, a role whose grants lapse by themselves (inspectors, partners) lasts as long as the
    matrix of rights says, others until they are ended. Refused where the person holds the role already, and where the
    matrix keeps it apart from another they hold on some of these days.
    """
    rule = MATRIX.rules.get(role)
    if ends is None and rule is not None and rule.term is not None:
        ends = begins + timedelta(days=rule.term)
    # One person's grants are given one after the other: two roles kept apart do not slip in side by side.
    User.objects.select_for_update().get(pk=user.pk)
    rows = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=begins), user=user).select_related("unit")
    if ends is not None:
        rows = rows.filter(valid_from__lt=ends)
    with reaching_everywhere("roles that do not go together do not wherever they are held"):
        others = list(rows)
    held = [one for one in others if one.unit_id == unit.pk and one.role == role]
    if len(held) == 1 and held[0].withdrawn_at is not None and held[0].valid_from == begins:
        again = held[0]
        _must_stay_apart(user, unit, role, [one for one in others if one.pk != again.pk])
        again.withdrawn_at, again.valid_to = None, ends
        again.save(update_fields=["withdrawn_at", "valid_to"])
        return again
    if held:
        fields = {"user": user, "unit": unit_label(unit, begins)}
        raise Refused(Fault("units.grant_exists", "", fields))
    _must_stay_apart(user, unit, role, others)
    return _open(Grant(user=user, unit=unit, role=role), begins, ends)


def _must_stay_apart(user: User, unit: Unit, role: str, others: Iterable[Grant]) -> None:
    """Refused with every grant that the new role does not go together with."""
    faults = []
    for other in others:
        rule = MATRIX.apart(role, other.role, same_unit=other.unit_id == unit.pk)
        if rule is None or other.withdrawn_at is not None:
            continue
        fields = {
            "user": user,
            "role": Said(Role(role).label),
            "other": Said(Role(other.role).label),
            "unit": unit_label(other.unit, other.unit.valid_from),
            "why": rule.why,
        }
        faults.append(Fault("units.kept_apart", "", fields))
    if faults:
        raise Refused(*faults)


@transaction.atomic
def grant_end(*, grant: Grant, on: date) -> Grant:
    """Take a role back from a day on; the grant stays readable."""
    if grant.valid_from >= on:
        fields = {"unit": unit_label(grant.unit, on), "day": grant.valid_from}
        raise Refused(Fault("units.changed_that_day", "", fields))
    grant.valid_to = on
    grant.save(update_fields=["valid_to"])
    return grant


@transaction.atomic
def grant_withdraw(*, grant: Grant, now: datetime) -> Grant:
    """Take a role back at once: from today on, on the day it was given too. Whoever sits with it is signed out."""
    today = localdate(now)
    if grant.withdrawn_at is not None or not (grant.valid_to is None or grant.valid_to > today):
        raise Refused(Fault("units.grant_is_over", "", {"user": grant.user, "unit": unit_label(grant.unit, today)}))
    if grant.valid_from < today:
        grant_end(grant=grant, on=today)
    else:
        grant.withdrawn_at = now
        grant.save(update_fields=["withdrawn_at"])
    sessions_end([grant.user])
    return grant


def unit_label(unit: Unit, day: date) -> str:
    """How a message calls a unit: its name on a day, else its key."""
    name = UnitName.objects.on(day).filter(unit=unit, lang="vi").values_list("text", flat=True).first()
    return name or unit.key


def _open(row: D, begins: date, ends: date | None) -> D:
    row.valid_from, row.valid_to = begins, ends
    row.full_clean(exclude=["search"])
    row.save()
    return row


def _change(rows: Any, row: D, on: date) -> D:
    """Put `row` from `on` until the next row of its kind begins, or the unit ends; the row before it ends."""
    unit: Unit = row.unit  # type: ignore[attr-defined]
    _must_live(unit, on)
    before = rows.filter(alive(on)).first()
    if before is not None and before.valid_from == on:
        raise Refused(Fault("units.changed_that_day", "", {"unit": unit_label(unit, on), "day": on}))
    following = rows.filter(valid_from__gt=on).aggregate(first=Min("valid_from"))["first"]
    ends = before.valid_to if before is not None else following or unit.valid_to
    if before is not None:
        before.valid_to = on
        before.save(update_fields=["valid_to"])
    opened = _open(row, on, ends)
    units_touch()
    return opened


def _must_live(unit: Unit, day: date) -> None:
    if not unit.span.contains(day):
        raise Refused(Fault("units.not_alive", "", {"unit": unit_label(unit, unit.valid_from), "day": day}))


def _must_be_free(unit: Unit, scheme: str, code: str, begins: date, ends: date | None) -> None:
    holders = UnitCode.objects.filter(scheme=scheme, code=code).exclude(unit=unit)
    holders = holders.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=begins))
    if ends is not None:
        holders = holders.filter(valid_from__lt=ends)
    if holders.exists():
        fields = {"unit": unit_label(unit, begins), "code": f"{scheme}:{code}"}
        raise Refused(Fault("units.code_is_held", "", fields))


def _must_make_no_circle(unit: Unit, parent: Unit, on: date, line: str) -> None:
    """No circle on `on`, nor on any later day on which a placement above `parent` begins."""
    later = Placement.objects.filter(line=line, valid_from__gt=on).values_list("valid_from", flat=True).distinct()
    for day in (on, *later):
        node: int | None = parent.pk
        while node is not None and node != unit.pk:
            above = Placement.objects.on(day).filter(unit_id=node, line=line)
            node = above.values_list("parent_id", flat=True).first()
        if node == unit.pk:
            fields = {"unit": unit_label(unit, day), "parent": unit_label(parent, day), "day": day}
            raise Refused(Fault("units.circle", "", fields))
