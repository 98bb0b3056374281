"""A province of three communes and a department, with returns that go out and come back as real workbooks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.catalogue.edition import make

from tienbo.accounts.actors import Actor, operator
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, Figure, Row
from tienbo.collection.editions import edition_of
from tienbo.collection.intake import Intake, files_receive
from tienbo.collection.manifest import Stores, fact_set, series_of
from tienbo.collection.models import Campaign, Return
from tienbo.collection.services import campaign_open
from tienbo.core.periods import Period
from tienbo.engine.engines import engine
from tienbo.engine.facts import EMPTY, FactStore
from tienbo.engine.rows import ORIGINS, QUALIFIERS
from tienbo.ground.files import FileStore
from tienbo.papers.workbook import UnitHeader, workbook_write
from tienbo.units.models import Unit
from tienbo.units.services import unit_create

SEAL = b"the seal of a site for tests only"
H2, H1 = Period.parse("2025-H2"), Period.parse("2026-H1")


@cache
def edition() -> Edition:
    return make()


@dataclass
class House:
    """A site without a door: its units, folders and definitions, and what people do with it."""

    folder: Path
    root: Unit
    units: Mapping[str, Unit]
    edition: Edition
    actor: Actor = field(default_factory=lambda: operator("tester"))

    def __post_init__(self) -> None:
        self.stores = Stores(FileStore(self.folder / "files"), FactStore(self.folder / "facts"))
        self.sent = 0

    def campaign(self, period: Period = H1) -> Campaign:
        return campaign_open(root=self.root, period=period, edition=self.edition)

    def content(self, unit: str, period: Period = H1, /, **said: Any) -> Content:
        """A return of a unit: figures as numbers or Figure by address, with "__" for ":" (staff__total=40)."""
        figures = {
            address.replace("__", ":"): value if isinstance(value, Figure) else Figure(Decimal(value))
            for address, value in said.items()
            if "__" in address
        }
        form = "department" if unit == "Sở Nội vụ" else "commune"
        more = {name: value for name, value in said.items() if "__" not in name}
        key = self.units[unit].key
        return Content(form=form, edition=fingerprint(self.edition), unit=key, period=period, figures=figures, **more)

    def book(self, unit: str, period: Period = H1, /, *, before: Content | None = None, **said: Any) -> Path:
        """The workbook of a unit, filled in, under a name of its own."""
        self.campaign(period)
        content = self.content(unit, period, **said)
        self.sent += 1
        path = self.folder / f"{self.sent:03d}.xlsx"
        header = UnitHeader(content.unit, unit, "", "")
        made = edition_of(content.edition)
        workbook_write(
            path, edition=made, form=content.form, period=period, unit=header, seal=SEAL, before=before, content=content
        )
        return path

    def receive(self, *paths: Path, accept: bool = False, **more: Any) -> list[Intake]:
        return files_receive(
            paths=paths,
            root=self.root,
            edition=self.edition,
            stores=self.stores,
            seal=SEAL,
            actor=self.actor,
            accept=accept,
            **more,
        )

    def send(self, unit: str, period: Period = H1, /, *, accept: bool = False, **said: Any) -> Intake:
        """A workbook filled in and received."""
        (result,) = self.receive(self.book(unit, period, **said), accept=accept)
        return result

    def of(self, unit: str, period: Period = H1) -> Return:
        return Return.objects.get(unit=self.units[unit], campaign__period_code=period.code)

    def said(self, basis: Any = "accepted", period: Period = H1) -> dict[tuple[str, str], Any]:
        """(unit, series) → value, of the facts that count at a basis; a series that stands twice fails."""
        return {key: value for key, (value, _qualifier, _origin) in self.facts(basis, period).items()}

    def facts(self, basis: Any = "accepted", period: Period = H1) -> dict[tuple[str, str], tuple[Any, str, str]]:
        """(unit, series) → (value, qualifier, origin)."""
        held = fact_set(self.stores.facts, basis)
        sql = f"SELECT unit, measure, period, value, qualifier, origin, revision FROM {held.source()}"
        rows = [row for row in engine().rows(sql, empty_facts=EMPTY) if row[6] not in held.excluded]
        names = {unit.pk: name for name, unit in self.units.items()}
        series = series_of(row[1] for row in rows)
        found: dict[tuple[str, str], tuple[Any, str, str]] = {}
        for unit, measure, index, value, qualifier, origin, _revision in rows:
            if index != period.index:
                continue
            key = (names[unit], series[measure])
            assert key not in found, f"{key} counts twice"
            found[key] = (value, QUALIFIERS[qualifier], ORIGINS[origin])
        return found


def codes(result: Intake) -> list[str]:
    """Codes of the errors of a file."""
    return [fault.code for fault in result.faults if fault.level.value == "error"]


def row(key: str, name: str, **figures: int) -> Row:
    return Row(key, name, {code: Figure(Decimal(value)) for code, value in figures.items()})


def again(content: Content, **changes: Any) -> Content:
    return dataclasses.replace(content, **changes)


@pytest.fixture
def house(db: None, tmp_path: Path) -> House:
    begins = date(2014, 1, 1)
    root = unit_create(kind="province", name="Tỉnh Sông Mây", begins=begins)
    communes = ("Xã An Bình", "Xã Bình Minh", "Phường Cẩm Tú")
    units = {name: unit_create(kind="commune", name=name, begins=begins, parent=root) for name in communes}
    units["Sở Nội vụ"] = unit_create(kind="department", name="Sở Nội vụ", begins=begins, parent=root)
    return House(tmp_path, root, units, edition())
