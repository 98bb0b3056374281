"""A province that takes in another and keeps its key: its office reads what that one's units told, and takes in what
they still owe, as that of a newly made one does; nobody else does, and not before the day."""

from __future__ import annotations

from datetime import date

import pytest
from tests.collection.test_reorganised import ACT
from tests.web.test_intake import Sit, book, file, page, seen_of, work
from tests.web.world import BEFORE, BEGAN, PERIOD, World, say

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.collection.models import Return
from tienbo.collection.queries import collectors
from tienbo.ground.models import Job
from tienbo.processes.reorganise import reorganisation_apply
from tienbo.processes.reorganise_sheet import sheet_blank
from tienbo.units.access import accessible_units
from tienbo.units.frames import forerunners, roots_on
from tienbo.units.heirs import heir
from tienbo.units.models import Role, Unit
from tienbo.units.services import grant_give, unit_create
from tienbo.web.maps import redrawn
from tienbo.web.office import office as the_office

pytestmark = pytest.mark.django_db

DAY, EVE = date(2026, 3, 1), date(2026, 2, 28)
LAST = date(2025, 12, 14)
"""Of the half-year before."""
LIST = "/2025-H2/intake/"


@pytest.fixture
def taken(world: World) -> World:
    """Tỉnh Chim Yến goes into Tỉnh Vĩnh An, which keeps its key, on 1/3/2026; one of its communes has not told yet.
    Tỉnh Núi Xanh has nothing to do with it."""
    late = unit_create(kind="commune", name="Xã Chim Yến C", begins=BEGAN, parent=world.other)
    world.other_communes.append(late)
    third = unit_create(kind="province", name="Tỉnh Núi Xanh", begins=BEGAN, parent=_above(world))
    world.users["third_office"] = user = User.objects.create_user("third_office", "Người giữ ghế khác", "x")
    grant_give(user=user, unit=third, role=Role.OFFICE, begins=BEGAN)
    rows = [
        {
            "event": "nhập",
            "before": "Tỉnh Chim Yến",
            "after": "Tỉnh Vĩnh An",
            "after_is": "đang có",
            "extent": "toàn bộ",
        },
        *(
            {"event": "chuyển đơn vị cấp trên", "before": f"Xã Chim Yến {n}", "after_under": "Tỉnh Vĩnh An"}
            for n in "ABC"
        ),
    ]
    reorganisation_apply(
        data=sheet_blank(head=ACT, rows=rows),
        name="biểu.xlsx",
        actor=operator("thử nghiệm"),
        edition=the_office().edition,
        files=world.stores.files,
        today=DAY,
    )
    # Who had a role there has it now at the one that goes on; "left" is somebody who only ever sat at the old one.
    world.users["left"] = user = User.objects.create_user("left", "Người giữ ghế cũ", "x")
    grant_give(user=user, unit=world.other, role=Role.OFFICE, begins=BEGAN)
    return world


def _above(world: World) -> Unit:
    placed = world.province.placements.get().parent
    assert placed is not None
    return placed


def test_what_was_taken_in_is_read_and_received_by_the_unit_that_kept_its_key_and_by_nobody_else(taken: World) -> None:
    theirs = {taken.other.pk, *(one.pk for one in taken.other_communes)}
    ours = {taken.province.pk, *(one.pk for one in taken.communes)}
    office = taken.users["office"]
    assert forerunners(taken.province.pk, LAST, DAY) == (taken.other.pk,)
    assert roots_on(taken.province.pk, LAST, DAY) == (taken.province.pk, taken.other.pk)
    assert theirs | ours <= accessible_units(office, need="view", on=LAST, acting_on=DAY)
    communes = {one.pk for one in taken.other_communes}
    assert communes <= accessible_units(office, need="accept", on=LAST, acting_on=DAY)
    for need in ("enter", "approve", "consolidate", "reorganise"):
        assert not theirs & accessible_units(office, need=need, on=LAST, acting_on=DAY)  # type: ignore[arg-type]
    # Not the other way about, and nobody else.
    assert not ours & accessible_units(taken.users["left"], need="view", on=LAST, acting_on=DAY)
    for name in ("third_office", "preparer", "department"):
        assert not theirs & accessible_units(taken.users[name], need="view", on=LAST, acting_on=DAY), name


