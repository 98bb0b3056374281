"""A reorganisation from one checked sheet: first what it would do, then, if somebody says so, done in one transaction.

Nothing is rewritten: units end and begin on a day, names, codes and superiors change from a day on, the act is
recorded with what became of each unit. The sheet's bytes are kept under their SHA-256, with who carried it out. What
was wrong is mended by a later sheet that names the act it corrects.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.ground.files import FileStore
from tienbo.ground.reach import reaching_everywhere
from tienbo.processes.reorganise_access import access_check
from tienbo.processes.reorganise_bodies import bodies_change
from tienbo.processes.reorganise_checks import history_check, plan_check, went_of
from tienbo.processes.reorganise_effects import Follows, Owed, Passed, campaigns, grants, owed
from tienbo.processes.reorganise_plan import NewUnit, Plan
from tienbo.processes.reorganise_reading import Reading, act_text
from tienbo.processes.reorganise_sheet import SHEET, Sheet, sheet_read
from tienbo.units.frames import lives, tree_on, unit_names
from tienbo.units.models import Reorganisation, ReorganisationSheet, Succession, Unit, UnitCode
from tienbo.units.reorganisations import (
    IN_FORCE,
    Went,
    acts_write,
    bodies_write,
    reorganisation_correct,
    reorganisation_reach,
    went_write,
)
from tienbo.units.services import grant_give, unit_code, unit_create, unit_end, unit_place, unit_rename
from tienbo.units.versions import units_touch

worded(
    {
        "reorganise.already": N_("This sheet was carried out on {day} by {actor}; nothing is done twice."),
        "reorganise.act_known": N_(
            "{act} is on record with what became of its units. To mend it, name it under “Đính chính văn bản số”."
        ),
        "reorganise.no_such_act": N_("No act on record has the number {number}."),
        "reorganise.several_acts": N_("{count} acts on record have the number {number}; they are mended one by one."),
        "reorganise.mends_only_shares": N_(
            "A correction says anew what went where between units that are there; it opens, ends and renames none. "
            "Do that by a new act."
        ),
        "reorganise.changed_meanwhile": N_(
            "The units changed since this was shown. Look at it once more, then confirm."
        ),
        "reorganise.code_ring": N_("Units change codes among each other in a ring; do it in two acts."),
    }
)


class Closing(NamedTuple):
    unit: int
    name: str
    under: str
    code: str
    to: tuple[str, ...]


class Opening(NamedTuple):
    name: str
    kind: str
    under: str
    code: str
    of: tuple[str, ...]


class Moving(NamedTuple):
    """`what`: name, code or parent."""

    name: str
    what: str
    before: str
    after: str


class BodyGoing(NamedTuple):
    """What becomes of a body. `kind` as in BodySuccession; `into` and its unit empty where it has no successor."""

    body: str
    unit: str
    kind: str
    into: str
    into_unit: str


class Going(NamedTuple):
    before: str
    after: str
    extent: str
    shares: tuple[tuple[str, str], ...]
    """(measure, "70%" or "50–90%")."""
    words: str


@dataclass(frozen=True)
class Proposal:
    """What carrying out a sheet would do."""

    sheet: Sheet
    plan: Plan
    closes: tuple[Closing, ...]
    opens: tuple[Opening, ...]
    moves: tuple[Moving, ...]
    bodies: tuple[BodyGoing, ...]
    goes: tuple[Going, ...]
    withdrawn: tuple[Going, ...]
    returns: tuple[Owed, ...]
    campaigns: tuple[Follows, ...]
    grants: tuple[Passed, ...]

    @property
    def in_force(self) -> bool:
        return self.plan.stage == IN_FORCE

    def name(self, unit: int | None) -> str:
        return self.plan.name(unit)

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data: what is kept of it with the act, and printed by --json."""
        plan, name = self.plan, self.plan.name
        return {
            "act": {name_: value for name_, value in asdict(plan.text).items() if name_ != "origin"},
            "stage": plan.stage,
            "day": plan.day,
            "corrects": plan.corrects.key if plan.corrects else None,
            "sheet": {"name": self.sheet.name, "sha256": self.sheet.sha256},
            **{
                key: [row._asdict() for row in getattr(self, key)]
                for key in ("closes", "opens", "moves", "bodies", "goes")
            },
            "withdrawn": [row._asdict() for row in self.withdrawn],
            "returns": [{**row._asdict(), "unit": name(row.unit), "period": row.period.code} for row in self.returns],
            "campaigns": [
                {"root": name(row.root), "period": row.period.code, "heir": name(row.heir) or None}
                for row in self.campaigns
            ],
            "grants": [
                {
                    "person": row.grant.user.username,
                    "role": row.grant.role,
                    "unit": name(row.grant.unit_id),
                    "to": name(row.to) or None,
                    "begins": row.begins,
                    "among": [name(one) for one in row.among],
                    "already": row.already,
                }
                for row in self.grants
            ],
        }

    def grant_words(self) -> list[str]:
        """Of each role where the person gets it, in words."""
        return [
            _("has it at {unit} already").format(unit=self.name(row.to))
            if row.already
            else self.name(row.to)
            or _("to be decided: {units}").format(units=", ".join(map(self.name, row.among)) or "–")
            for row in self.grants
        ]

    @property
    def mark(self) -> str:
        """The same as long as carrying it out would do the same."""
        return hashlib.sha256(_canonical(self.as_json()).encode()).hexdigest()


