"""Posts of a unit and who holds them as a workbook: handed out, filled in, taken in, handed back with its faults.

It is the workbook of registers (`papers.workbook.register`): a line a holding, its key hidden before it, so that a line
that nobody touched does nothing and the same file twice has one effect. A line that was changed is a correction: the
old row is withdrawn and stays. All of it is taken, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import RecordState, RegisterField, RegisterKind, Text
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.ground.keys import is_key, new_key
from tienbo.papers.workbook.register import BookLine, BookRead, LineRead, register_read, register_write
from tienbo.posts.models import Holding, Post
from tienbo.posts.services import holding_tell, post_hold, titles_for, told_end
from tienbo.posts.told import Read, told_withdraw
from tienbo.registers.saying import data_check, data_read
from tienbo.units.models import Unit
from tienbo.units.queries import unit_keyed
from tienbo.units.services import unit_label

CODE = "posts"
BLANKS = 60
TOLD = "told"

worded(
    {
        "post_book.unknown_line": N_("The hidden key of this line was changed. Copy what it says into a blank line."),
        "post_book.changed_meanwhile": N_(
            "{by} wrote “{theirs}” here after the workbook was made. Take the workbook anew, then change it."
        ),
        "post_book.is_no_title": N_("“{title}” is no title that this unit has on {day}."),
        "post_book.emptied": N_("Nothing is taken out by blanking it. Withdraw the row on the page, with the reason."),
    }
)


@dataclass(slots=True)
class PostsTaken:
    """What a workbook did."""

    added: int = 0
    corrected: int = 0
    ended: int = 0
    untouched: int = 0


def book_field(code: str, vi: str, en: str, **more: object) -> RegisterField:
    """A column of a workbook that is no register of the pack."""
    return RegisterField.model_validate({"code": code, "label": {"vi": vi, "en": en}, **more})


@lru_cache(maxsize=4)
def book_kind(titles: tuple[tuple[str, str, str], ...]) -> RegisterKind:
    """The columns of the workbook. `titles`: code, Vietnamese, English. The words are part of the file's format."""
    field = book_field
    choices = {code: {"vi": vi, "en": en} for code, vi, en in titles}
    sexes = {"f": {"vi": "Nữ", "en": "Female"}, "m": {"vi": "Nam", "en": "Male"}}
    name = Text(vi="Chức vụ và người giữ", en="Posts and who holds them")
    return RegisterKind(
        code=CODE,
        name=name,
        record_name=Text(vi="người giữ chức vụ", en="holder"),
        kept_by=("unit",),
        counted_in="person",
        fields=(
            field("title", "Chức danh", "Title", kind="choice", choices=choices, required=True),
            field("number", "Số thứ tự", "Number", kind="count", measure="person"),
            field("name", "Họ và tên", "Full name"),
            field("sex", "Giới tính", "Sex", kind="choice", choices=sexes),
            field("birth_year", "Năm sinh (như đã công bố)", "Year of birth (as published)"),
            field("begins", "Từ ngày", "From", kind="date", required=True),
            field("last_day", "Đến hết ngày", "To the end of", kind="date", not_before="begins"),
            field("source", "Nguồn", "Source", required=True),
            field("published_on", "Ngày của nguồn", "Day of the source", kind="date"),
        ),
        title="title",
        occurred="begins",
        states=(RecordState(code=TOLD, name=Text(vi="đã ghi", en="told")),),
        columns=("title",),
        search=("name",),
        section=CODE,
        cites=(CODE,),
    )


def posts_kind(edition: Edition) -> RegisterKind:
    """The workbook of the titles an edition has."""
    return book_kind(tuple((one.code, one.name.vi, one.name.en) for one in edition.post_titles.values()))