def test_an_act_that_is_recorded_ahead_of_its_day_opens_nothing_before_it(taken: World) -> None:
    office, theirs = taken.users["office"], {taken.other.pk, *(one.pk for one in taken.other_communes)}
    assert not theirs & accessible_units(office, need="view", on=LAST, acting_on=EVE)
    assert heir(taken.other.pk, EVE) is None
    assert heir(taken.other.pk, DAY) == taken.province.pk
    assert roots_on(taken.province.pk, LAST, EVE) == (taken.province.pk,)


def test_a_return_that_is_still_owed_is_taken_in_by_the_office_that_goes_on(taken: World, sit: Sit) -> None:
    office, commune = sit("office"), taken.other_communes[-1]
    held = collectors(home=taken.province, period=BEFORE, last=LAST)
    assert held == [taken.province, taken.other]
    listed = page(office, LIST)
    for name in ("Xã Đồng Tâm", "Xã Chim Yến A", "Xã Chim Yến C"):
        assert name in listed
    office.post(f"{LIST}send/", {"files": [file("muộn.xlsx", book(commune, BEFORE))], "key": ""})
    work()
    assert Job.objects.get().result["files"][0]["state"] == "received"  # type: ignore[index]
    row = Return.objects.select_related("campaign", "latest").get(unit=commune)
    assert (row.campaign.root, row.campaign.period) == (taken.other, BEFORE)
    assert row.latest is not None
    assert office.post(f"{LIST}accept/", {"seen": [seen_of(row)]}).status_code == 302
    row.refresh_from_db()
    assert row.accepted_id == row.latest_id


def test_nobody_else_takes_it_in(taken: World, sit: Sit) -> None:
    commune = taken.other_communes[-1]
    for seat in ("third_office", "chair", "preparer", "department", "administrator"):
        client = sit(seat)
        client.post(f"{LIST}send/", {"files": [file("muộn.xlsx", book(commune, BEFORE))], "key": ""})
        work()
        assert not Return.objects.filter(unit=commune).exists(), seat
        assert client.get(f"{LIST}{commune.key}/").status_code == 404, seat
    # Nor does the office that was taken in take in anything of the one that goes on.
    assert sit("left").get(f"{LIST}{taken.communes[0].key}/").status_code == 404


def test_figures_of_before_are_read_of_each_of_the_two_and_together_on_the_map_of_now(taken: World, sit: Sit) -> None:
    jobs = "/2025-H2/indicator/jobs.women_share/"
    office = sit("office")
    own = office.get(jobs).content.decode()
    assert "Tỉnh Vĩnh An" in own
    assert f"?unit={taken.other.key}" in own, "the other one to choose"
    # Two of its communes told 73 501 each.
    assert "147.002" in page(office, f"{jobs}?map=&unit={taken.other.key}")
    # Together: 10 + 17 + 2 × 73 501.
    assert "147.029" in page(office, f"{jobs}?map=2026-03-01")
    assert DAY in redrawn(taken.province.pk)
    home = page(office, "/2025-H2/?map=")
    assert "Xã Chim Yến C" in home, "what is still owed, at home as well"
    third = sit("third_office")
    for address in (f"{jobs}?map=&unit={taken.other.key}", f"/unit/{taken.other.key}/?map="):
        assert third.get(address).status_code == 404


def test_the_period_of_the_day_itself_is_rolled_up_under_the_unit_that_goes_on(taken: World, sit: Sit) -> None:
    for unit in taken.other_communes:
        say(taken, taken.province, unit, PERIOD, start=100)
    assert "Xã Chim Yến A" in page(sit("office"), "/2026-H1/indicator/jobs.women_share/")
