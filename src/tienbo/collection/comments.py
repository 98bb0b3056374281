"""Góp ý: words on figures of a return, in threads that office and unit both answer and either settles.

A thread belongs to the return and not to one revision of it: what was asked about a figure stays open when a newer
return comes, until somebody says that it is settled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.returns import Content, layout
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Comment, Return, Revision
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.ground.keys import new_key

LONGEST = 4000

worded(
    {
        "comment.empty": N_("Write the comment first."),
        "comment.too_long": N_("The comment has {count} letters; at most {most} are kept. Shorten it."),
        "comment.no_such_place": N_("This return has no figure at {at} any more. Load the page again."),
        "comment.no_such_thread": N_("There is no such comment on this return. Load the page again."),
    }
)


@dataclass(frozen=True, slots=True)
class Word:
    side: str
    act: str
    text: str
    by: str
    at: datetime

    @property
    def side_words(self) -> str:
        return _(str(Comment.Side(self.side).label))

    @property
    def act_words(self) -> str:
        return _(str(Comment.Act(self.act).label))


@dataclass(frozen=True, slots=True)
class Thread:
    """Words on one figure, the oldest first. `label` names it as the form does; `number` is the revision looked at."""

    key: str
    place: str
    label: str
    cell: str
    number: int
    words: tuple[Word, ...]
    is_open: bool


@transaction.atomic
def comment_say(*, revision: Revision, place: str, text: str, side: str, actor: Actor) -> Comment:
    """Begin a thread on a figure (its address) or on the whole return (""). The same words of the same person on the
    same place, still open, are one thread however often they are sent."""
    text = _checked(text)
    of = Return.objects.select_for_update().get(pk=revision.of_id)
    content = Content.from_json(revision.content)
    if place and place not in places_of(content):
        raise Refused(Fault("comment.no_such_place", "", {"at": place}))
    same = Comment.objects.filter(of=of, thread=None, place=place, side=side, text=text, said_by=actor.name)
    for one in same.order_by("-pk"):
        if _is_open(Comment.objects.filter(thread=one).order_by("pk")):
            return one
    figure = content.figures.get(place)
    return Comment.objects.create(
        key=new_key("comment"),
        of=of,
        revision=revision,
        place=place,
        cell=figure.cell if figure else "",
        side=side,
        text=text,
        said_by=actor.name,
    )


@transaction.atomic
def comment_answer(*, of: Return, thread: str, text: str, side: str, actor: Actor, act: str = Comment.Act.SAY) -> bool:
    """A further word on a thread; `act` may settle it or open it again, with or without a word. False where that is so
    already: the same word last, or settled before."""
    Return.objects.select_for_update().get(pk=of.pk)
    first = Comment.objects.filter(of=of, key=thread, thread=None).first()
    if first is None or of.latest_id is None:
        raise Refused(Fault("comment.no_such_thread"))
    said = _checked(text) if act == Comment.Act.SAY or text.strip() else ""
    answers = list(Comment.objects.filter(thread=first).order_by("pk"))
    last = answers[-1] if answers else first
    if act != Comment.Act.SAY and not said and _is_open(answers) is (act == Comment.Act.REOPEN):
        return False
    if (last.act, last.text, last.side, last.said_by) == (act, said, side, actor.name):
        return False
    Comment.objects.create(
        key=new_key("comment"),
        of=of,
        thread=first,
        revision_id=of.latest_id,
        place=first.place,
        cell=first.cell,
        act=act,
        side=side,
        text=said,
        said_by=actor.name,
    )
    return True


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise Refused(Fault("comment.empty"))
    if len(text) > LONGEST:
        raise Refused(Fault("comment.too_long", "", {"count": len(text), "most": LONGEST}))
    return text


def _is_open(answers: Iterable[Comment]) -> bool:
    acts = [one.act for one in answers if one.act != Comment.Act.SAY]
    return not acts or acts[-1] == Comment.Act.REOPEN


def places_of(content: Content) -> Mapping[str, str]:
    """Address → its name in words, of every figure that the form of a return asks: what may be commented on."""
    shape = layout(edition_of(content.edition), content.form, content.period)
    named = {
        address: f"{shape.sheet_of[slot.block.code]}: {slot.line.label} ({slot.column.label})"
        for address, slot in shape.slots.items()
    }
    for code, rows in content.rows.items():
        labels = {field.code: field.label for field in shape.block(code).fields} if code in shape.sheet_of else {}
        for row in rows:
            for field, label in labels.items():
                if field in row.figures:
                    named[f"{code}.{row.key}.{field}"] = f"{shape.sheet_of[code]}: {row.name} ({label})"
    return named


def threads_of(of: Return) -> list[Thread]:
    """Threads of a return: open ones first, then as they were begun."""
    rows = list(Comment.objects.filter(of=of).select_related("revision").order_by("pk"))
    answers: dict[int, list[Comment]] = {}
    for row in rows:
        if row.thread_id is not None:
            answers.setdefault(row.thread_id, []).append(row)
    firsts = [row for row in rows if row.thread_id is None]
    names = {row.revision_id: places_of(Content.from_json(row.revision.content)) for row in firsts if row.place}
    made = [_thread(row, answers.get(row.pk, ()), names.get(row.revision_id, {})) for row in firsts]
    return sorted(made, key=lambda one: not one.is_open)


def _thread(first: Comment, answers: Sequence[Comment], names: Mapping[str, str]) -> Thread:
    return Thread(
        key=first.key,
        place=first.place,
        label=names.get(first.place, first.place),
        cell=first.cell,
        number=first.revision.number,
        words=tuple(Word(one.side, one.act, one.text, one.said_by, one.said_at) for one in (first, *answers)),
        is_open=_is_open(answers),
    )


def comments_open(returns: Collection[int]) -> Counter[int]:
    """Return (row id) → how many of its threads are open."""
    rows = Comment.objects.filter(of__in=returns).order_by("pk").values_list("pk", "of", "thread", "act")
    standing: dict[int, tuple[int, bool]] = {}
    for pk, of, thread, act in rows:
        if thread is None:
            standing[pk] = (of, True)
        elif act != Comment.Act.SAY:
            standing[thread] = (of, act == Comment.Act.REOPEN)
    return Counter(of for of, is_open in standing.values() if is_open)