def posts_book_write(
    where: str | Path | IO[bytes],
    *,
    unit: Unit,
    edition: Edition,
    seal: bytes,
    illustrative: bool = False,
    lang: str = "vi",
) -> int:
    """Write the workbook of a unit: who holds and held its posts, the posts of which no holder is told, blank lines.
    Returns how many lines are filled in."""
    lines = [
        BookLine(one.key, 1, TOLD, _said(one))
        for one in Holding.objects.filter(post__unit=unit, standing=1).select_related("post").order_by("valid_from")
    ]
    empty = Post.objects.filter(unit=unit, standing=1).exclude(holdings__standing=1).order_by("valid_from", "pk")
    lines += [BookLine(one.key, 1, TOLD, _said_of_post(one)) for one in empty]
    filled = len(lines)
    lines += [BookLine(new_key("holding")) for _number in range(BLANKS)]
    today = timezone.localdate()
    register_write(
        where,
        kind=posts_kind(edition),
        unit=unit.key,
        unit_name=unit_label(unit, today if unit.span.contains(today) else unit.valid_from),
        about=_("on {day}").format(day=day_words(today)),
        book=new_key("book"),
        seal=seal,
        lines=lines,
        illustrative=illustrative,
        lang=lang,
    )
    return filled


def posts_book_read(
    data: bytes, *, name: str, edition: Edition, seal: bytes, unit: Unit | None = None
) -> tuple[BookRead, Unit]:
    """What a workbook says and whose it is. Refused with every fault of the file."""
    kinds = {CODE: posts_kind(edition)}
    read = register_read(
        data, name=name, kinds=kinds, seal=seal, register=CODE, unit=unit.key if unit else "", unit_name=str(unit or "")
    )
    found = unit or unit_keyed(read.unit)
    if read.faults or found is None:
        raise Refused(*(read.faults or [Fault("register_book.no_unit", name)]))
    return read, found


@transaction.atomic
def posts_book_take(*, read: BookRead, unit: Unit, actor: Actor, edition: Edition) -> PostsTaken:
    """Take a workbook in, whole. Refused with the faults of every line, each in its cell."""
    Unit.objects.select_for_update().get(pk=unit.pk)
    kind, made, faults = posts_kind(edition), PostsTaken(), list[Fault]()
    taking = _Taking(unit, actor, edition, made)
    for line in read.lines:
        if line.is_blank:
            continue
        data, wrong = data_read(kind, line.typed)
        unread = frozenset(str(one.fields.get("field", "")) for one in wrong)
        wrong += data_check(kind, data, TOLD, today=timezone.localdate(), unread=unread)
        wrong += _more(data)
        if not wrong:
            try:
                with transaction.atomic():
                    taking.line(line, {"number": "1", **data})
            except Refused as refused:
                wrong += refused.faults
        faults += [replace(one, place=line.placed(str(one.fields.get("field", "")))) for one in wrong]
    if faults:
        raise Refused(*faults)
    return made


def _more(data: Mapping[str, str]) -> Iterator[Fault]:
    """What one field asks of another: of a name its sex; a year is a year."""
    if data.get("name") and not data.get("sex"):
        yield Fault("posts.no_sex", "", {"field": "sex"})
    year = data.get("birth_year", "")
    if year and not (year.isascii() and year.isdecimal() and 1900 <= int(year) <= 2100):
        yield Fault("record.not_a_number", "", {"field": "birth_year", "text": year[:20]})