def _canonical(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)


# ------------------------------------------------------------------------------------------------------- proposing


def reorganisation_propose(*, data: bytes, name: str, actor: Actor, edition: Edition, today: date) -> Proposal:
    """What the sheet in the bytes of a file would do; nothing is written. Refused with every fault of it."""
    sheet = sheet_read(data, name)
    done = ReorganisationSheet.objects.filter(sha256=sheet.sha256).first()
    if done is not None:
        fields = {"day": timezone.localtime(done.applied_at).date(), "actor": done.actor}
        raise Refused(Fault("reorganise.already", name, fields))
    plan = plan_of(sheet)
    faults = [*plan.faults]
    if plan.day is not None and plan.corrects is None:
        faults += plan_check(plan)
    elif plan.corrects is not None:
        faults += _correction_check(plan)
    faults += access_check(plan, actor)
    if faults:
        raise Refused(*_ordered(faults))
    return _proposal(sheet, plan, edition, today)


def plan_of(sheet: Sheet) -> Plan:
    """What a sheet means, with the faults of its cells. A plan without a day has no rows."""
    faults: list[Fault] = []
    text, stage, day = act_text(sheet, faults)
    corrects = _corrected(sheet, faults)
    if corrects is not None:
        first = corrects.stages.filter(stage=IN_FORCE).first()
        day = first.effective_on if first is not None else None
        text = replace(text, kind=Reorganisation.Kind.CORRECTION)
    elif stage == IN_FORCE and text.number and _held(text.number, with_units=True):
        faults.append(Fault("reorganise.act_known", sheet.about("number").place, {"act": text.number}))
    plan = Plan(text, stage, day, corrects, faults=faults)
    if day is not None:
        Reading(sheet, plan).read()
        _unread(sheet, plan)
        went_of(plan)
        plan.text = replace(plan.text, kind=_kind(plan))
    return plan


def _unread(sheet: Sheet, plan: Plan) -> None:
    """Rows of which a cell has a fault."""
    wrong = {fault.place for fault in plan.faults}
    plan.unread = [row for row in sheet.rows if wrong & {row.place, *(cell.place for cell in row.cells.values())}]


def _kind(plan: Plan) -> str:
    if plan.corrects is not None:
        return Reorganisation.Kind.CORRECTION
    kinds = {row.event for row in plan.rows}
    return kinds.pop() if len(kinds) == 1 else Reorganisation.Kind.REARRANGE


def _held(number: str, *, with_units: bool = False) -> list[Reorganisation]:
    """Acts on record with a number; with what became of units, or those too that were only announced."""
    rows = Reorganisation.objects.filter(number=number).exclude(kind=Reorganisation.Kind.CORRECTION).order_by("pk")
    return list(rows.filter(stages__stage=IN_FORCE) if with_units else rows)


def _corrected(sheet: Sheet, faults: list[Fault]) -> Reorganisation | None:
    cell = sheet.about("corrects")
    if not cell.text:
        return None
    found = _held(cell.text, with_units=True)
    if len(found) == 1:
        return found[0]
    code = "reorganise.several_acts" if found else "reorganise.no_such_act"
    faults.append(Fault(code, cell.place, {"number": cell.text, "count": len(found)}))
    return None


def _correction_check(plan: Plan) -> Iterator[Fault]:
    for one in plan.opens.values():
        yield Fault("reorganise.mends_only_shares", one.place)
    for move in plan.moves.values():
        yield Fault("reorganise.mends_only_shares", move.place)
    for row in plan.bodies:
        if row.body.unit_id not in plan.closes:
            yield Fault("reorganise.mends_only_shares", row.place)
    held = lives()
    for unit, place in plan.closes.items():
        if held[unit].end != plan.day:
            yield Fault("reorganise.mends_only_shares", place)
    if not plan.opens:
        yield from history_check(plan)


def _ordered(faults: list[Fault]) -> list[Fault]:
    """Each once, down the sheet."""

    def reading(fault: Fault) -> tuple[int, str]:
        cell = fault.place.rpartition("!")[2]
        row = "".join(char for char in cell if char.isdigit())
        return (int(row) if "!" in fault.place and row else 0, cell)

    once = {(fault.code, fault.place, fault.sentence()): fault for fault in faults}
    return sorted(once.values(), key=reading)


