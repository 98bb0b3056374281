"""What the dossier of a site's level, its procedure-and-risk file and its limits of access are made of: data
(dossier.yaml, limits.yaml), the register of processing, the matrix of rights, and what the site keeps now (`holding`).

Sources: NĐ 331/2026/NĐ-CP Điều 9, 10, 21, 22, 35; Luật 91/2025/QH15 Điều 19, 21; NĐ 356/2025/NĐ-CP Điều 4.2 (the last
two seen in secondary sources); LR-02, LR-05, LR-06, LR-09.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import Field, model_validator

from tienbo.catalogue.definitions import Shape, Text
from tienbo.ground.processing import processing_rows
from tienbo.project.holding import HOLDS
from tienbo.project.site import Site
from tienbo.units.rights import MATRIX

By = Literal["program", "owner", "both"]
Kept = Literal["kept", "not_kept", "owner"]
NOBODY = "nobody"


class Component(Shape):
    code: str
    zone: str
    name: Text


class Zone(Shape):
    code: str
    name: Text
    network: str


class Flow(Shape):
    from_: Text = Field(alias="from")
    to: str
    port: str


class Risk(Shape):
    """`likely`, `harm`: before measures, `left`: after them; 1 low, 2 middle, 3 high."""

    code: str
    likely: int = Field(ge=1, le=3)
    harm: int = Field(ge=1, le=3)
    left: int = Field(ge=1, le=3)
    name: Text
    measures: tuple[str, ...]


class Measure(Shape):
    code: str
    group: Text
    by: By
    said: Text
    holds: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


class Dossier(Shape):
    components: tuple[Component, ...]
    zones: tuple[Zone, ...]
    flows: tuple[Flow, ...]
    risks: tuple[Risk, ...]
    measures: tuple[Measure, ...]

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Dossier:
        known = {one.code for one in self.measures}
        if missing := {code for risk in self.risks for code in risk.measures} - known:
            raise ValueError(f"no measure is called {sorted(missing)[0]}")
        if missing := {one.zone for one in self.components} - {one.code for one in self.zones}:
            raise ValueError(f"no zone is called {sorted(missing)[0]}")
        if missing := {code for one in self.measures for code in one.holds} - set(HOLDS):
            raise ValueError(f"no check is called {sorted(missing)[0]}")
        if bare := [one.code for one in self.measures if one.by != "owner" and not one.tests]:
            raise ValueError(f"nothing proves {bare[0]}")
        return self


class Limit(Shape):
    room: str
    need: str
    why: Text


@cache
def dossier() -> Dossier:
    return Dossier.model_validate(_read("dossier.yaml"))


@cache
def limits() -> Mapping[str, Limit]:
    held = [Limit.model_validate(one) for one in _rooms()]
    return {one.room: one for one in held}


def _rooms() -> list[object]:
    held = _read("limits.yaml")["rooms"]
    return held if isinstance(held, list) else []


def _read(name: str) -> dict[str, object]:
    held: dict[str, object] = yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return held


def answers(site: Site) -> dict[str, Kept]:
    """Measure → whether the site keeps it now. What is the owner's alone is theirs to answer."""
    asked = {code: check(site) for code, check in HOLDS.items()}
    return {
        one.code: "owner" if one.by == "owner" else "kept" if all(asked[code] for code in one.holds) else "not_kept"
        for one in dossier().measures
    }


class Limited(NamedTuple):
    """A field of class C2 or C3 and who reads it."""

    room: str
    table: str
    field: str
    level: str
    roles: tuple[str, ...]
    why: Text


def limited_fields() -> Iterator[Limited]:
    """The rule for every restricted field; KeyError for a room that limits.yaml forgot."""
    for row in processing_rows():
        if row.level.value not in ("C2", "C3"):
            continue
        limit = limits()[row.room]
        roles = tuple(
            role
            for role, allows in MATRIX.allows.items()
            if limit.need != NOBODY
            and limit.need in allows.own | allows.below
            and (row.level.value != "C3" or limit.need != "view" or MATRIX.reads_sensitive([role]))
        )
        yield Limited(row.room, row.table, row.field, row.level.value, roles, limit.why)


class Counted(NamedTuple):
    """People whose data is kept, by sort; `sensitive`: what the law lists (a name and password to sign in is)."""

    sort: str
    people: int
    sensitive: bool


BOUNDS = (10_000, 100_000)
WARN = 0.8


def subjects_counted() -> list[Counted]:
    """Distinct people, by what is kept of them (LR-06)."""
    from tienbo.accounts.models import User
    from tienbo.posts.models import Holding
    from tienbo.protection.models import SubjectRequest

    return [
        Counted("accounts", User.objects.count(), True),
        Counted("published", Holding.objects.values("name", "sex", "birth_year").distinct().count(), False),
        Counted("requests", SubjectRequest.objects.values("subject").distinct().count(), False),
    ]


def bounds_near(counted: list[Counted]) -> list[tuple[str, int, int]]:
    """(basic or sensitive, people, bound) where people reach four fifths of a bound of the law."""
    sums = {"sensitive": sum(one.people for one in counted if one.sensitive), "all": sum(one.people for one in counted)}
    return [(name, people, bound) for name, people in sums.items() for bound in BOUNDS if people >= WARN * bound]


def classes_counted() -> dict[str, int]:
    """Class → fields of it, of every table."""
    return dict(sorted(Counter(row.level.value for row in processing_rows()).items()))