@dataclass(frozen=True)
class _Taking:
    """A workbook of a unit being taken, line by line."""

    unit: Unit
    actor: Actor
    edition: Edition
    made: PostsTaken

    def line(self, line: LineRead, data: Mapping[str, str]) -> None:
        """Do what a line says. `data` is in the one spelling."""
        had = Holding.objects.filter(key=line.key, post__unit=self.unit).select_related("post").first()
        if had is not None:
            self._told(had, data)
            return
        post = Post.objects.filter(key=line.key, unit=self.unit).first()
        if post is not None and self._there(post, data):
            self.made.untouched += 1
            return
        if post is None and (line.version or not is_key(line.key, "holding")):
            raise Refused(Fault("post_book.unknown_line"))
        self._new("" if post is not None else line.key, data)

    def _there(self, post: Post, data: Mapping[str, str]) -> bool:
        """Whether what the line of a post without a holder says is written already."""
        if not data.get("name"):
            return _said_of_post(post) == dict(data)
        return any(_said(one) == dict(data) for one in post.holdings.filter(standing=1).select_related("post"))

    def _new(self, key: str, data: Mapping[str, str]) -> None:
        begins = date.fromisoformat(data["begins"])
        if data["title"] not in {one.code for one in titles_for(self.unit, begins, edition=self.edition)}:
            fields = {"field": "title", "title": self.edition.post_titles[data["title"]].name, "day": begins}
            raise Refused(Fault("post_book.is_no_title", "", fields))
        post_hold(
            unit=self.unit,
            title=data["title"],
            number=int(data["number"]),
            begins=begins,
            ends=_ends(data),
            name=data.get("name", ""),
            sex=data.get("sex", ""),
            birth_year=int(data["birth_year"]) if data.get("birth_year") else None,
            read=_read(data),
            actor=self.actor,
            edition=self.edition,
            key=key,
        )
        self.made.added += 1

    def _told(self, had: Holding, data: Mapping[str, str]) -> None:
        """A line of a holding: nothing, an end, or a correction of it. What somebody else wrote since is not undone."""
        now = had
        while (after := Holding.objects.filter(replaces=now).select_related("post").first()) is not None:
            now = after
        if dict(data) in (_said(had) if now.standing else {}, _said(now)):
            self.made.untouched += 1
            return
        if now != had or not now.standing:
            raise Refused(Fault("post_book.changed_meanwhile", "", {"by": now.told_by, "theirs": now.name}))
        if not data.get("name"):
            raise Refused(Fault("post_book.emptied", "", {"field": "name"}))
        before = _said(had)
        if {**before, "last_day": data.get("last_day", "")} == dict(data) and not before.get("last_day"):
            ends = _ends(data)
            assert ends is not None  # noqa: S101 - it is what differs
            told_end(had, on=ends)
            self.made.ended += 1
            return
        self.made.corrected += 1
        if (data["title"], data["number"]) != (had.post.title, str(had.post.number)):
            told_withdraw(had, why=_("corrected"), actor=self.actor)
            self._new("", data)
            self.made.added -= 1
            return
        holding_tell(
            post=had.post,
            name=data["name"],
            sex=data["sex"],
            birth_year=int(data["birth_year"]) if data.get("birth_year") else None,
            begins=date.fromisoformat(data["begins"]),
            ends=_ends(data),
            read=_read(data),
            actor=self.actor,
            replaces=had,
        )


def _said(one: Holding) -> dict[str, str]:
    """What the line of a holding says, in the one spelling."""
    last = None if one.valid_to is None else one.valid_to - timedelta(days=1)
    return _filled(
        {
            "title": one.post.title,
            "number": str(one.post.number),
            "name": one.name,
            "sex": one.sex,
            "birth_year": "" if one.birth_year is None else str(one.birth_year),
            "begins": str(one.valid_from),
            "last_day": "" if last is None else str(last),
            "source": one.source,
            "published_on": "" if one.published_on is None else str(one.published_on),
        }
    )


def _said_of_post(one: Post) -> dict[str, str]:
    published = "" if one.published_on is None else str(one.published_on)
    told = {"title": one.title, "number": str(one.number), "begins": str(one.valid_from)}
    return _filled({**told, "source": one.source, "published_on": published})


def _filled(said: Mapping[str, str]) -> dict[str, str]:
    return {code: text for code, text in said.items() if text}


def _ends(data: Mapping[str, str]) -> date | None:
    """Paper's last day as the first day no more."""
    return date.fromisoformat(data["last_day"]) + timedelta(days=1) if data.get("last_day") else None


def _read(data: Mapping[str, str]) -> Read:
    published = data.get("published_on")
    return Read(data["source"], date.fromisoformat(published) if published else None)
