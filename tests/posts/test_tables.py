"""Terms, posts, holders, counts and elections: what the tables keep, and what they refuse."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, InternalError, transaction

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.ground.fields import field_class
from tienbo.posts.election_models import ElectionResult, ListStage
from tienbo.posts.election_services import constituency_tell, election_call, list_tell, result_tell
from tienbo.posts.models import Holding, Post
from tienbo.posts.queries import led_on, posts_on, terms_of
from tienbo.posts.services import count_tell, holding_tell, post_tell, share_tell, term_tell, told_end
from tienbo.posts.told import Read, told_withdraw
from tienbo.units.models import Unit
from tienbo.units.services import body_found, unit_create

pytestmark = [pytest.mark.django_db, pytest.mark.database]

BEGAN = date(2021, 7, 1)
DECISION = Read("QĐ 12/QĐ-UBND (số liệu minh họa)", date(2021, 7, 2))
DESK = operator("test")


@pytest.fixture
def commune() -> Unit:
    return unit_create(kind="commune", name="Xã Thí Dụ", begins=date(2020, 1, 1))


def chairs(unit: Unit, kind: str = "people_committee") -> tuple[Post, Post]:
    body = body_found(unit=unit, kind=kind, name="UBND xã Thí Dụ", begins=date(2020, 1, 1))
    told = {"unit": unit, "body": body, "begins": BEGAN, "read": DECISION, "actor": DESK}
    return post_tell(title=f"{kind}.chair", **told), post_tell(title=f"{kind}.vice_chair", **told)


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {fault.code for fault in refused.value.faults}


def test_a_post_is_held_then_vacant_and_never_told_is_neither(commune: Unit) -> None:
    chair, vice = chairs(commune)
    holding_tell(post=chair, name="Nguyễn Văn A", sex="m", begins=BEGAN, read=DECISION, actor=DESK)
    (led,) = led_on([commune.pk], date(2022, 1, 1), sense="target_1_1", edition=load())
    assert (led.posts, led.held, led.vacant, led.untold, led.women, led.head) == (2, 1, 0, 1, 0, "m")
    assert led.has_woman is None  # of the vice chair nothing was told
    woman = holding_tell(
        post=vice, name="Trần Thị B", sex="f", birth_year=1975, begins=date(2022, 3, 1), read=DECISION, actor=DESK
    )
    assert led_on([commune.pk], date(2022, 3, 1), sense="target_1_1", edition=load())[0].has_woman is True
    told_end(woman, on=date(2023, 1, 1))
    (led,) = led_on([commune.pk], date(2023, 1, 1), sense="target_1_1", edition=load())
    assert (led.held, led.vacant, led.untold, led.has_woman) == (1, 1, 0, False)
    assert [one.title.code for one in posts_on([commune.pk], BEGAN, edition=load()) if one.title] == [
        "people_committee.chair",
        "people_committee.vice_chair",
    ]
    told_end(chair, on=date(2023, 6, 1))  # the post goes, and whoever held it with it
    assert Holding.objects.get(post=chair).valid_to == date(2023, 6, 1)


def test_two_hold_no_post_at_once_and_what_was_read_wrong_is_withdrawn(commune: Unit) -> None:
    chair, _ = chairs(commune)
    told = {"post": chair, "sex": "f", "begins": BEGAN, "read": DECISION, "actor": DESK}
    wrong = holding_tell(name="Lê Thị C", **told)
    with speaking("vi"), pytest.raises(Refused) as refused:
        holding_tell(name="Lê Thị D", **told)
    assert refused.value.faults[0].sentence() == "Chức vụ này đã có người khác giữ trong một số ngày đó."
    with pytest.raises(IntegrityError), transaction.atomic():
        Holding.objects.create(
            key="holding_x", post=chair, name="E", sex="f", valid_from=BEGAN, source="s", told_by="x"
        )
    right = holding_tell(name="Lê Thị Cúc", replaces=wrong, **told)
    wrong.refresh_from_db()
    assert (wrong.standing, wrong.withdrawn_why, right.replaces) == (None, "corrected", wrong)
    assert posts_on([commune.pk], BEGAN, edition=load())[0].holder == right
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Holding.objects.filter(pk=right.pk).update(name="Khác")
    with pytest.raises(Refused) as refused:
        told_withdraw(wrong, why="lại", actor=DESK)
    assert codes(refused) == {"posts.withdrawn"}


def test_titles_groups_and_rules_are_those_of_the_pack_on_the_day(commune: Unit) -> None:
    told = {"unit": commune, "read": DECISION, "actor": DESK}
    council = body_found(unit=commune, kind="council", name="HĐND xã Thí Dụ", begins=date(2020, 1, 1))
    wrong = [
        ("posts.unknown_code", lambda: post_tell(title="king", begins=BEGAN, **told)),
        (
            "posts.title_of_another",
            lambda: post_tell(title="people_committee.chair", begins=BEGAN, body=council, **told),
        ),
        ("posts.title_of_another", lambda: post_tell(title="agency.head", begins=BEGAN, **told)),
        ("posts.outside", lambda: post_tell(title="council.chair", begins=date(2019, 1, 1), body=council, **told)),
        (
            "posts.not_on_that_day",
            lambda: share_tell(
                rule="leaders.persons", group="leaders.commune", time="2022", day=date(2022, 12, 31), percent=25, **told
            ),
        ),
        (
            "posts.not_divided_by",
            lambda: count_tell(group="leaders.commune", day=BEGAN, persons=3, by={"education": "university"}, **told),
        ),
        (
            "posts.unknown_code",
            lambda: count_tell(group="leaders.commune", day=BEGAN, persons=3, by={"age": "young"}, **told),
        ),
        (
            "posts.no_source",
            lambda: count_tell(group="leaders.commune", day=BEGAN, persons=3, unit=commune, read=Read(" "), actor=DESK),
        ),
    ]
    for code, act in wrong:
        with pytest.raises(Refused) as refused:
            act()
        assert codes(refused) == {code}
    term = term_tell(
        body=council, name="2021-2026", begins=BEGAN, ends=date(2026, 4, 1), seats=25, read=DECISION, actor=DESK
    )
    assert terms_of(commune) == [term]
    with pytest.raises(Refused):
        term_tell(body=council, name="2022-2027", begins=date(2022, 1, 1), read=DECISION, actor=DESK)
    count = count_tell(
        group="deputies.commune", day=BEGAN, persons=2, by={"sex": "f", "age": "under_30"}, term=term, **told
    )
    assert (count.sex, count.age, count.ethnicity) == ("f", "under_30", "")


def test_an_election_keeps_conflicting_sources_and_refuses_what_cannot_be(commune: Unit) -> None:
    election = election_call(
        kind="council.commune", unit=commune, term="2021-2026", day=date(2021, 5, 23), source="NQ", actor=DESK
    )
    assert election == election_call(
        kind="council.commune", unit=commune, term="2021-2026", day=date(2021, 5, 23), source="NQ", actor=DESK
    )
    part = constituency_tell(election=election, unit=commune, number="1", seats=3, read=DECISION, actor=DESK)
    told = {"constituency": part, "actor": DESK}
    for source, women in (("Báo cáo A", 2), ("Báo cáo B", 3)):
        list_tell(stage="official", candidates=5, women=women, read=Read(source), **told)
    assert ListStage.objects.filter(constituency=part, standing=1).count() == 2
    for wrong in ({"elected": 4, "seats": 3}, {"elected": 2, "women": 3}, {"elected": 2, "confirmed": 3}):
        with pytest.raises(Refused):
            result_tell(read=DECISION, **told, **wrong)
    with pytest.raises(Refused):
        list_tell(stage="official", candidates=5, women=6, read=Read("C"), **told)
    result_tell(elected=3, women=1, seats=3, confirmed=3, women_confirmed=1, read=DECISION, **told)
    with pytest.raises(IntegrityError), transaction.atomic():
        ElectionResult.objects.create(
            key="result_x", constituency=part, round=2, elected=4, seats=3, source="s", told_by="x"
        )


def test_a_persons_fields_are_few_and_classed() -> None:
    """Nothing of an appraisal, a vote, a Party date, a degree, a day of birth can be written: there is no such
    field."""
    of_a_person = {field.name for field in Holding._meta.fields} - {field.name for field in Post._meta.fields}
    assert of_a_person == {"post", "name", "sex", "birth_year"}
    assert (field_class(Holding, "birth_year"), field_class(Holding, "name")) == ("C2", "C1")
