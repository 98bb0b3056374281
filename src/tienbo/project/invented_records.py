"""What the demonstration's units wrote into their registers: invented, and data of the pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import PACKS, Edition
from tienbo.core.tree import is_kind
from tienbo.registers.models import Record
from tienbo.registers.rows import address, row_keys
from tienbo.registers.services import record_add, record_move
from tienbo.units.frames import tree_on, unit_names
from tienbo.units.models import Unit

FOLDER = PACKS / "vn" / "demonstration"


@dataclass(frozen=True)
class Keepers:
    """Whose registers are written: the province, a commune, another one, and departments and organisations by kind.
    `more` are two communes that records name."""

    province: Unit
    commune: Unit
    other: Unit
    more: tuple[Unit, Unit]
    on: date

    def unit(self, by: str) -> Unit:
        named = {"province": self.province, "commune": self.commune, "other": self.other}
        if by in named:
            return named[by]
        tree = tree_on(self.on)
        found = next(pk for pk in tree.subtree(self.province.pk) if is_kind(tree.kinds[pk], (by,)))
        return Unit.objects.get(pk=found)

    def named(self, text: str) -> Unit:
        """{commune}, {other}, or the first unit of a kind."""
        return self.unit(text.strip("{}"))

    def filled(self, text: str) -> str:
        names = unit_names(self.on)
        named = zip(("commune", "other", "third", "fourth"), (self.commune, self.other, *self.more), strict=True)
        for word, unit in named:
            text = text.replace(f"{{{word}}}", names[unit.pk])
        return text


def records_invent(*, edition: Edition, keepers: Keepers, actor: Actor) -> list[Record]:
    """Enter the invented records and take each where it stands. Refused where one breaks the rules of its register."""
    raw = yaml.safe_load((FOLDER / "records.yaml").read_text(encoding="utf-8"))
    made = []
    for one in raw["records"]:
        kind, today = edition.registers[one["register"]], keepers.on
        record = record_add(
            edition=edition,
            kind=kind,
            unit=keepers.unit(one["by"]),
            typed=_typed(one, keepers),
            actor=actor,
            looked_at=True,
            today=today,
        )
        for move in one.get("moves", ()):
            record = record_move(
                edition=edition, kind=kind, record=record, seen=record.version, move=move, actor=actor, today=today
            )
        made.append(record)
    return made


def _typed(one: Mapping[str, Any], keepers: Keepers) -> dict[str, str]:
    """Address → what is typed."""
    typed = {code: keepers.filled(text) for code, text in one.get("said", {}).items()}
    for field, rows in one.get("rows", {}).items():
        for key, row in zip(row_keys(len(rows)), rows, strict=True):
            typed |= {address(field, key, column): keepers.filled(text) for column, text in row.items()}
    return typed