@reaching_everywhere("whoever may record an act is told by state what its units owe, and whose roles go over")
def _proposal(sheet: Sheet, plan: Plan, edition: Edition, today: date) -> Proposal:
    changes = plan.stage == IN_FORCE and plan.corrects is None
    return Proposal(
        sheet=sheet,
        plan=plan,
        closes=tuple(_closing(plan)),
        opens=tuple(_opening(plan)),
        moves=tuple(_moving(plan)),
        bodies=tuple(_bodies(plan)) if plan.corrects is None else (),
        goes=tuple(_going(plan, row) for row in plan.went),
        withdrawn=tuple(_withdrawn(plan)),
        returns=tuple(owed(plan, edition, today)) if changes else (),
        campaigns=tuple(campaigns(plan)) if changes else (),
        grants=tuple(grants(plan)) if changes else (),
    )


def _closing(plan: Plan) -> Iterator[Closing]:
    if plan.corrects is not None:
        return
    tree, codes = tree_on(plan.eve), _codes(plan, [*plan.closes])
    for unit in plan.closes:
        to = tuple(plan.name(row.successor) for row in plan.went if row.predecessor == unit and row.successor)
        yield Closing(unit, plan.name(unit), plan.name(tree.parents.get(unit)), codes.get(unit, ""), to)


def _opening(plan: Plan) -> Iterator[Opening]:
    for one in plan.opens.values():
        of = tuple(dict.fromkeys(plan.name(row.predecessor) for row in plan.went if row.successor == one.number))
        code = ":".join(one.code) if one.code else ""
        yield Opening(one.name, one.kind, plan.name(one.parent), code, of)


def _moving(plan: Plan) -> Iterator[Moving]:
    if not plan.moves:
        return
    tree, names, codes = tree_on(plan.eve), unit_names(plan.eve), _codes(plan, [*plan.moves])
    for unit, move in plan.moves.items():
        name = names.get(unit, "")
        if move.name:
            yield Moving(name, "name", name, move.name)
        if move.parent is not None:
            yield Moving(name, "parent", plan.name(tree.parents.get(unit)), plan.name(move.parent))
        if move.code:
            yield Moving(name, "code", codes.get(unit, ""), ":".join(move.code))


def _bodies(plan: Plan) -> Iterator[BodyGoing]:
    for row in plan.bodies:
        yield BodyGoing(row.body.name, plan.name(row.body.unit_id), row.kind, row.into_name, plan.name(row.into_unit))


def _codes(plan: Plan, units: list[int]) -> Mapping[int, str]:
    """Unit → its codes on the eve."""
    found: dict[int, str] = {}
    for row in UnitCode.objects.on(plan.eve).filter(unit_id__in=units).order_by("scheme"):
        found[row.unit_id] = ", ".join(filter(None, (found.get(row.unit_id, ""), str(row))))
    return found


def _going(plan: Plan, row: Went) -> Going:
    shares = tuple((one.measure, _share(one.share.low, one.share.high)) for one in row.stated)
    return Going(plan.name(row.predecessor), plan.name(row.successor), row.extent, shares, row.words)


def _share(low: Any, high: Any) -> str:
    ends = [f"{float(end) * 100:.6g}".replace(".", ",") for end in (low, high)]
    return f"{ends[0]}%" if low == high else f"{ends[0]}–{ends[1]}%"


def _withdrawn(plan: Plan) -> Iterator[Going]:
    for row in _to_withdraw(plan):
        shares = tuple((one.measure, _share(one.low, one.high)) for one in row.shares.all())
        yield Going(plan.name(row.predecessor_id), plan.name(row.successor_id), row.extent, shares, row.words)


def _to_withdraw(plan: Plan) -> list[Succession]:
    if plan.corrects is None:
        return []
    anew = {row.predecessor for row in plan.went}
    rows = plan.corrects.successions.filter(withdrawn_by=None, predecessor_id__in=anew)
    return list(rows.select_related("reorganisation").prefetch_related("shares").order_by("pk"))


# -------------------------------------------------------------------------------------------------------- applying


class Applied(NamedTuple):
    """What was carried out: the act on record, and what it was said to do."""

    act: Reorganisation
    proposal: Proposal


