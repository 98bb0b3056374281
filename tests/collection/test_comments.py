"""Góp ý: threads on figures that office and unit both answer, settled by a word and never by a newer return."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from tests.collection.conftest import House

from tienbo.accounts.actors import operator
from tienbo.collection.comments import comment_answer, comment_say, comments_open, threads_of
from tienbo.collection.models import Comment, Revision
from tienbo.core.faults import Refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]
A = "Xã An Bình"
UNIT = operator("người của xã")


def latest(house: House) -> Revision:
    found = house.of(A).latest
    assert found is not None
    return found


def say(house: House, text: str = "Vì sao tăng?", place: str = "staff:total") -> Comment:
    return comment_say(revision=latest(house), place=place, text=text, side="office", actor=house.actor)


def test_a_thread_is_answered_settled_and_opened_again_and_keeps_every_word(house: House) -> None:
    house.send(A, staff__total=40)
    first, of = say(house), house.of(A)
    assert say(house).pk == first.pk, "the same words twice are one thread"
    assert comment_answer(of=of, thread=first.key, text="Nhận thêm người.", side="unit", actor=UNIT)
    assert not comment_answer(of=of, thread=first.key, text="Nhận thêm người.", side="unit", actor=UNIT)
    assert comments_open([of.pk]) == {of.pk: 1}
    assert comment_answer(of=of, thread=first.key, text="", side="office", actor=house.actor, act="close")
    assert not comment_answer(of=of, thread=first.key, text="", side="office", actor=UNIT, act="close")
    assert comments_open([of.pk]) == {}
    assert comment_answer(of=of, thread=first.key, text="Chưa rõ", side="office", actor=house.actor, act="reopen")
    (thread,) = threads_of(of)
    assert [(one.side, one.act, one.text) for one in thread.words] == [
        ("office", "say", "Vì sao tăng?"),
        ("unit", "say", "Nhận thêm người."),
        ("office", "close", ""),
        ("office", "reopen", "Chưa rõ"),
    ]
    assert (thread.is_open, thread.number) == (True, 1)
    assert thread.cell.endswith(latest(house).content.partition('"staff:total":["40","exact","')[2].partition('"')[0])


def test_a_newer_return_leaves_a_thread_open(house: House) -> None:
    house.send(A, staff__total=40)
    say(house)
    house.send(A, staff__total=41)
    assert comments_open([house.of(A).pk]) == {house.of(A).pk: 1}


def test_what_cannot_be_said_is_told(house: House) -> None:
    house.send(A, staff__total=40)
    for text, place, code in (
        ("  ", "", "comment.empty"),
        ("x" * 4001, "", "comment.too_long"),
        ("Vì sao?", "không:có", "comment.no_such_place"),
    ):
        with pytest.raises(Refused) as refused:
            say(house, text, place)
        assert [fault.code for fault in refused.value.faults] == [code]
    with pytest.raises(Refused):
        comment_answer(of=house.of(A), thread="comment_0", text="Vâng", side="unit", actor=UNIT)
    assert not Comment.objects.exists()


def test_a_word_is_never_rewritten(house: House) -> None:
    house.send(A, staff__total=40)
    first = say(house, place="")
    with pytest.raises(DatabaseError), transaction.atomic():
        Comment.objects.filter(pk=first.pk).update(text="Khác")
