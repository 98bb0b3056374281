"""Counts of a unit as a workbook: a line a count, handed out, filled in, taken in, handed back with its faults.

It is the workbook of registers, as that of posts is. What a line says otherwise than before is a correction; all of it
is taken, or nothing. There is no column for a person: a line is a number of persons.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import RecordState, RegisterKind, Text
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.ground.keys import new_key
from tienbo.papers.workbook.register import BookLine, BookRead, LineRead, register_read, register_write
from tienbo.posts.counts import DIMENSIONS, Coord, Written, counts_tell, groups_of
from tienbo.posts.models import PostCount
from tienbo.posts.services import Attested
from tienbo.posts.told import CORRECTED, Read, told_withdraw
from tienbo.processes.post_books import book_field
from tienbo.registers.saying import data_check, data_read
from tienbo.units.models import Unit
from tienbo.units.queries import unit_keyed
from tienbo.units.services import unit_label

CODE = "counts"
BLANKS = 150
TOLD = "told"
Choices = tuple[tuple[str, str, str], ...]

worded(
    {
        "count_book.twice": N_("The same count stands in another line too ({place}). One line is enough."),
        "count_book.not_divided": N_("Counts of “{group}” are not divided by this; blank the cell."),
    }
)


@lru_cache(maxsize=16)
def count_kind(groups: Choices, parts: tuple[tuple[str, str, str, Choices], ...]) -> RegisterKind:
    """The columns of the workbook. `groups`: code, Vietnamese, English; `parts`: breakdown, its names, its members."""

    def choices(held: Choices) -> dict[str, object]:
        return {code: {"vi": vi, "en": en} for code, vi, en in held}

    field, name = book_field, Text(vi="Số lượng theo nhóm", en="Counts by group")
    return RegisterKind(
        code=CODE,
        name=name,
        record_name=Text(vi="số lượng", en="count"),
        kept_by=("unit",),
        counted_in="person",
        fields=(
            field("group", "Nhóm", "Group", kind="choice", choices=choices(groups), required=True),
            field("day", "Tính đến ngày", "As of the day", kind="date", required=True),
            *(field(code, vi, en, kind="choice", choices=choices(members)) for code, vi, en, members in parts),
            field("persons", "Số người", "Persons", kind="count", measure="person", required=True),
            field("source", "Nguồn", "Source", required=True),
            field("published_on", "Ngày của nguồn", "Day of the source", kind="date"),
            field("attested_by", "Người xác nhận không thuộc BMNN", "Who confirmed: no state secret"),
            field("attested_number", "Số văn bản xác nhận", "Number of the confirming document"),
            field("attested_on", "Ngày văn bản xác nhận", "Day of the confirming document", kind="date"),
        ),
        title="group",
        occurred="day",
        states=(RecordState(code=TOLD, name=Text(vi="đã ghi", en="told")),),
        columns=("group",),
        search=("source",),
        section=CODE,
        cites=(CODE,),
    )


def counts_kind(unit: Unit, edition: Edition, on: date, only: Collection[str] | None = None) -> RegisterKind:
    """The workbook of the groups that a unit tells; of those of them that somebody may tell (`only`)."""
    told = [one for one in groups_of(unit, on, edition) if only is None or one.code in only]
    groups = tuple((one.code, one.name.vi, one.name.en) for one in told)
    parts = tuple(
        (name, held.name.vi, held.name.en, tuple((code, text.vi, text.en) for code, text in held.members.items()))
        for name in DIMENSIONS
        for held in [edition.post_breakdowns[name]]
    )
    return count_kind(groups, parts)


def counts_book_write(
    where: str | Path | IO[bytes],
    *,
    unit: Unit,
    edition: Edition,
    seal: bytes,
    only: Collection[str] | None = None,
    illustrative: bool = False,
    lang: str = "vi",
) -> int:
    """Write the workbook of a unit: every count that stands, then blank lines. Returns how many lines are filled in."""
    today = timezone.localdate()
    kind = counts_kind(unit, edition, today, only)
    known = set(kind.by_code["group"].choices)
    rows = PostCount.objects.filter(unit=unit, standing=1, group__in=known).order_by("group", "-day", "pk")
    lines = [BookLine(one.key, 1, TOLD, _said(one)) for one in rows]
    filled = len(lines)
    register_write(
        where,
        kind=kind,
        unit=unit.key,
        unit_name=unit_label(unit, today if unit.span.contains(today) else unit.valid_from),
        about=_("on {day}").format(day=day_words(today)),
        book=new_key("book"),
        seal=seal,
        lines=[*lines, *(BookLine(new_key("count")) for _number in range(BLANKS))],
        illustrative=illustrative,
        lang=lang,
    )
    return filled


def counts_book_read(
    data: bytes, *, name: str, edition: Edition, seal: bytes, unit: Unit, only: Collection[str] | None = None
) -> BookRead:
    """What a workbook says. Refused with every fault of the file."""
    read = register_read(
        data,
        name=name,
        kinds={CODE: counts_kind(unit, edition, timezone.localdate(), only)},
        seal=seal,
        register=CODE,
        unit=unit.key,
        unit_name=str(unit),
    )
    if read.faults or unit_keyed(read.unit) is None:
        raise Refused(*(read.faults or [Fault("register_book.no_unit", name)]))
    return read


class _Whole(NamedTuple):
    """What a source says of a group on a day: what is told together."""

    group: str
    day: date
    read: Read
    attested: Attested | None


@transaction.atomic
def counts_book_take(
    *, read: BookRead, unit: Unit, actor: Actor, edition: Edition, only: Collection[str] | None = None
) -> Written:
    """Take a workbook in, whole. Refused with the faults of every line, each in its cell."""
    kind, faults = counts_kind(unit, edition, timezone.localdate(), only), list[Fault]()
    wholes: dict[_Whole, dict[Coord, tuple[int, LineRead]]] = defaultdict(dict)
    handed = {one.key: one for one in PostCount.objects.filter(unit=unit, key__in=[line.key for line in read.lines])}
    done = Written()
    for line in read.lines:
        if not line.is_blank:
            wrong = _line(line, kind, edition, actor, handed.get(line.key), wholes, done)
            faults += [replace(one, place=line.placed(str(one.fields.get("field", "")))) for one in wrong]
    for whole, held in wholes.items():
        first = next(iter(held.values()))[1]
        try:
            with transaction.atomic():
                made = counts_tell(
                    unit=unit,
                    group=whole.group,
                    day=whole.day,
                    cells={at: persons for at, (persons, _line) in held.items()},
                    read=whole.read,
                    attested=whole.attested,
                    actor=actor,
                    edition=edition,
                )
            done = Written(*(getattr(done, name) + getattr(made, name) for name in ("added", "corrected", "untouched")))
        except Refused as refused:
            for one in refused.faults:
                at = one.fields.get("coord")
                line = held[at][1] if isinstance(at, Coord) and at in held else first
                faults.append(replace(one, place=line.placed("persons")))
    if faults:
        raise Refused(*faults)
    return done


def _line(
    line: LineRead,
    kind: RegisterKind,
    edition: Edition,
    actor: Actor,
    before: PostCount | None,
    wholes: dict[_Whole, dict[Coord, tuple[int, LineRead]]],
    done: Written,
) -> list[Fault]:
    """Put what a line says to what is told together with it; its faults. `before`: the count it was handed out with."""
    data, wrong = data_read(kind, line.typed)
    unread = frozenset(str(one.fields.get("field", "")) for one in wrong)
    wrong += data_check(kind, data, TOLD, today=timezone.localdate(), unread=unread)
    wrong += [] if wrong else _line_faults(data, edition)
    if wrong:
        return wrong
    if before is not None:
        if _said(before) == data:
            done.untouched += 1
            return []
        if before.standing is None:
            return list(_handed_faults(before))
        if _place(before) != (data["group"], data["day"], data["source"], _coord(data)):
            told_withdraw(before, why=CORRECTED, actor=actor)  # it is told in another place
    held, coord = wholes[_whole(data)], _coord(data)
    if coord in held:
        return [Fault("count_book.twice", "", {"field": "persons", "place": held[coord][1].placed("")})]
    held[coord] = (int(data["persons"]), line)
    return []


def _line_faults(data: Mapping[str, str], edition: Edition) -> Iterator[Fault]:
    """What one field of a line asks of another."""
    group = edition.count_groups[data["group"]]
    for name in DIMENSIONS:
        if data.get(name) and name not in group.by:
            yield Fault("count_book.not_divided", "", {"field": name, "group": group.name})
    if group.is_planning:
        missing = [name for name in ("attested_by", "attested_number", "attested_on") if not data.get(name)]
        if missing:
            yield Fault("posts.not_attested", "", {"field": missing[0]})


def _handed_faults(before: PostCount) -> Iterator[Fault]:
    """A line that was changed, of a count that somebody wrote otherwise after the workbook was made."""
    now = before
    while (after := PostCount.objects.filter(replaces=now).first()) is not None:
        now = after
    fields = {"field": "persons", "by": now.told_by, "theirs": now.persons}
    yield Fault("post_book.changed_meanwhile", "", fields)


def _coord(data: Mapping[str, str]) -> Coord:
    return Coord(*(data.get(name, "") for name in DIMENSIONS))


def _place(one: PostCount) -> tuple[str, str, str, Coord]:
    return one.group, str(one.day), one.source, Coord(one.sex, one.age, one.ethnicity, one.education)


def _whole(data: Mapping[str, str]) -> _Whole:
    def day(name: str) -> date | None:
        return date.fromisoformat(data[name]) if data.get(name) else None

    attested = None
    if data.get("attested_by"):
        attested = Attested(data["attested_by"], data.get("attested_number", ""), day("attested_on"))
    return _Whole(data["group"], date.fromisoformat(data["day"]), Read(data["source"], day("published_on")), attested)


def _said(one: PostCount) -> dict[str, str]:
    said = {name: str(getattr(one, name) or "") for name in ("published_on", "attested_by", "attested_number")}
    said |= {name: getattr(one, name) for name in ("group", *DIMENSIONS, "source")}
    said |= {"day": str(one.day), "persons": str(one.persons), "attested_on": str(one.attested_on or "")}
    return {name: text for name, text in said.items() if text}