@reaching_everywhere("what an act does to the units it names, and to those it makes, was allowed with the act")
def reorganisation_apply(
    *, data: bytes, name: str, actor: Actor, edition: Edition, files: FileStore, today: date, seen: str = ""
) -> Applied:
    """Carry a sheet out in one transaction. Refused with every fault; with `seen` (`Proposal.mark`), also where it
    would now do something else than was shown."""
    files.put(data)
    with transaction.atomic():
        _one_at_a_time()
        proposal = reorganisation_propose(data=data, name=name, actor=actor, edition=edition, today=today)
        if seen and seen != proposal.mark:
            raise Refused(Fault("reorganise.changed_meanwhile"))
        plan = proposal.plan
        act, ids = (_correct(plan), {}) if plan.corrects is not None else _carry_out(plan)
        ReorganisationSheet.objects.create(
            reorganisation=act,
            name=name[:255],
            sha256=proposal.sheet.sha256,
            size=len(data),
            actor=actor.name,
            did=json.loads(_canonical(proposal.as_json())),
        )
        for row in proposal.grants:
            if row.to is not None and not row.already:
                unit = Unit.objects.get(pk=ids.get(row.to, row.to))
                grant_give(user=row.grant.user, unit=unit, role=row.grant.role, begins=row.begins, ends=row.ends)
    return Applied(act, proposal)


def _one_at_a_time() -> None:
    """Of two people who confirm at once the second waits, and then sees what the first did."""
    units_touch()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT token FROM units_unitsversion WHERE id = 1 FOR UPDATE")


def _carry_out(plan: Plan) -> tuple[Reorganisation, Mapping[int, int]]:
    """Units first, then the act with what became of each, held once more against all that is on record."""
    announced = _held(plan.text.number) if plan.text.number else []
    act = announced[0] if announced else acts_write([plan.text], stage=None)[0]
    if plan.stage != IN_FORCE or plan.day is None:
        reorganisation_reach(reorganisation=act, stage=plan.stage, effective_on=plan.day)
        return act, {}
    ids = _units_change(plan)
    went = [
        row._replace(
            predecessor=ids.get(row.predecessor, row.predecessor),
            successor=None if row.successor is None else ids.get(row.successor, row.successor),
        )
        for row in plan.went
    ]
    went_write([(act, row) for row in went])
    units_touch()
    reorganisation_reach(reorganisation=act, stage=IN_FORCE, effective_on=plan.day)
    bodies_write(act, bodies_change(plan, ids))
    return act, ids


def _units_change(plan: Plan) -> Mapping[int, int]:
    """Open, move and end units; number of the plan → row id. Codes come last: they are freed by those that end."""
    day = plan.on
    ids: dict[int, int] = {}
    made: dict[int, Unit] = {}
    for one in _parents_first(plan):
        parent = made.get(one.parent or 0) or Unit.objects.get(pk=one.parent or 0)
        made[one.number] = unit_create(kind=one.kind, name=one.name, begins=day, parent=parent)
        ids[one.number] = made[one.number].pk
    held = Unit.objects.in_bulk([*plan.moves, *plan.closes])
    for move in plan.moves.values():
        if move.name:
            unit_rename(unit=held[move.unit], name=move.name, on=day)
        if move.parent is not None:
            parent = made.get(move.parent) or Unit.objects.get(pk=move.parent)
            unit_place(unit=held[move.unit], parent=parent, on=day)
    tree = tree_on(plan.eve)
    for unit in sorted(plan.closes, key=lambda one: -tree.levels.get(one, 0)):
        if held[unit].valid_to != day:
            unit_end(unit=held[unit], on=day)
    _codes_change(plan, {**held, **made})
    return ids


def _parents_first(plan: Plan) -> list[NewUnit]:
    ordered: list[NewUnit] = []
    left = dict(plan.opens)
    while left:
        ready = [one for one in left.values() if one.parent not in left]
        ordered += ready
        left = {number: one for number, one in left.items() if one not in ready}
    return ordered


def _codes_change(plan: Plan, units: Mapping[int, Unit]) -> None:
    """Give codes, those first that nobody holds any more."""
    wanted = [(one.unit, one.code) for one in plan.moves.values() if one.code]
    wanted += [(one.number, one.code) for one in plan.opens.values() if one.code]
    while wanted:
        waiting = []
        for unit, code in wanted:
            assert code is not None  # noqa: S101 - filtered above
            held = UnitCode.objects.on(plan.on).filter(scheme=code[0], code=code[1])
            if held.exclude(unit=units[unit]).exists():
                waiting.append((unit, code))
            else:
                unit_code(unit=units[unit], scheme=code[0], code=code[1], on=plan.on)
        if len(waiting) == len(wanted):
            raise Refused(Fault("reorganise.code_ring", SHEET))
        wanted = waiting


def _correct(plan: Plan) -> Reorganisation:
    assert plan.corrects is not None  # noqa: S101 - the caller asked
    give = [(plan.corrects, row) for row in plan.went]
    return reorganisation_correct(text=plan.text, withdraw=_to_withdraw(plan), give=give)
