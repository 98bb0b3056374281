"""A small world for tests of pages: two provinces that must not see each other, a person in every seat.

Every figure of the other province, and every name of its units, is a canary: it must never reach anybody of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Content, Figure, facts, layout
from tienbo.collection.manifest import Said, Stores, segment_write
from tienbo.collection.services import Incoming, campaign_open, returns_take
from tienbo.core.periods import Period
from tienbo.engine.rows import rows_of
from tienbo.units.models import Role, Unit, UnitPoint
from tienbo.units.services import grant_give, unit_create
from tienbo.units.versions import units_touch

PERIOD, BEFORE = Period(2026, 1), Period(2025, 2)
BEGAN = date(2025, 7, 1)
FAR = date(2099, 1, 1)
"""Until when grants of this world last: those of inspectors and partners would lapse after a month."""
PASSWORD = "mat-khau-cua-thu-nghiem"
CANARY_NAME = "Xã Chim Yến"
CANARY = 73_501
"""Larger than any other figure, and every figure of the other province is one of this run of numbers."""

KINDS = {"commune": "xã", "department": "sở"}


@dataclass
class World:
    """What was built. `users`: "office", "preparer" … of the first province; "other_…" of the second."""

    stores: Stores
    nation: Unit
    province: Unit
    other: Unit
    communes: list[Unit]
    other_communes: list[Unit]
    department: Unit
    users: dict[str, User] = field(default_factory=dict)

    @property
    def units(self) -> Mapping[str, Unit]:
        return {
            "own": self.province,
            "child": self.communes[0],
            "sibling": self.communes[1],
            "other_province": self.other,
            "other_child": self.other_communes[0],
        }


def build(stores: Stores) -> World:
    """Two provinces under one nation, returns of the communes of both in two half-years, accepted."""
    nation = unit_create(kind="nation", name="Việt Nam", begins=BEGAN)
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=BEGAN, parent=nation)
    other = unit_create(kind="province", name="Tỉnh Chim Yến", begins=BEGAN, parent=nation)
    communes = [
        unit_create(kind="commune", name=name, begins=BEGAN, parent=province)
        for name in ("Xã Đồng Tâm", "Xã Hòa Lạc", "Phường Bến Thóc")
    ]
    department = unit_create(kind="department.home_affairs", name="Sở Nội vụ", begins=BEGAN, parent=province)
    others = [unit_create(kind="commune", name=f"{CANARY_NAME} {n}", begins=BEGAN, parent=other) for n in "AB"]
    world = World(stores, nation, province, other, communes, others, department)
    for index, period in enumerate((BEFORE, PERIOD)):
        for number, unit in enumerate(communes[: 2 + index]):
            say(world, province, unit, period, start=10 + 7 * number + 3 * index)
        for unit in others:
            say(world, other, unit, period, start=CANARY)
    _people(world)
    return world


def say(
    world: World,
    root: Unit,
    unit: Unit,
    period: Period,
    *,
    start: int,
    accept: bool = True,
    hidden: Mapping[str, int] | None = None,
) -> None:
    """A return of a unit in which every whole is `start` and every part of it smaller; an element of `hidden` has its
    own whole."""
    edition = load("vn")
    form = edition.form_for(unit.kind, period)
    assert form is not None
    shape = layout(edition, form.code, period)
    figures = {}
    for address, slot in shape.slots.items():
        depth = len(slot.column.members) + slot.line.indent
        whole = (hidden or {}).get(slot.element.code, start)
        value = 1 if slot.line.answer == "yes_no" else whole - min(depth, whole)
        figures[address] = Figure(Decimal(value), "exact", f"{shape.sheet_of[slot.block.code]}!D9")
    texts = dict.fromkeys(shape.texts, f"Nội dung của {unit.key[-6:]}")
    content = Content(form.code, fingerprint(edition), unit.key, period, figures=figures, texts=texts)
    campaign = campaign_open(root=root, period=period, edition=edition)
    actor = operator("thử nghiệm")
    (taken,) = returns_take(incoming=[Incoming(campaign, unit, content)], actor=actor, accept=accept)
    rows = rows_of(facts(edition, content))
    segment_write(
        store=world.stores.facts, said=[Said(taken.revision.pk, unit.pk, unit.kind, period, edition, None, rows)]
    )


def points_give(world: World, source: str = "thử", start: int = 0) -> None:
    """A point for every commune of both provinces."""
    for at, unit in enumerate([*world.communes, *world.other_communes], start):
        UnitPoint.objects.create(unit=unit, latitude=Decimal(at) / 10, longitude=Decimal(at) / 20, source=source)
    units_touch()


def _people(world: World) -> None:
    seats = {
        "office": (world.province, Role.OFFICE),
        "chair": (world.province, Role.CHAIR),
        "inspector": (world.province, Role.INSPECTOR),
        "administrator": (world.province, Role.ADMINISTRATOR),
        "partner": (world.province, Role.PARTNER),
        "elections": (world.province, Role.ELECTIONS),
        "preparer": (world.communes[0], Role.PREPARER),
        "head": (world.communes[0], Role.HEAD),
        "department": (world.department, Role.PREPARER),
        "other_office": (world.other, Role.OFFICE),
        "other_preparer": (world.other_communes[0], Role.PREPARER),
        "agency": (world.nation, Role.OFFICE),
    }
    for name, (unit, role) in seats.items():
        user = User.objects.create_user(name, f"Người giữ ghế {name}", PASSWORD)
        grant_give(user=user, unit=unit, role=role, begins=BEGAN, ends=FAR)
        world.users[name] = user
    world.users["nobody"] = User.objects.create_user("nobody", "Người chưa có đơn vị", PASSWORD)


def office_settings(folder: Path, home: str) -> object:
    """Settings of an office in a folder, for tests."""
    from tienbo.web.configuration import OfficeSettings

    for name in ("files", "facts", "out"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return OfficeSettings(
        name="Ban Vì sự tiến bộ của phụ nữ tỉnh Vĩnh An",
        files=folder / "files",
        facts=folder / "facts",
        out=folder / "out",
        pack="vn",
        home_unit=home,
        seal=b"con-dau-cua-thu-nghiem-khong-dung-o-dau-khac",
        signing="ban",
        place="Vĩnh An",
        illustrative=True,
    )
