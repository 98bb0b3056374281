"""What cannot be right about a plan of a reorganisation, told at the cells of its sheet; and what went where by it.

Each row is held against the history of all acts as an act of its own: the acts of one day act at once, so what is
wrong with the sum of several rows is told at the first of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from tienbo.core.acts import Act, Link, check
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.shares import WHOLE, Share
from tienbo.core.tree import Tree
from tienbo.core.words import fold
from tienbo.processes.reorganise_plan import Plan, Row, tree_after
from tienbo.processes.reorganise_reading import stated_in
from tienbo.processes.reorganise_sheet import SheetRow
from tienbo.units.extents import AREA, POPULATION, SHARES
from tienbo.units.frames import acts, lives, tree_on, unit_names
from tienbo.units.models import Extent, UnitCode, UnitName
from tienbo.units.reorganisations import Stated, Went

worded(
    {
        "reorganise.has_children": N_(
            "{unit} ends on {day}, but {count} units still stand under it then: {names}. Say what becomes of each."
        ),
        "reorganise.circle": N_("With this the map of {day} would be none: {reason}"),
        "reorganise.outside_parent": N_(
            "{unit} stood in {held}, and this puts its ground into {successor} in {parent}; no row and no act says "
            "that {held} gives ground to {parent}. If that is so, add a row for the two; if not, the unit or its "
            "superior is wrong."
        ),
        "reorganise.code_held": N_("The code {code} is of {held} from {day} on; it is not free for {unit}."),
        "reorganise.code_twice": N_("The code {code} is given to {unit} and, in {other}, to another unit."),
        "reorganise.end_is_not": N_("{unit} is to end on {day}, but ended on {held} already."),
        "reorganise.both": N_("{unit} ends by one row and goes on by another."),
    }
)


def went_of(plan: Plan) -> None:
    """Fill in what went where: the rows, what remains of units that give a part and stay, units that only change."""
    outgoing: dict[int, list[Went]] = defaultdict(list)
    seen: dict[tuple[int, int | None], str] = {}
    for row in plan.rows:
        if row.extent == Extent.UNCHANGED or row.before is None:
            continue
        pair = (row.before, row.after)
        if pair in seen:
            fields = {"unit": plan.name(row.before), "successor": plan.name(row.after), "other": seen[pair]}
            plan.faults.append(Fault("reorganise.twice", row.sheet.place, fields))
            continue
        seen[pair] = row.sheet.place
        outgoing[row.before].append(_went(row, plan))
    for unit, rows in outgoing.items():
        stays = unit not in plan.closes and _stands_on(unit, plan)
        if stays and all(row.successor != unit for row in rows):
            rows.append(_remainder(unit, rows))
        plan.went += rows
    for row in plan.rows:
        if row.extent == Extent.UNCHANGED and row.before is not None and row.before not in outgoing:
            outgoing[row.before] = []
            words = row.sheet["words"].text[:300]
            plan.went.append(Went(row.before, row.before, Extent.UNCHANGED, words, place=row.sheet.place))


def _stands_on(unit: int, plan: Plan) -> bool:
    return plan.day is not None and lives()[unit].contains(plan.on)


def _went(row: Row, plan: Plan) -> Went:
    assert row.before is not None  # noqa: S101 - the caller asked
    stated = tuple(stated_in(row, plan, plan.text.source))
    return Went(row.before, row.after, row.extent, row.sheet["words"].text[:300], stated, row.sheet.place)


def _remainder(unit: int, given: list[Went]) -> Went:
    """What a unit keeps of itself: of every measure what the others do not get."""
    links = [link for row in given if (link := row.link) is not None]
    persons, area = (_rest([link.shares.get(measure) for link in links]) for measure in (POPULATION, AREA))
    extent = Extent.PART
    if persons == WHOLE:
        extent = Extent.AREA_PART_POP_ALL
    elif area == WHOLE:
        extent = Extent.AREA_ALL
    first = next((one for row in given for one in row.stated), None)
    stated = [
        Stated(measure, share, first.method, first.source)
        for measure, share in ((POPULATION, persons), (AREA, area))
        if share is not None and first is not None and measure not in SHARES[extent]
    ]
    return Went(unit, unit, extent, "", tuple(stated), given[0].place)


def _rest(shares: list[Share | None]) -> Share | None:
    """1 − the sum of the shares, within 0 and 1; None where one is not known."""
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return None
    low = max(1 - sum((share.high for share in known), Fraction(0)), Fraction(0))
    high = max(1 - sum((share.low for share in known), Fraction(0)), Fraction(0))
    return Share.of(low) if low == high else Share(low, high)


def plan_check(plan: Plan) -> Iterator[Fault]:
    """Everything that is wrong with a plan whose rows could be read."""
    yield from _of_closing(plan)
    tree: Tree | None = None
    try:
        tree = tree_after(plan)
    except ValueError as circle:
        place = next(iter(plan.moves.values())).place if plan.moves else ""
        yield Fault("reorganise.circle", place, {"day": plan.on, "reason": circle})
    if tree is not None:
        yield from _of_parents(plan, tree)
        yield from _outside(plan, tree)
    yield from _of_codes(plan)
    yield from _of_names(plan, tree)
    yield from history_check(plan)


def _of_closing(plan: Plan) -> Iterator[Fault]:
    held = lives()
    for unit, place in plan.closes.items():
        if unit in plan.moves:
            yield Fault("reorganise.both", place, {"unit": plan.name(unit)})
        life = held[unit]
        linked = any(row.predecessor == unit and row.successor is not None for row in plan.went)
        if life.end is not None and life.end < plan.on and not linked:  # of a linked one the history tells
            fields = {"unit": plan.name(unit), "day": plan.on, "held": life.end}
            yield Fault("reorganise.end_is_not", place, fields)
        below = [
            one
            for one, parent in tree_on(plan.on).parents.items()
            if parent == unit and one not in plan.closes and (one not in plan.moves or plan.moves[one].parent is None)
        ]
        if below and not plan.unread:
            names = ", ".join(sorted(plan.name(one) for one in below[:5])) + (", …" if len(below) > 5 else "")
            fields = {"unit": plan.name(unit), "day": plan.on}
            yield Fault("reorganise.has_children", place, {**fields, "count": len(below), "names": names})


def _of_parents(plan: Plan, tree: Tree) -> Iterator[Fault]:
    placed = [(one.number, one.parent, one.parent_place) for one in plan.opens.values()]
    placed += [(one.unit, one.parent, one.place) for one in plan.moves.values()]
    for unit, parent, place in placed:
        if parent is not None and parent not in tree:
            fields = {"unit": plan.name(unit), "parent": plan.name(parent), "day": plan.on}
            yield Fault("reorganise.parent_closes", place, fields)


def _outside(plan: Plan, tree: Tree) -> Iterator[Fault]:
    """Ground that leaves its province although nothing says that the province gives any."""
    eve = tree_on(plan.eve)
    given = {(link.predecessor, link.successor) for act in acts() if act.day == plan.on for link in act.links}
    given |= {(row.predecessor, row.successor) for row in plan.went if row.successor is not None}
    passed = [(row.predecessor, row.successor, row.place) for row in plan.went if row.successor is not None]
    passed += [(move.unit, move.unit, move.place) for move in plan.moves.values()]
    for before, after, place in passed:
        assert after is not None  # noqa: S101 - filtered above
        out, into = _province(eve, before), _province(tree, after)
        if None not in (out, into) and out not in (into, before) and (out, into) not in given:
            fields = {"unit": plan.name(before), "successor": plan.name(after)}
            yield Fault(
                "reorganise.outside_parent", place, {**fields, "held": plan.name(out), "parent": plan.name(into)}
            )


def _province(tree: Tree, unit: int) -> int | None:
    line = (unit, *tree.ancestors(unit)) if unit in tree else ()
    return next((one for one in line if tree.kinds[one] == "province"), None)


def _of_codes(plan: Plan) -> Iterator[Fault]:
    wanted = [(one.number, one.code, one.place) for one in plan.opens.values() if one.code]
    wanted += [(one.unit, one.code, one.place) for one in plan.moves.values() if one.code]
    freed = {(unit, None) for unit in plan.closes} | {
        (one.unit, one.code[0]) for one in plan.moves.values() if one.code
    }
    first: dict[tuple[str, str], str] = {}
    for unit, code, place in wanted:
        assert code is not None  # noqa: S101 - filtered above
        if code in first:
            fields = {"code": ":".join(code), "unit": plan.name(unit), "other": first[code]}
            yield Fault("reorganise.code_twice", place, fields)
        first.setdefault(code, place)
        rows = UnitCode.objects.filter(scheme=code[0], code=code[1]).exclude(unit_id=unit)
        for row in rows:
            if (row.valid_to is None or row.valid_to > plan.on) and not (
                {(row.unit_id, None), (row.unit_id, code[0])} & freed and row.valid_from < plan.on
            ):
                fields = {"code": ":".join(code), "held": plan.name(row.unit_id), "unit": plan.name(unit)}
                yield Fault("reorganise.code_held", place, {**fields, "day": max(row.valid_from, plan.on)})


def _of_names(plan: Plan, tree: Tree | None) -> Iterator[Fault]:
    """A new unit with the full name of one that stands beside it is most likely that one."""
    if tree is None:
        return
    names = unit_names(plan.on)
    for one in plan.opens.values():
        for beside in tree.children.get(one.parent or 0, ()):
            move = plan.moves.get(beside)
            called = move.name if move and move.name else names.get(beside, "")
            if beside > 0 and fold(called) == fold(one.name):
                fields = {"parent": plan.name(one.parent), "unit": called, "day": plan.on}
                yield Fault("reorganise.name_taken", one.place, fields)


def history_check(plan: Plan) -> Iterator[Fault]:
    """The rows beside all acts in force: shares, bounds, lives, rings. Units of which a row could not be read are left
    out: their sums would only be wrong because of that."""
    texts = {_text(row) for row in plan.unread}
    half = {row.before for row in plan.rows if _text(row.sheet) in texts}
    new: list[Act] = []
    for row in plan.went:
        link = row.link if row.extent != Extent.UNCHANGED else None
        if link is not None and row.predecessor not in half:
            new.append(Act(f"{row.place}#{len(new)}", plan.on, (link,)))
    places = {act.key: act.key.rpartition("#")[0] for act in new}
    told, lived = [*_recorded(plan), *new], plan.lives()
    if any(fault.place in places for fault in check(told, lived)):
        # Once more with the names: looking up every unit's for a history without a fault would take longer than it.
        names = dict(UnitName.objects.filter(lang="vi").order_by("valid_from").values_list("unit_id", "text"))
        names |= {one.number: one.name for one in plan.opens.values()}
        for fault in check(told, lived, named=lambda unit: names.get(unit, str(unit))):
            if fault.place in places:
                yield Fault(fault.code, places[fault.place], fault.fields)


def _text(row: SheetRow) -> str:
    return fold(row["before"].text or row["before_code"].text)


def _recorded(plan: Plan) -> Iterable[Act]:
    """The acts in force; of one that is corrected without what is said anew."""
    if plan.corrects is None:
        return acts()
    anew = {row.predecessor for row in plan.went}
    return [
        act._replace(links=tuple(link for link in act.links if link.predecessor not in anew))
        if act.key == plan.corrects.key
        else act
        for act in acts()
    ]


def links_of(plan: Plan) -> Mapping[int, list[Link]]:
    """Unit → what went from it to others."""
    found: dict[int, list[Link]] = defaultdict(list)
    for row in plan.went:
        if row.link is not None and row.extent != Extent.UNCHANGED:
            found[row.predecessor].append(row.link)
    return found


def heirs_of(plan: Plan) -> Mapping[int, int]:
    """Unit that closes → the one unit that all of it goes into."""
    count = Counter(row.predecessor for row in plan.went)
    return {
        row.predecessor: row.successor
        for row in plan.went
        if row.extent == Extent.WHOLE
        and count[row.predecessor] == 1
        and row.successor is not None
        and row.predecessor in plan.closes
    }
