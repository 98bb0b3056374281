"""An ad-hoc round on the administrative units of a chosen day: the page, the filled annex, the note.

The figures are those of tests.web.test_maps: 20 and 30 of two communes of before that became Xã Đồng Tâm, 40 of the one
that became Xã Hòa Lạc, in 2025-H1; 13, 20, 27 of the three communes of now in 2026-H1."""

from __future__ import annotations

import pytest
from django.test import Client
from openpyxl import load_workbook
from tests.web.annex import SHEET
from tests.web.test_intake import Sit
from tests.web.test_maps import AFTER_DAY, BEFORE_DAY, Redrawn, redrawn
from tests.web.test_rounds import CLASSES, WOMEN, begin, comment, map_cell
from tests.web.world import World

from tienbo.release.models import RoundFilled
from tienbo.release.services import release_make
from tienbo.web.access import reader_for, seats_of
from tienbo.web.office import office as the_office

__all__ = ["redrawn"]
pytestmark = pytest.mark.django_db

ON_THE_DAY = "Theo địa giới hành chính tại ngày 01/7/2025."


def fill_on(client: Client, address: str, day: str, **said: str):  # type: ignore[no-untyped-def]
    """Filled in on the map of a day: the page of what was filled in, and the workbook."""
    from io import BytesIO

    answer = client.post(f"{address}fill/?map={day}", said)
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer.headers["Location"]).content.decode()
    return page, load_workbook(BytesIO(client.get(answer.headers["Location"].rstrip("/") + ".xlsx").content))


def test_an_annex_compares_over_a_rearrangement_on_the_map_that_was_chosen(
    world: World, sit: Sit, redrawn: Redrawn
) -> None:
    office = sit("office")
    address = begin(office)
    map_cell(office, address, "C6", CLASSES)
    map_cell(office, address, "C7", CLASSES, when="same")
    map_cell(office, address, "E6", CLASSES, when="same", unit=world.communes[0].key)
    plain = office.get(f"{address}?map=").content.decode()
    assert 'name="map"' in plain, "the control"
    assert ON_THE_DAY not in plain
    shown = office.get(f"{address}?map={AFTER_DAY}").content.decode()
    assert ON_THE_DAY in shown
    assert "99/NQ-TN" in shown, "the break that is passed"
    page, book = fill_on(office, address, AFTER_DAY)
    sheet = book[SHEET]
    # This half-year 13 + 20 + 27; the one of a year ago, on the units of now, 20 + 30 + 40 and 20 + 30.
    assert [sheet[cell].value for cell in ("C6", "C7", "E6")] == [60, 90, 50]
    for cell in ("C7", "E6"):
        said = comment(book, cell)
        assert ON_THE_DAY in said
        assert "99/NQ-TN" in said
        assert "Không có phần ước tính khi quy đổi" in said
    assert ON_THE_DAY in comment(book, "C6")
    assert "Theo địa giới hành chính tại ngày 01/7/2025" in page
    assert "99/NQ-TN" in page
    row = RoundFilled.objects.get()
    assert (str(row.map_day), row.map_note.splitlines()[0]) == (AFTER_DAY, ON_THE_DAY)
    assert "01/7/2025" in office.get(f"{address}?map=").content.decode(), "the list of what was filled in says so"
    assert "01/7/2025" in office.get("/2026-H1/rounds/?map=").content.decode()


def test_the_same_cells_on_another_map_are_another_filled_annex(world: World, sit: Sit, redrawn: Redrawn) -> None:
    office = sit("office")
    address = begin(office)
    map_cell(office, address, "C6", CLASSES, when="same")
    for _ in range(2):
        fill_on(office, address, AFTER_DAY)
    fill_on(office, address, "")
    assert [None if one.map_day is None else str(one.map_day) for one in RoundFilled.objects.order_by("pk")] == [
        AFTER_DAY,
        None,
    ]


def test_what_is_known_between_bounds_only_stays_empty_and_its_bounds_are_a_comment(
    world: World, sit: Sit, redrawn: Redrawn
) -> None:
    office = sit("office")
    address = begin(office)
    chosen = office.get(f"{address}?sheet=0&cell=C6&map={BEFORE_DAY}").content.decode()
    assert "Xã Cũ Một" in chosen, "the units of that day can be chosen"
    assert "Xã Hòa Lạc" not in chosen
    where = f"{address}cell/?map={BEFORE_DAY}"
    for cell, quantity, unit in (("C6", CLASSES, redrawn.communes[0]), ("D6", WOMEN, redrawn.communes[0])):
        said = {"sheet": "0", "cell": cell, "quantity": quantity, "unit": unit.key}
        answer = office.post(where, said)
        assert answer.status_code == 302
        assert f"map={BEFORE_DAY}" in answer.headers["Location"], "the map stays"
    page, book = fill_on(office, address, BEFORE_DAY)
    sheet = book[SHEET]
    # Nobody knows how Xã Đồng Tâm's 13 divide between the two it was formed of.
    assert sheet["C6"].value is None
    assert "từ 0 đến 13" in comment(book, "C6")
    assert "Theo địa giới hành chính tại ngày 30/6/2025." in comment(book, "C6")
    # A share is the same however they divide, and is marked as an estimate: 12 of 13.
    assert str(sheet["D6"].value).startswith("92.3")
    assert "ước tính theo tỷ lệ dân số" in comment(book, "D6")
    assert "từ 0 đến 13" in page
    # On each period's own map those units are not there now.
    book = fill_on(office, address, "")[1]
    assert book[SHEET]["C6"].value is None


def test_a_day_on_which_the_unit_is_not_there_a_unit_of_another_and_no_day_are_told(
    world: World, sit: Sit, redrawn: Redrawn
) -> None:
    office = sit("office")
    address = begin(office)
    said = {"sheet": "0", "cell": "C6", "quantity": CLASSES, "unit": world.communes[0].key}
    answer = office.post(f"{address}cell/?map={BEFORE_DAY}", said)
    assert answer.status_code == 422
    assert "30/6/2025" in answer.content.decode()
    assert map_cell(office, address, "C6", CLASSES) == 302
    page, book = fill_on(office, address, BEFORE_DAY)
    assert book[SHEET]["C6"].value is None
    assert "không có đơn vị này tại ngày 30/6/2025" in page
    assert office.get(f"{address}?map=2023-01-01").status_code == 404, "before every unit"
    for wrong in ("hom-nay", "2025-13-01", "1890-01-01"):
        assert office.post(f"{address}fill/?map={wrong}").status_code == 404


def test_only_a_report_on_the_same_map_can_be_filled_in_instead(world: World, sit: Sit, redrawn: Redrawn) -> None:
    from datetime import date

    from tienbo.accounts.actors import actor_of
    from tienbo.core.periods import Period

    office = sit("office")
    address = begin(office)
    map_cell(office, address, "C6", CLASSES)
    user = world.users["office"]
    made = release_make(
        reader=reader_for(seats_of(user)[0]),
        unit=world.province,
        period=Period(2026, 1),
        kind="six-month",
        office=the_office().paper,
        actor=actor_of(user),
        map_day=date(2025, 7, 1),
    )
    assert made.key not in office.get(f"{address}?map=").content.decode()
    assert made.key in office.get(f"{address}?map={AFTER_DAY}").content.decode()
    assert office.post(f"{address}fill/?map=", {"release": made.key}).status_code == 404
    _page, book = fill_on(office, address, AFTER_DAY, release=made.key)
    assert book[SHEET]["C6"].value == 60
    assert str(RoundFilled.objects.get().map_day) == AFTER_DAY
