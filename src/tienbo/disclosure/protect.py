"""The protector: what else is hidden so that no hidden small figure can be worked out, by anybody who may try.

For every primary cell and everybody who reads (an outsider, and each reporting unit that knows its own counts) there
must be another table that prints the same in which the cell is not small, and one in which it may be next to nothing
(moves.py). Counts such a table changes are hidden too, cheapest first: inner before margins. What is not needed in the
end is printed again. A table in which one proof is missing is withheld.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import scipy

from tienbo.disclosure.ledger import joined
from tienbo.disclosure.moves import Floats, Ints, Mask, System
from tienbo.disclosure.policy import Need, Policy, Rule, Tier, hides_zeros, needs
from tienbo.disclosure.tables import MARKER, Earlier, Share, Table

METHOD = 1
"""Of the method: another number, other plans."""
_LEVELS = 30.0
"""How many times dearer a total is to hide than what it is of."""
_CORNERS = 4
_GOLDEN = (5**0.5 - 1) / 2
OUTSIDER = ""


@dataclass(frozen=True)
class Plan:
    """What of a table is printed. `hidden`: key of a cell or share → why (policy.REASONS). `unmet`: what could not be
    kept in doubt, as (cell, from whom); where there is any, nothing is printed. `small`, `inner`: of the inner cells,
    how many are primary."""

    tier: Tier
    rule: Rule
    hidden: Mapping[str, str]
    primary: tuple[str, ...]
    unmet: tuple[tuple[str, str], ...] = ()
    small: int = 0
    inner: int = 0
    table: str = ""
    """Fingerprint of the table."""
    ledger: str = ""
    """Fingerprint of what had left before."""
    zeros: bool = False
    """Whether a hidden count may be none."""
    method: str = field(default_factory=lambda: f"{METHOD}/scipy {scipy.__version__}")

    @property
    def is_protected(self) -> bool:
        return not self.unmet

    @property
    def should_coarsen(self) -> bool:
        return self.inner > 0 and self.small > self.rule.coarsen_above * self.inner

    def shown(self, key: str, figure: str) -> str:
        """A figure as it leaves: itself, or the marker. Of a table that is withheld nothing leaves."""
        return MARKER if not self.is_protected or key in self.hidden else figure

    def as_json(self) -> dict[str, Any]:
        rule = self.rule
        return {
            "tier": int(self.tier),
            "rule": [
                rule.k, rule.zeros_hide, rule.least_base, str(rule.dominance), str(rule.coarsen_above), rule.insiders
            ],
            "hidden": dict(sorted(self.hidden.items())),
            "primary": list(self.primary),
            "unmet": [list(one) for one in self.unmet],
            "small": [self.small, self.inner],
            "table": self.table,
            "ledger": self.ledger,
            "zeros": self.zeros,
            "method": self.method,
        }  # fmt: skip

    @classmethod
    def from_json(cls, made: Mapping[str, Any]) -> Plan:
        k, zeros, base, dominance, coarsen, insiders = made["rule"]
        return cls(
            tier=Tier(made["tier"]),
            rule=Rule(k, zeros, base, Decimal(dominance), Decimal(coarsen), insiders),
            hidden=made["hidden"],
            primary=tuple(made["primary"]),
            unmet=tuple((key, who) for key, who in made["unmet"]),
            small=made["small"][0],
            inner=made["small"][1],
            table=made["table"],
            ledger=made["ledger"],
            zeros=made["zeros"],
            method=made["method"],
        )

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()


def protect(
    table: Table,
    *,
    tier: Tier,
    policy: Policy | None = None,
    earlier: Sequence[Earlier] = (),
    insiders: bool | None = None,
) -> Plan:
    """The plan of a table toward a tier, after everything that left `earlier` (in order).

    The same input gives the same plan. Who reads at a tier reads what left at later tiers too; whoever reads more is
    held against it by the rule of his own tier.
    """
    held = policy or Policy()
    rule = held.rule(tier)
    hidden: dict[str, str] = {}
    unmet: list[tuple[str, str]] = []
    primary: dict[str, None] = {}
    zeros = False
    for reader in _readers(tier, earlier):
        known = [one for one in earlier if one.tier >= reader]
        own = held.rule(reader)
        work = _Work.of(table, own, known, hidden, own.insiders if insiders is None else insiders)
        work.run(clean=reader == tier)
        hidden = work.hidden
        unmet += work.unmet
        zeros |= work.zeros
        primary |= dict.fromkeys(one for one in work.primary if one in table.cells)
    inner = table.inner
    marks = "|".join(f"{one.table.fingerprint}:{int(one.tier)}:{','.join(sorted(one.hidden))}" for one in earlier)
    return Plan(
        tier=tier,
        rule=rule,
        hidden=dict(sorted(hidden.items())),
        primary=tuple(primary),
        unmet=tuple(sorted(set(unmet))),
        small=sum(one.key in primary for one in inner),
        inner=len(inner),
        table=table.fingerprint,
        ledger=hashlib.sha256(marks.encode()).hexdigest() if earlier else "",
        zeros=zeros,
    )


def _readers(tier: Tier, earlier: Iterable[Earlier]) -> list[Tier]:
    """Whose knowledge has to be looked at: those the table is for, then whoever reads what left at tiers before."""
    return [tier, *sorted({Tier(one.tier) for one in earlier if one.tier < tier}, reverse=True)]


@dataclass
class _Work:
    """One reader's table: this one and all that he read before, as one system."""

    table: Table
    names: Mapping[str, str]
    """Key of a cell of the table → its name in the system."""
    whole: Table
    known: frozenset[str]
    some: frozenset[str]
    rule: Rule
    hidden: dict[str, str]
    insiders: bool
    zeros: bool
    found: list[Need]
    known_shares: tuple[Share, ...]
    unmet: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(
        cls, table: Table, rule: Rule, earlier: Sequence[Earlier], hidden: Mapping[str, str], insiders: bool
    ) -> _Work:
        join = joined(table, earlier)
        zeros = hides_zeros(join.table, rule)
        made = cls(
            table=table,
            names=join.names,
            whole=join.table,
            known=join.known,
            some=join.some,
            rule=rule,
            hidden=dict(hidden),
            insiders=insiders,
            zeros=zeros,
            found=[one for one in needs(join.table, rule) if one.key not in join.known],
            known_shares=join.shares,
        )
        made._hide_primary()
        return made

    @property
    def primary(self) -> list[str]:
        back = {name: key for key, name in self.names.items()}
        return [back.get(one.key, one.key) for one in self.found]

    def _hide_primary(self) -> None:
        primary = {one.key: one.why for one in self.found}
        for key, name in self.names.items():
            if name in primary and self.table.cells[key].printed and name not in self.known:
                self.hidden.setdefault(key, primary[name])
        for share in self.table.shares:
            base = self.table.cells[share.denominator]
            rest = [
                self.names[part]
                for total, parts in self.table.relations
                if total == share.denominator and share.numerator in parts
                for part in parts
            ]
            above = self.names[share.numerator]
            if base.value < self.rule.least_base:
                self.hidden.setdefault(share.key, "small_base")
            elif above in primary or self.names[share.denominator] in primary or any(one in primary for one in rest):
                self.hidden.setdefault(share.key, "share_of_hidden")

    def _hide_shares(self) -> bool:
        """A share of what is hidden is hidden. Whether there was one."""
        late = [
            one.key
            for one in self.table.shares
            if one.key not in self.hidden and {one.numerator, one.denominator} & self.hidden.keys()
        ]
        self.hidden |= dict.fromkeys(late, "share_of_hidden")
        return bool(late)

    # ------------------------------------------------------------------------------------------------------ work

    def run(self, *, clean: bool) -> None:
        pool = self._protected()
        while self._hide_shares():
            pool = self._protected()
        if pool.unmet:  # printed shares may stand in the way: without them
            late = [one.key for one in self.table.shares if one.key not in self.hidden]
            if late:
                self.hidden |= dict.fromkeys(late, "share_of_hidden")
                pool = self._protected()
        if pool.unmet and not self.zeros:  # a printed zero may stand in the way: zeros may hide, here
            self.zeros = True
            self.found = [one for one in needs(self.whole, self.rule, True) if one.key not in self.known]
            pool = self._protected()
        if clean and not pool.unmet:
            pool.shrink()
        self.unmet = [(self._said(key), who) for key, who in pool.unmet]

    def _said(self, name: str) -> str:
        return next((key for key, held in self.names.items() if held == name), name)

    def _protected(self) -> _Pool:
        shares = [replace_share(one, self.names) for one in self.table.shares if one.key not in self.hidden]
        some = self.some if self.zeros else self.some | {self.names[one] for one in self.table.asked}
        system = System(self.whole, (*self.known_shares, *shares), some)
        pool = _Pool(self, system)
        pool.fill()
        return pool


