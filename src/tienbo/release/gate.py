"""The gate at work: guarded figures of a packet against everything that left before, and the ledger of what left.

Until somebody approved, guarded figures stand as the marker wherever the packet is written; the approval decides what
is printed, by the ledger of that moment, and what it let leave binds the next. A table that cannot be kept in doubt is
not let out at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.disclosure.policy import Tier
from tienbo.disclosure.protect import Plan, protect
from tienbo.disclosure.tables import Cell, Earlier, Relation, Table
from tienbo.engine.evaluate import Question
from tienbo.papers.guarded import Guarded, cell_key, guarded_of, policy_of
from tienbo.papers.packet import PacketContent
from tienbo.papers.released import Released
from tienbo.release.packet_models import Departure, PacketStep, PacketVersion
from tienbo.release.reading import Reader
from tienbo.units.frames import tree_on, unit_ids, unit_keys
from tienbo.units.heirs import heir
from tienbo.units.models import Unit

TIER = Tier.PARTNER
"""Packets are for partners under an agreement."""

worded(
    {
        "gate.withheld": N_(
            "The figures of violence and of planning cannot leave: with what left before, {count} of them could be "
            "worked out. Take figures out of the packet, or ask for a coarser table."
        ),
        "gate.other_plan": N_(
            "What the gate lets through has changed since this page was shown. Read it again, then approve."
        ),
        "gate.said_in_words": N_(
            "“{sentence}” says {number}, which stands hidden among the figures. Take the number out of the text."
        ),
        "gate.not_guardable": N_(
            "{indicator}: this figure is not one that may be asked of the gate in this packet. It was not taken."
        ),
    }
)


def ledger(before: Departure | None = None) -> list[Earlier]:
    """Everything that left, in order; only what left before one of them."""
    rows = Departure.objects.order_by("pk")
    if before is not None:
        rows = rows.filter(pk__lt=before.pk)
    return [_earlier(one) for one in rows]


def _earlier(one: Departure) -> Earlier:
    plan = plan_of(one)
    return Earlier(table_of(one), one.tier, frozenset(plan.hidden), plan.zeros, one.fingerprint)


def table_of(one: Departure) -> Table:
    return Table.from_json(json.loads(one.table_json))


def plan_of(one: Departure) -> Plan:
    return Plan.from_json(json.loads(one.plan_json))


# ------------------------------------------------------------------------------------------------------ deciding


def gate_look(
    content: PacketContent, released: Released, edition: Edition, largest: Mapping[str, int] | None = None
) -> Guarded | None:
    """The guarded figures of a packet as they would leave now; None where it has none. `edition`: whose rules of
    release hold today."""
    if not content.guarded:
        return None
    made = guarded_of(released, [one.indicator for one in content.guarded], largest)
    earlier = ledger()
    made = replace(made, table=with_former(made.table, earlier))
    plan = protect(made.table, tier=TIER, policy=policy_of(edition), earlier=earlier)
    return replace(made, plan=plan)


def gate_closed(content: PacketContent, released: Released) -> Guarded | None:
    """The same before anybody approved: nothing is let through."""
    return guarded_of(released, [one.indicator for one in content.guarded]) if content.guarded else None


def gate_passed(version: PacketVersion, released: Released, content: PacketContent) -> Guarded | None:
    """What left with the last approval of a version; nothing where there was none."""
    made = gate_closed(content, released)
    left = Departure.objects.filter(step__version=version).order_by("-pk").first()
    return made if made is None or left is None else replace(made, table=table_of(left), plan=plan_of(left))


def gate_faults(made: Guarded, content: PacketContent, edition: Edition) -> Iterator[Fault]:
    """What stands against letting the figures leave."""
    plan = made.plan
    if plan is None or not plan.is_protected:
        yield Fault("gate.withheld", "", {"count": len({key for key, _who in plan.unmet}) if plan else 0})
        return
    rule = edition.release_rules.get("partner")
    for text in content.texts():
        for sentence, number in said_in(text, _hidden_numbers(made, plan), rule.words if rule else ()):
            yield Fault("gate.said_in_words", "", {"sentence": sentence[:120], "number": number})


def _hidden_numbers(made: Guarded, plan: Plan) -> set[str]:
    """Hidden counts as they are written. What was never to be printed tells as much."""
    cells = made.table.cells.values()
    hidden = {one.value for one in cells if one.key in plan.hidden or (not one.printed and 0 < one.value < plan.rule.k)}
    return {spelled for value in hidden for spelled in {str(value), f"{value:02}"}}


def said_in(text: str, numbers: set[str], words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(sentence, number) where a sentence that speaks of what is guarded says a hidden number."""
    for sentence in re.split(r"(?<=[.;!?])\s+|\n", text):
        plain = fold(sentence)
        if any(fold(word) in plain for word in words):
            for found in re.findall(r"(?<![\d.,/])\d+(?![\d/]|[.,]\d)", sentence):
                if found in numbers:
                    yield sentence.strip(), found


