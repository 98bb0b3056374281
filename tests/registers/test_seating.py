"""Who sits on a committee on a day: worked out by hand from three decisions, one after the other.

A decision of 10/7/2025 founds it with four members. One of 20/1/2026 takes its place: A and B stay, C becomes vice
chair, D goes, E comes; F comes on 1/3/2026; E leaves on 15/4/2026 and nobody of that office follows; the office of F
has another from 1/5/2026, the day on which F leaves.
"""

from __future__ import annotations

from datetime import date

import pytest
from tests.registers.test_registers import add, commune, move
from tests.registers.test_rows import ONE

from tienbo.catalogue.loading import load
from tienbo.registers.models import Record
from tienbo.registers.rows import address, row_keys
from tienbo.registers.seating import Seated, seated
from tienbo.units.frames import tree_on, unit_names
from tienbo.units.models import Unit
from tienbo.units.services import unit_create

pytestmark = pytest.mark.django_db

Posts = list[dict[str, str]]
A, B, C, D = (
    {"role": role, "post": post, "organisation": organisation}
    for role, post, organisation in (
        ("chair", "Phó Chủ tịch", "UBND tỉnh"),
        ("vice", "Giám đốc", "Sở Nội vụ"),
        ("member", "Chủ tịch", "Hội LHPN tỉnh"),
        ("member", "Phó Giám đốc", "Sở Tư pháp"),
    )
)
E = {"role": "member", "post": "Phó Giám đốc", "organisation": "Sở Y tế", "until": "15/4/2026"}
F = {"role": "member", "post": "Phó Giám đốc", "organisation": "Sở Tài chính", "since": "1/3/2026",
     "until": "1/5/2026"}  # fmt: skip
AFTER_F = {"role": "member", "post": "Giám đốc", "organisation": "Sở Tài chính", "since": "1/5/2026"}


def decide(unit: Unit, number: str, day: str, posts: Posts, **said: str) -> Record:
    rows = {
        address("posts", key, column): text
        for key, row in zip(row_keys(len(posts)), posts, strict=True)
        for column, text in row.items()
    }
    told = {"sort": "renewal", "issuer": "UBND tỉnh", "members": "6", "members_women": "3"} | said
    made = add(unit, "committee.decision", number=number, decided_on=day, **told, **rows)
    move(made, "issue")
    return made


def of(unit: Unit, body: int = 0) -> Seated:
    edition = load("vn")
    kind = edition.registers["committee.decision"]
    assert kind.seating is not None
    charges = edition.registers["committee.assignment"]
    return seated(kind=kind, charges=charges, unit=unit.pk, body=kind.seating.bodies[body])


def posts(held: Seated, on: date) -> list[str]:
    return [f"{one.role}:{one.organisation}" for one in held.sitting(on)]


@pytest.fixture
def unit() -> Unit:
    made = unit_create(kind="province", name="Tỉnh Mẫu", begins=date(2025, 7, 1))
    decide(made, "01", "10/7/2025", [A, B, C, D], sort="founding", replaced_on="20/1/2026", members="4",
           members_women="2")  # fmt: skip
    decide(made, "07", "20/1/2026", [A, B, {**C, "role": "vice", "post": "Chủ tịch"}, E, F, AFTER_F])
    return made


def test_members_of_a_day_are_those_of_the_decisions_in_force_on_it(unit: Unit) -> None:
    held = of(unit)
    assert posts(held, date(2025, 7, 9)) == []
    first = ["chair:UBND tỉnh", "vice:Sở Nội vụ", "member:Hội LHPN tỉnh", "member:Sở Tư pháp"]
    assert posts(held, date(2025, 7, 10)) == posts(held, date(2026, 1, 19)) == first
    renewed = ["chair:UBND tỉnh", "vice:Sở Nội vụ", "vice:Hội LHPN tỉnh", "member:Sở Y tế"]
    assert posts(held, date(2026, 1, 20)) == posts(held, date(2026, 2, 28)) == renewed
    assert posts(held, date(2026, 3, 1)) == [*renewed, "member:Sở Tài chính"]
    assert posts(held, date(2026, 4, 15)) == [*renewed[:3], "member:Sở Tài chính"]
    # Whoever stays in the same post sits since the first decision; a new role begins with it.
    since = {one.organisation: one.since for one in held.sitting(date(2026, 5, 1))}
    assert since == {
        "UBND tỉnh": date(2025, 7, 10),
        "Sở Nội vụ": date(2025, 7, 10),
        "Hội LHPN tỉnh": date(2026, 1, 20),
        "Sở Tài chính": date(2026, 5, 1),
    }


