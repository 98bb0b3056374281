"""What units of before a reorganisation still owe is taken in by the office that took them over, as theirs."""

from __future__ import annotations

from datetime import date

import pytest
from tests.web.test_intake import Sit, book, file, page, seen_of, work
from tests.web.test_maps import OLD, Redrawn, redrawn
from tests.web.world import BEGAN, World

from tienbo.collection.models import Return
from tienbo.core.periods import Period
from tienbo.ground.models import Job
from tienbo.units.services import unit_create

__all__ = ["redrawn"]
pytestmark = pytest.mark.django_db

LIST = "/2025-H1/intake/"
CLOSING = Period(2025, 2)


@pytest.fixture
def late(redrawn: Redrawn) -> Redrawn:
    """A commune of the southern province that has not sent its return."""
    first = date(2024, 1, 1)
    commune = unit_create(kind="commune", name="Xã Cũ Bốn", begins=first, ends=BEGAN, parent=redrawn.south)
    redrawn.communes.append(commune)
    return redrawn


def test_the_successor_takes_in_decides_on_and_sees_a_return_of_before(world: World, sit: Sit, late: Redrawn) -> None:
    office, commune = sit("office"), late.communes[-1]
    listed = page(office, LIST)
    for name in ("Xã Cũ Một", "Xã Cũ Ba", "Xã Cũ Bốn"):
        assert name in listed
    assert office.get(f"/unit/{commune.key}/2025-H1/blank.xlsx").status_code == 200
    office.post(f"{LIST}send/", {"files": [file("cũ.xlsx", book(commune, OLD))], "key": ""})
    work()
    assert Job.objects.get().result["files"][0]["state"] == "received"  # type: ignore[index]
    row = Return.objects.select_related("campaign", "latest").get(unit=commune)
    assert (row.campaign.root, row.campaign.period) == (late.south, OLD), (
        "it is a return of its own period and province"
    )
    assert row.latest is not None
    assert "chờ quyết định" in page(office, f"{LIST}{commune.key}/").lower()
    asked = office.post(f"{LIST}{commune.key}/ask/", {"seen": seen_of(row), "note": "Bổ sung biểu 02"})
    assert asked.status_code == 302
    assert office.post(f"{LIST}accept/", {"seen": [seen_of(row)]}).status_code == 302
    row.refresh_from_db()
    assert row.accepted_id == row.latest_id
    assert "4/4" in office.get("/2025-H1/", {"map": "2025-07-01"}).content.decode(), "at home as well"
    own = page(office, f"/unit/{commune.key}/?period=2025-H1&map=")
    assert "Đã tiếp nhận" in own
    assert office.get(f"/unit/{commune.key}/2025-H1/filled.xlsx").status_code == 200


def test_a_closing_return_of_an_abolished_unit_is_on_the_desk_of_its_successor(
    world: World, sit: Sit, late: Redrawn
) -> None:
    office, commune = sit("office"), late.communes[-1]
    office.post("/2025-H2/intake/send/", {"files": [file("kết thúc.xlsx", book(commune, CLOSING))], "key": ""})
    work()
    row = Return.objects.get(unit=commune)
    assert (row.campaign.root, row.campaign.period) == (late.south, CLOSING)
    listed = page(office, "/2025-H2/intake/")
    assert "Xã Cũ Bốn" in listed
    assert "Xã Cũ Ba" not in listed, "who owes nothing and sent nothing is not waited for"
    assert office.get(f"/2025-H2/intake/{commune.key}/").status_code == 200


def test_nobody_else_takes_them_in(world: World, sit: Sit, late: Redrawn) -> None:
    commune = late.communes[-1]
    for seat in ("other_office", "chair", "inspector", "preparer", "head", "partner", "administrator"):
        client = sit(seat)
        client.post(f"{LIST}send/", {"files": [file("cũ.xlsx", book(commune, OLD))], "key": ""})
        work()
        assert not Return.objects.filter(unit=commune).exists(), seat
        assert client.get(f"{LIST}{commune.key}/").status_code == 404, seat
    # Filling in stays with the unit itself: the office above receives and does not write.
    assert sit("office").post(f"/unit/{commune.key}/2025-H1/send/", {}).status_code == 404


def test_a_period_before_the_office_leads_to_what_is_still_owed(sit: Sit, late: Redrawn) -> None:
    assert f'href="{LIST}"' in sit("office").get("/2025-H1/").content.decode()
    assert f'href="{LIST}"' not in sit("chair").get("/2025-H1/").content.decode()
