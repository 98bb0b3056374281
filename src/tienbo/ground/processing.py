"""The register of processing: for every stored field its purpose, its legal basis, its class and how long it is kept.

Classes stand beside the fields (`ground.fields`); the rest stands in one table for each room, `processing.yaml`, by
group of tables. `rest: true` marks the group of whatever a room adds; a room without a file, a table without a group
and a name that is no table's are faults of the check. Tables of others that we keep data in (sessions, second factors)
stand in the table of accounts, with a class for each field.

Source: Luật 91/2025/QH15 Điều 3, 19; LR-01 of the security design. What was not seen in its text is marked.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from django.apps import AppConfig, apps
from django.db.models import Model
from pydantic import Field

from tienbo.catalogue.definitions import Sensitivity, Shape, Text
from tienbo.ground.fields import field_class, unclassified

FILE = "processing.yaml"


class Said(Shape):
    """A basis or a time, and how far its text was seen."""

    code: str
    text: Text
    seen: Literal["confirmed", "partly", "secondary", "unconfirmed", "proposed"]


class Term(Said):
    """How long something is kept. `after`: "24m" or "30d" from what ends the need for it; None: nothing goes by itself.
    `least`: what an office may not go below. `asked`: what holds for one person who asks to have their data deleted;
    None: where nothing of it is one person's."""

    after: str | None = None
    least: str = "0d"
    asked: str | None = None


def term_day(text: str, today: date) -> date:
    """The day a term of "24m" or "30d" ago; ValueError for what is none."""
    found = re.fullmatch(r"(\d{1,4})([dm])", text)
    if found is None:
        raise ValueError(text)
    count = int(found[1])
    if found[2] == "d":
        return today - timedelta(days=count)
    year, month = divmod(today.year * 12 + today.month - 1 - count, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


class People(Shape):
    """Which fields are about people, and which people."""

    fields: tuple[str, ...]
    endings: tuple[str, ...]
    of: Text
    exceptions: tuple[str, ...] = Field(default=(), alias="except")


class Common(Shape):
    bases: tuple[Said, ...]
    retentions: tuple[Term, ...]
    people: People


class Group(Shape):
    """Tables that are kept for one purpose. `rest`: those the room names in no group too."""

    tables: tuple[str, ...] = ()
    rest: bool = False
    purpose: Text
    basis: str
    retention: str
    about: Text | None = None
    """Whom the `fields` of its tables are about, where others than those who use the system."""
    fields: tuple[str, ...] = ()


class Foreign(Shape):
    """A table of a library: its label, the group's own words, and fields by class."""

    table: str
    purpose: Text
    basis: str
    retention: str
    classes: Mapping[Sensitivity, str]


class Room(Shape):
    groups: tuple[Group, ...]
    foreign: tuple[Foreign, ...] = ()


class Row(NamedTuple):
    """One field as the register shows it."""

    room: str
    table: str
    field: str
    level: Sensitivity
    purpose: Text
    basis: Said
    retention: Term
    about: Text | None
    """Whose personal data it is; None for a field that says nothing of anybody."""


@cache
def common() -> Common:
    return Common.model_validate(yaml.safe_load((Path(__file__).parent / FILE).read_text(encoding="utf-8")))


def room_of(config: AppConfig) -> Room | None:
    path = Path(config.path) / FILE
    if config.label == "ground":
        path = Path(config.path) / "processing_here.yaml"
    return Room.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.is_file() else None


def own_rooms() -> Iterator[AppConfig]:
    """The rooms of this house that keep tables."""
    yield from (one for one in apps.get_app_configs() if one.name.startswith("tienbo.") and list(one.get_models()))


def processing_faults() -> Iterator[str]:
    """What is missing from the register, or says what is not there."""
    known = {one.code for one in (*common().bases, *common().retentions)}
    told: set[str] = set()
    for config in own_rooms():
        room = room_of(config)
        if room is None:
            yield f"{config.label} has no {FILE}"
            continue
        tables = {model.__name__ for model in config.get_models()}
        named = [name for group in room.groups for name in group.tables]
        yield from (f"{config.label}.{name} is no table" for name in sorted(set(named) - tables))
        yield from (
            f"{config.label}.{name} stands in two groups" for name in sorted(set(named)) if named.count(name) > 1
        )
        if not any(group.rest for group in room.groups):
            yield from (f"{config.label}.{name} has no purpose" for name in sorted(tables - set(named)))
        said: tuple[Group | Foreign, ...] = (*room.groups, *room.foreign)
        codes = {code for one in said for code in (one.basis, one.retention)}
        yield from (f"{config.label}: no basis or time is called {code}" for code in sorted(codes - known))
        told |= {one.table for one in room.foreign}
        yield from _foreign_faults(room)
    others = {model._meta.label for model in apps.get_models() if not model.__module__.startswith("tienbo.")}
    yield from (f"{name} has no purpose" for name in sorted(others - told))


def _foreign_faults(room: Room) -> Iterator[str]:
    for one in room.foreign:
        model = apps.get_model(one.table)
        held = [name for names in one.classes.values() for name in names.split()]
        fields = {field.name for field in (*model._meta.fields, *model._meta.many_to_many)} - {"id"}
        yield from (f"{one.table}.{name} has no class" for name in sorted(fields - set(held)))
        yield from (f"{one.table}.{name} is no field" for name in sorted(set(held) - fields))


def processing_rows() -> Iterator[Row]:
    """Every stored field, by room and table. What the check finds missing is missing here too."""
    bases = {one.code: one for one in common().bases}
    times = {one.code: one for one in common().retentions}
    for config in own_rooms():
        room = room_of(config)
        if room is None:
            continue
        for model in config.get_models():
            group = _group(room, model.__name__)
            if group is None or list(unclassified(model)):
                continue
            for field in (*model._meta.fields, *model._meta.many_to_many):
                level = field_class(model, field.name)
                said = (bases[group.basis], times[group.retention])
                about = group.about if field.name in group.fields else _about(config.label, model, field.name)
                yield Row(config.label, model.__name__, field.name, level, group.purpose, *said, about)
        for one in room.foreign:
            model = apps.get_model(one.table)
            for level, names in one.classes.items():
                for name in names.split():
                    said = (bases[one.basis], times[one.retention])
                    about = _about(model._meta.app_label, model, name)
                    yield Row(model._meta.app_label, model.__name__, name, level, one.purpose, *said, about)


def _group(room: Room, table: str) -> Group | None:
    named = (group for group in room.groups if table in group.tables)
    return next(named, None) or next((group for group in room.groups if group.rest), None)


def _about(label: str, model: type[Model], field: str) -> Text | None:
    people = common().people
    if f"{label}.{model.__name__}.{field}" in people.exceptions:
        return None
    return people.of if field in people.fields or field.endswith(people.endings) else None