def departure_keep(step: PacketStep, made: Guarded) -> Departure:
    """Write down what an approval lets leave."""
    plan = made.plan
    if plan is None:
        raise ValueError("nothing leaves without a plan")
    return Departure.objects.create(
        step=step,
        tier=int(plan.tier),
        table_json=json.dumps(made.table.as_json(), ensure_ascii=False),
        plan_json=json.dumps(plan.as_json(), ensure_ascii=False),
        fingerprint=plan.fingerprint,
    )


def ledger_lock() -> None:
    """One approval after the other: what one lets leave binds the next. Inside a transaction."""
    Unit.objects.select_for_update().order_by("pk").values_list("pk").first()


# ---------------------------------------------------------------------------------------------- reorganisations


def with_former(table: Table, earlier: Sequence[Earlier]) -> Table:
    """The table with what left of the units that went wholly into its own: their counts of the same time add up to it,
    and what is over beside them."""
    keys, ids = unit_keys(), unit_ids()
    last = {_named(key): cell for one in earlier for key, cell in one.table.cells.items() if _named(key) is not None}
    cells, relations = dict(table.cells), list(table.relations)
    for cell in table.cells.values():
        mine = _named(cell.key)
        if mine is None:
            continue
        parts = [
            replace(held, printed=False)
            for other, held in last.items()
            if other is not None
            and (other.series, other.period) == (mine.series, mine.period)
            and other.unit in ids
            and keys.get(heir(ids[other.unit]) or 0) == mine.unit
        ]
        over = cell.value - sum(one.value for one in parts)
        if parts:
            named = tuple(one.key for one in parts)
            cells |= {one.key: one for one in parts}
            left = Cell(f"{cell.key} − {' − '.join(named)}", abs(over), printed=False)
            if over:
                cells[left.key] = left
            if over >= 0:
                relations.append(Relation(cell.key, (*named, *([left.key] if over else []))))
            else:  # together they said more than is said today: their sum is the count and what it lacks
                together = f"{cell.key} + {left.key}"
                cells[together] = Cell(together, cell.value - over, 1, printed=False)
                relations += [Relation(together, named), Relation(together, (cell.key, left.key))]
    return Table.checked(cells.values(), relations, table.shares, table.lines)


class _Named(NamedTuple):
    series: str
    unit: str
    period: str


def _named(key: str) -> _Named | None:
    """What a cell counts (papers.guarded.cell_key); None of what follows from others."""
    parts = key.split("|")
    return _Named(*parts) if len(parts) == 3 else None


def largest_below(reader: Reader, made: Guarded, unit: int) -> dict[str, int]:
    """Key of a cell → the most that one of the units directly below counts of it, as their office reads them today."""
    edition = reader.edition
    period = next((Period.parse(one.period) for one in made.values.values()), None)
    below = tuple(tree_on(edition.calendar.last_day(period)).children.get(unit, ())) if period else ()
    known = tuple(code for code in made.values if code in edition.indicators)
    most: dict[str, int] = {}
    if not below or period is None or not known:
        return most
    at = next(iter(made.values.values())).unit
    for value in reader.values(Question(known, (period,), below)):
        indicator = edition.indicators[value.indicator]
        for terms, number in ((indicator.numerator, value.numerator), (indicator.denominator, value.denominator)):
            if terms and number is not None:
                key = cell_key(terms, at, period.code)
                most[key] = max(most.get(key, 0), int(number))
    return most