def replace_share(share: Share, names: Mapping[str, str]) -> Share:
    return share._replace(numerator=names[share.numerator], denominator=names[share.denominator])


class _Pool:
    """Moves found so far, and what each proves."""

    def __init__(self, work: _Work, system: System) -> None:
        self.work, self.system = work, system
        cells = work.whole.cells
        back = {name: key for key, name in work.names.items()}
        self.key_of = [back.get(name, "") for name in system.keys]
        asks = [key != "" and work.table.cells[key].printed for key in self.key_of]
        # Zeros stay where they are printed, unless they may be hidden.
        stays = (system.x == 0) & np.array(asks) & (not work.zeros)
        known = np.array([name in work.known for name in system.keys])
        self.free: Mask = ~(known | stays)
        # What is never printed, or was hidden before, may be anything as it is.
        hidden = np.array([not ask or key in work.hidden for ask, key in zip(asks, self.key_of, strict=True)])
        self.open: Mask = self.free & hidden
        self.price: Floats = np.array(
            [(_LEVELS ** cells[name].level) * (1 + np.log1p(abs(cells[name].value))) for name in system.keys]
        )
        self.unlike: Floats = np.modf(np.arange(1, len(system.keys) + 1) * _GOLDEN)[0]
        self.moves: Ints = np.zeros((0, len(system.keys)), dtype=np.int64)
        self.owners: Mask = np.zeros((0, max(1, len(system.owners))), dtype=np.bool_)
        self.unmet: list[tuple[str, str]] = []

    @property
    def cost(self) -> Floats:
        return np.where(self.open, 0.001, self.price)

    def fill(self) -> None:
        for need in self.work.found:
            target = self.system.at[need.key]
            value = int(self.system.x[target])
            for by in _ways(need, value, int(self.system.floor[target])):
                self._prove(need, target, by)

    def _proofs(self, target: int, by: int) -> Mask:
        column = self.moves[:, target]
        found: Mask = column >= by if by > 0 else column <= by
        return found

    def _prove(self, need: Need, target: int, by: int) -> None:
        if not self._proofs(target, by).any() and not self._look(target, by, self.free):
            self.unmet.append((need.key, OUTSIDER))
            return
        if not self.work.insiders:
            return
        own = int(self.system.owner[target])
        done: set[int] = set()
        while bad := self._bad(target, by, own) - done:
            # First without all of them at once, then one by one.
            if len(bad) > 1 and self._look(target, by, self.free & ~np.isin(self.system.owner, list(bad))):
                continue
            one = min(bad)
            done.add(one)
            less = self._as_known(target, by, one)
            others = self.system.owner != one
            if less and not self._look(target, less, self.free & others) and self._could(target, less, others):
                self.unmet.append((need.key, self.system.owners[one]))

    def _could(self, target: int, by: int, movable: Mask) -> bool:
        """Whether the count could be another if nothing at all were printed but zeros. If not, it is the unit's own, or
        next to it, and print tells it nothing."""
        return self.system.move(target, by, movable & (self.free | (self.system.x != 0)), self.cost) is not None

    def _as_known(self, target: int, by: int, owner: int) -> int:
        """How far down a count can be to a unit that knows its own: no lower than those and the least of the others."""
        return by if by > 0 else max(by, int(self.system.floor_of(owner)[target] - self.system.x[target]))

    def _bad(self, target: int, by: int, own: int) -> set[int]:
        """Units whose own counts every proof changes: they know better."""
        if not self.system.owners:
            return set()
        rows = self._proofs(target, by)
        return set(np.flatnonzero(self.owners[rows].all(axis=0)).tolist()) - {own}

    def _look(self, target: int, by: int, movable: Mask) -> bool:
        move = next((one for one in self._tried(target, by, movable) if one is not None), None)
        if move is None:
            return False
        touched = np.flatnonzero((move != 0) & ~self.open)
        for place in touched:
            self.work.hidden.setdefault(self.key_of[place], "beside")
        self.open[touched] = True
        rows = np.array(list(self.system.variants(move)), dtype=np.int64)
        self.moves = np.vstack([self.moves, rows])
        self.owners = np.vstack([self.owners, self.system.touched_owners(rows != 0)[:, : self.owners.shape[1]]])
        return True

    def _tried(self, target: int, by: int, movable: Mask) -> Iterator[Ints | None]:
        """Moves by what is hidden already, then by anything; where they come in fractions, at other prices (another
        corner of the same room mostly is whole); at last in whole numbers."""
        for times in range(_CORNERS):
            price = self.cost * (1 + times * self.unlike)
            yield self.system.move(target, by, movable & self.open, price)
            yield self.system.move(target, by, movable, price)
        yield self.system.move(target, by, movable & self.open, self.cost, whole=True)
        yield self.system.move(target, by, movable, self.cost, whole=True)

    # -------------------------------------------------------------------------------------------------- shrinking

    def shrink(self) -> None:
        """Print again what no proof needs, the dearest first."""
        asked = list(self._asked())
        alive = np.ones(len(self.moves), dtype=np.bool_)
        beside = [
            n for n, key in enumerate(self.key_of) if key and self.work.hidden.get(key) == "beside" and self.open[n]
        ]
        for place in sorted(beside, key=lambda n: (-self.price[n], self.system.keys[n])):
            without = alive & (self.moves[:, place] == 0)
            lost = alive & ~without
            if all(self._stands(one, without) for one in asked if (one.proofs & lost).any()):
                alive = without
                del self.work.hidden[self.key_of[place]]
                self.open[place] = False
        self.unmet += [(self.system.keys[one.target], OUTSIDER) for one in asked if not self._stands(one, alive)]

    def _asked(self) -> Iterator[_Asked]:
        for need in self.work.found:
            target = self.system.at[need.key]
            for by in _ways(need, int(self.system.x[target]), int(self.system.floor[target])):
                proofs, own = self._proofs(target, by), int(self.system.owner[target])
                if not self.work.insiders or not self.system.owners:
                    yield _Asked(target, proofs, None)
                    continue
                # Who knows more than others can be shown less: apart from them.
                apart = self._bad(target, by, own)
                yield _Asked(target, proofs, frozenset({*range(len(self.system.owners))} - apart - {own}))
                for one in apart:
                    less = self._as_known(target, by, one)
                    if less and (proofs := self._proofs(target, less)).any() and not self.owners[proofs][:, one].all():
                        yield _Asked(target, proofs, frozenset({one}))

    def _stands(self, asked: _Asked, alive: Mask) -> bool:
        rows = asked.proofs & alive
        if not rows.any():
            return False
        if asked.of is None:
            return True
        return not asked.of & set(np.flatnonzero(self.owners[rows].all(axis=0)).tolist())


class _Asked(NamedTuple):
    """A count that must be in doubt: the moves that prove it, and to which units (None: to an outsider alone)."""

    target: int
    proofs: Mask
    of: frozenset[int] | None


def _ways(need: Need, value: int, floor: int) -> list[int]:
    """How far a count must be able to move: up to what is not small, down to next to nothing. A total of two counts
    of which neither can be none is at least two, whoever reads it."""
    return [by for by in (max(0, need.high - value), min(0, max(need.low, floor) - value)) if by]
