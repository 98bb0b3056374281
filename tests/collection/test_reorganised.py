"""Returns across the day of a reorganisation: each lands on the unit that was there in its period, or says who was."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from tests.collection.conftest import H1, H2, SEAL, House, codes

from tienbo.collection.models import Campaign, Return
from tienbo.core.faults import errors
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.processes.reorganise import reorganisation_apply
from tienbo.processes.reorganise_sheet import sheet_blank
from tienbo.processes.workbooks import workbooks_blank
from tienbo.units.models import Unit
from tienbo.units.queries import unit_find
from tienbo.units.services import unit_create, unit_place

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DAY = date(2026, 3, 1)
AFTER = Period.parse("2026-H2")
ACT = {"number": "12/NQ-HĐND", "effective": "01/03/2026", "stage": "có hiệu lực", "source": "Công báo"}


def joined(house: House) -> Unit:
    """Xã An Bình and Xã Bình Minh become Xã Bình An on 1/3/2026, inside the first half of 2026."""
    new = {"event": "nhập", "after_is": "mới", "after": "Xã Bình An", "after_under": "Tỉnh Sông Mây"}
    carry_out(house, *({**new, "before": name, "extent": "toàn bộ"} for name in ("Xã An Bình", "Xã Bình Minh")))
    made = unit_find("Xã Bình An", DAY)
    house.units = {**house.units, "Xã Bình An": made}
    return made


def carry_out(house: House, *rows: dict[str, str], **head: str) -> None:
    reorganisation_apply(
        data=sheet_blank(head={**ACT, **head}, rows=rows),
        name="biểu.xlsx",
        actor=house.actor,
        edition=house.edition,
        files=house.stores.files,
        today=DAY,
    )


def test_returns_begun_before_the_day_and_sent_after_it_land_on_the_units_of_their_period(house: House) -> None:
    before = house.book("Xã An Bình", H2, staff__total=40)
    closing = house.book("Xã Bình Minh", H1, staff__total=30)
    new = joined(house)
    first = house.book("Xã Bình An", H1, staff__total=70)
    results = house.receive(before, closing, first, accept=True)
    assert [one.state for one in results] == ["received"] * 3
    assert [(one.unit, one.period) for one in results] == [
        (house.units["Xã An Bình"].key, "2025-H2"),
        (house.units["Xã Bình Minh"].key, "2026-H1"),
        (new.key, "2026-H1"),
    ]
    told = Return.objects.order_by("campaign__period_code", "unit_id").values_list("campaign__period_code", "unit_id")
    assert list(told) == [
        ("2025-H2", house.units["Xã An Bình"].pk),
        ("2026-H1", house.units["Xã Bình Minh"].pk),
        ("2026-H1", new.pk),
    ]


def test_a_new_unit_does_not_report_for_a_period_before_it_and_is_told_who_does(house: House) -> None:
    joined(house)
    early = house.book("Xã Bình An", H2, staff__total=70)
    good = house.book("Xã An Bình", H2, staff__total=40)
    wrong, right = house.receive(early, good)
    assert right.state == "received"
    assert codes(wrong) == ["intake.began_later"]
    sentence = errors(wrong.faults)[0].sentence()
    assert "Xã Bình An" in sentence
    assert "Xã An Bình, Xã Bình Minh" in sentence


def test_an_old_unit_does_not_report_for_a_period_after_it_and_is_told_who_does(house: House) -> None:
    joined(house)
    late = house.book("Xã An Bình", AFTER, staff__total=40)
    (result,) = house.receive(late)
    assert codes(result) == ["intake.ended_before"]
    with speaking("vi"):
        sentence = errors(result.faults)[0].sentence()
    assert "Xã Bình An" in sentence
    assert "28/02/2026" in sentence


def test_what_units_of_a_province_that_went_into_this_one_still_owe_is_received_here_as_theirs(house: House) -> None:
    nation = unit_create(kind="nation", name="Việt Nam", begins=date(2014, 1, 1))
    other = unit_create(kind="province", name="Tỉnh Núi Xanh", begins=date(2014, 1, 1), parent=nation)
    commune = unit_create(kind="commune", name="Xã Đỉnh Trời", begins=date(2014, 1, 1), parent=other)
    house.units = {**house.units, "Xã Đỉnh Trời": commune}
    book = house.book("Xã Đỉnh Trời", H2, staff__total=12)
    assert codes(house.receive(book)[0]) == ["intake.unit_not_due"]
    carry_out(
        house,
        {
            "event": "nhập",
            "before": "Tỉnh Núi Xanh",
            "after": "Tỉnh Sông Mây",
            "after_is": "đang có",
            "extent": "toàn bộ",
        },
        {"event": "chuyển đơn vị cấp trên", "before": "Xã Đỉnh Trời", "after_under": "Tỉnh Sông Mây"},
    )
    later = house.book("Xã Đỉnh Trời", H1, staff__total=13)
    results = house.receive(book, later)
    assert [one.state for one in results] == ["received", "received"]
    roots = dict(Return.objects.values_list("campaign__period_code", "campaign__root_id"))
    assert roots == {"2025-H2": other.pk, "2026-H1": house.root.pk}


def test_a_unit_that_ended_within_the_half_year_gets_its_workbook_when_it_is_named(house: House) -> None:
    joined(house)
    write = partial(workbooks_blank, home=house.root, edition=house.edition, period=H1, seal=SEAL)
    everybody = write(folder=house.folder / "all")
    assert house.units["Xã Bình An"].key in everybody
    assert house.units["Xã An Bình"].key not in everybody, "who owes nothing is handed nothing"
    made = write(folder=house.folder / "one", units=[house.units["Xã An Bình"]])
    (result,) = house.receive(made[house.units["Xã An Bình"].key], accept=True)
    assert (result.state, result.period) == ("received", "2026-H1")
    (row,) = Return.objects.filter(unit=house.units["Xã An Bình"])
    assert row.accepted_id == row.latest_id
    after = workbooks_blank(
        home=house.root, edition=house.edition, period=AFTER, seal=SEAL, folder=house.folder / "after",
        units=[house.units["Xã An Bình"]],
    )  # fmt: skip
    assert after == {}, "it had ended before that half-year"


def test_workbooks_of_before_an_office_are_those_of_what_it_was_formed_of_and_collected_there(house: House) -> None:
    nation = unit_create(kind="nation", name="Việt Nam", begins=date(2014, 1, 1))
    unit_place(unit=house.root, parent=nation, on=date(2014, 1, 1))
    province = {"event": "nhập", "after_is": "mới", "after": "Tỉnh Sông Biển", "after_under": "Việt Nam"}
    moves = (
        {"event": "chuyển đơn vị cấp trên", "before": name, "after_under": "Tỉnh Sông Biển"} for name in house.units
    )
    carry_out(house, {**province, "before": "Tỉnh Sông Mây", "extent": "toàn bộ"}, *moves)
    home = unit_find("Tỉnh Sông Biển", DAY)
    made = workbooks_blank(home=home, edition=house.edition, period=H2, seal=SEAL, folder=house.folder / "blank")
    assert made.keys() == {unit.key for unit in house.units.values()}
    assert list(Campaign.objects.values_list("root_id", "period_code")) == [(house.root.pk, "2025-H2")]
