"""The matrix of rights, as data (rights.yaml): the one source of what a role allows.

Pages declare a *need* (units.access); a role allows a need at the unit of its grant or below it exactly where the
matrix says so. Whether figures of class C3 are shown, how long a grant lasts when nobody says, which two grants do not
go together and who is asked for a second factor stand in the same file.

Source: security design, matrix of rights, after NĐ 356/2025/NĐ-CP Điều 4.2 (rules that limit access; seen in secondary
sources only). Its row of birth dates, Party and degrees is left out: they are not stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import Field, StringConstraints, model_validator

from tienbo.catalogue.definitions import Sensitivity, Shape, Text
from tienbo.core.messages import N_

Need = Literal[
    "visit",
    "view",
    "enter",
    "approve",
    "accept",
    "consolidate",
    "conclude",
    "administer",
    "reorganise",
    "elections",
    "oversee",
    "appoint",
    "audit",
    "watch",
    "protect",
]
NEEDS: Mapping[Need, str] = {
    "visit": N_("read what is open to guests"),
    "view": N_("read"),
    "enter": N_("fill in"),
    "approve": N_("approve and submit"),
    "accept": N_("decide on what was submitted"),
    "consolidate": N_("consolidate and report"),
    "conclude": N_("conclude and assign"),
    "administer": N_("administer"),
    "reorganise": N_("record reorganisations of units"),
    "elections": N_("work on elections"),
    "oversee": N_("see who may what"),
    "appoint": N_("give and end grants"),
    "audit": N_("read the journal"),
    "watch": N_("read requests about personal data and incidents"),
    "protect": N_("keep requests about personal data and incidents"),
}
SENSITIVE = "sensitive"
"""What the reading of class C3 opens; no page declares it."""
ACTS: Mapping[str, str] = {
    "R": N_("reads"),
    "W": N_("writes"),
    "S": N_("stands by it and submits"),
    "A": N_("decides"),
    "P": N_("prepares"),
    "M": N_("manages"),
    "X": N_("takes out"),
}
Where = Literal["own", "below", "direct"]
WHERE: Mapping[Where, str] = {
    "own": N_("own unit"),
    "below": N_("units below"),
    "direct": N_("units directly below"),
}
Acts = Annotated[str, StringConstraints(pattern=r"^[RWSAPMX]+$")]
FILE = Path(__file__).parent / "rights.yaml"


class RoleRule(Shape):
    """What holds for every grant of a role."""

    code: str
    term: int | None = Field(default=None, ge=1)
    """Days a grant lasts where nobody says until when; None: until it is ended."""
    factor: bool = False
    sleeps: bool = False


class Resource(Shape):
    """A row: what there is, its class, and by role the acts at own unit, below, directly below."""

    code: str
    level: Sensitivity
    name: Text
    opens: Mapping[Acts, str]
    cells: Mapping[str, Mapping[Where, Acts]]

    @model_validator(mode="after")
    def _opens_what_it_says(self) -> Resource:
        for role, cell in self.cells.items():
            for acts in cell.values():
                if unknown := set(acts) - set(self.opens):
                    raise ValueError(f"{self.code}: {role} has {sorted(unknown)[0]}, which opens nothing")
        return self


class Separation(Shape):
    """Two needs that nobody holds together, at one unit or anywhere."""

    of: Need
    with_: Need | Literal["anything"] = Field(alias="with")
    at: Literal["unit", "anywhere"]
    why: Text


class Allows(NamedTuple):
    """What a role allows at the unit of the grant, and at the units placed below it."""

    own: frozenset[str]
    below: frozenset[str]


class Matrix(Shape):
    """The file: roles, rows, pairs kept apart, and what nobody may."""

    roles: tuple[RoleRule, ...]
    resources: tuple[Resource, ...]
    separations: tuple[Separation, ...]
    absent: tuple[Text, ...]

    @model_validator(mode="after")
    def _is_one_source(self) -> Matrix:
        known = {role.code for role in self.roles}
        opened = {need for row in self.resources for need in row.opens.values()}
        if unknown := opened - {*NEEDS, SENSITIVE}:
            raise ValueError(f"no such need: {sorted(unknown)[0]}")
        if missing := set(NEEDS) - opened:
            raise ValueError(f"no row opens {sorted(missing)[0]}")
        for row in self.resources:
            if unknown := set(row.cells) - known:
                raise ValueError(f"{row.code}: no such role: {sorted(unknown)[0]}")
        return self

    @cached_property
    def rules(self) -> Mapping[str, RoleRule]:
        return {role.code: role for role in self.roles}

    @cached_property
    def allows(self) -> Mapping[str, Allows]:
        """Role → the needs it allows. A row that is silent about a role neither gives nor takes what another row gives;
        a row that names it says all of it (`disagreements`)."""
        return {
            role.code: Allows(*(self._needs(role.code, where) - {SENSITIVE} for where in ("own", "below")))
            for role in self.roles
        }

    def _needs(self, role: str, where: Where) -> frozenset[str]:
        return frozenset(need for row in self.resources for need in opened(row, role, where))

    def disagreements(self) -> Iterator[tuple[str, str, Where, str]]:
        """(row, role, where, need) of each cell that lacks an act of its row though another row opens its need."""
        for row in self.resources:
            for role in self.rules:
                if role not in row.cells:
                    continue
                for where in WHERE:
                    held = self._needs(role, where)
                    for need in sorted(held & set(row.opens.values()) - opened(row, role, where)):
                        yield row.code, role, where, need

    def apart(self, first: str, second: str, *, same_unit: bool) -> Separation | None:
        """The rule that keeps two roles of one person apart, or None."""
        if first == second or not {first, second} <= self.rules.keys():
            return None
        held = [self.allows[role].own | self.allows[role].below for role in (first, second)]
        for rule in self.separations:
            if rule.at == "unit" and not same_unit:
                continue
            for one, other in (held, held[::-1]):
                if rule.of in one and (rule.with_ == "anything" or rule.with_ in other):
                    return rule
        return None

    def asks_factor(self, roles: Iterable[str]) -> bool:
        return any(self.rules[role].factor for role in roles)

    def sleeps(self, roles: Iterable[str]) -> bool:
        """Whether somebody with these roles only reports: the account rests between periods."""
        held = list(roles)
        return bool(held) and all(self.rules[role].sleeps for role in held)

    def reads_sensitive(self, roles: Iterable[str]) -> bool:
        """Whether any of the roles shows figures of class C3, of the units where the engine lets it."""
        return not self._sensitive.isdisjoint(roles)

    @cached_property
    def _sensitive(self) -> frozenset[str]:
        """Asked for each cell of a list that is written out."""
        return frozenset(one.code for one in self.roles if any(SENSITIVE in self._needs(one.code, at) for at in WHERE))


def opened(row: Resource, role: str, where: Where) -> frozenset[str]:
    """The needs that a cell opens."""
    return frozenset(row.opens[act] for act in row.cells.get(role, {}).get(where, ""))


def read(path: Path = FILE) -> Matrix:
    """The matrix of a file; ValueError with the reason where it contradicts itself."""
    made = Matrix.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    for row, role, where, need in made.disagreements():
        raise ValueError(f"{row}: {role} lacks {need} ({where}), which another row gives")
    return made


MATRIX = read()