def test_a_place_is_vacant_until_somebody_of_the_organisation_takes_it(unit: Unit) -> None:
    held = of(unit)
    assert held.vacant(date(2026, 4, 14)) == []
    for day in (date(2026, 4, 15), date(2026, 5, 1), date(2026, 6, 1)):
        assert [(one.left.organisation, one.since) for one in held.vacant(day)] == [("Sở Y tế", date(2026, 4, 15))]


def test_every_change_is_told_by_its_day(unit: Unit) -> None:
    told = [
        (
            one.on,
            [record.data["number"] for record in one.begun],
            [record.data["number"] for record in one.over],
            [sit.organisation for sit in one.joined],
            [sit.organisation for sit in one.left],
            [(moved.was.role, moved.now.role) for moved in one.moved],
        )
        for one in of(unit).changes()
    ]
    first = ["UBND tỉnh", "Sở Nội vụ", "Hội LHPN tỉnh", "Sở Tư pháp"]
    assert told == [
        (date(2026, 5, 1), [], [], ["Sở Tài chính"], ["Sở Tài chính"], []),
        (date(2026, 4, 15), [], [], [], ["Sở Y tế"], []),
        (date(2026, 3, 1), [], [], ["Sở Tài chính"], [], []),
        (date(2026, 1, 20), ["07"], ["01"], ["Sở Y tế"], ["Sở Tư pháp"], [("member", "vice")]),
        (date(2025, 7, 10), ["01"], [], first, [], []),
    ]


def test_a_support_group_and_drafts_seat_nobody_on_the_committee(unit: Unit) -> None:
    before = posts(of(unit), date(2026, 2, 1))
    helper = {"role": "secretary", "post": "Chuyên viên", "organisation": "Sở Nội vụ"}
    decide(unit, "08", "25/1/2026", [helper], sort="support", members="", members_women="")
    add(unit, "committee.decision", number="09", decided_on="26/1/2026", sort="renewal", issuer="UBND tỉnh",
        members="1", members_women="0")  # fmt: skip
    assert posts(of(unit), date(2026, 2, 1)) == before
    assert posts(of(unit, 1), date(2026, 2, 1)) == ["secretary:Sở Nội vụ"]


def test_who_looks_after_a_unit_is_that_of_the_day_and_the_rest_is_named(unit: Unit) -> None:
    one, two, three = (commune(name, unit) for name in ("Xã Một", "Xã Hai", "Xã Ba"))
    for number, begins, ends, member, named in (
        ("5/TB", "1/2/2026", "1/4/2026", "Phó Giám đốc Sở Y tế", "Xã Một; Xã Hai"),
        ("9/TB", "1/4/2026", "", "Giám đốc, Sở Nội vụ", "Xã Một"),
    ):
        made = add(unit, "committee.assignment", number=number, begins_on=begins, ends_on=ends,
                   **{f"charges/{ONE}/member": member, f"charges/{ONE}/units": named})  # fmt: skip
        move(made, "issue")
    held = of(unit)

    def told(on: date) -> list[tuple[str, int, str]]:
        charges = of(unit).charged(on)
        return [(one.record.data["number"], len(one.units), one.sits.organisation if one.sits else "")
                for one in charges]  # fmt: skip

    assert told(date(2026, 1, 31)) == []
    assert told(date(2026, 3, 31)) == [("5/TB", 2, "Sở Y tế")]
    assert told(date(2026, 4, 1)) == [("9/TB", 1, "Sở Nội vụ")]
    day = date(2026, 4, 20)
    assert held.unassigned(held.charged(day), tree_on(day)) == [two.pk, three.pk]
    assert unit_names(day)[one.pk] == "Xã Một"
    # Under the first document a member who has left still looks after two: it is said, not hidden.
    ended = Record.objects.get(data__number="5/TB")
    ended.data["ends_on"] = "2026-05-01"
    ended.save()
    assert told(day) == [("5/TB", 2, ""), ("9/TB", 1, "Sở Nội vụ")]
