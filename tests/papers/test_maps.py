"""The words of maps: day, share estimated, acts passed, and refusals that name the act."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tienbo.engine.values import Status, Value
from tienbo.papers.maps import ActName, acts_words, bounds_words, map_words, note, refusal, share_words

ACTS = {
    "act-a": ActName("act-a", "Nghị quyết về việc sắp xếp xã", date(2025, 7, 1), "1683/NQ-UBTVQH15"),
    "act-b": ActName("act-b", "Sắp xếp cơ quan chuyên môn", date(2025, 3, 1)),
}


def told(**parts: object) -> Value:
    whole = Value("jobs.new", "unit-1", "2025-H1", "", Status.VALUE, value=Decimal(36), map_day="2025-07-01")
    return whole._replace(**parts)  # type: ignore[arg-type]


def test_the_map_is_named_by_its_day() -> None:
    assert map_words(date(2025, 7, 1)) == "Theo địa giới hành chính tại ngày 01/7/2025"


def test_bounds_are_two_numbers() -> None:
    assert bounds_words("20", "36") == "từ 20 đến 36"


def test_an_act_is_cited_by_number_or_by_title_with_its_day() -> None:
    assert acts_words(("act-b", "act-a"), ACTS) == (
        "việc sắp xếp cơ quan chuyên môn (hiệu lực từ ngày 01/3/2025); "
        "Nghị quyết số 1683/NQ-UBTVQH15 (hiệu lực từ ngày 01/7/2025)"
    )


def test_the_note_names_day_share_and_acts() -> None:
    value = told(estimated_share=Decimal("0.25"), acts=("act-a",))
    assert note([value], ACTS) == [
        "Theo địa giới hành chính tại ngày 01/7/2025.",
        "Số liệu được quy đổi qua Nghị quyết số 1683/NQ-UBTVQH15 (hiệu lực từ ngày 01/7/2025).",
        "25% của số này là ước tính theo tỷ lệ dân số.",
    ]


def test_of_several_figures_the_greatest_share_estimated_is_said() -> None:
    lines = note([told(acts=("act-a",)), told(acts=("act-a",), estimated_share=Decimal("0.4375"))], ACTS)
    assert lines[2] == "Phần ước tính theo tỷ lệ dân số cao nhất là 43,8% của một số liệu."


def test_what_came_whole_has_no_part_estimated() -> None:
    assert note([told(acts=("act-a",), estimated_share=Decimal(0))], ACTS)[2] == "Không có phần ước tính khi quy đổi."


def test_figures_on_their_own_map_have_no_note() -> None:
    assert note([told(map_day="")], ACTS) == []


def test_a_refusal_names_the_act() -> None:
    apart = told(status=Status.NOT_COMPARABLE, value=None, acts=("act-a",))
    assert refusal(apart, ACTS) == (
        "Chưa so sánh được: đơn vị báo cáo đã thay đổi theo Nghị quyết số 1683/NQ-UBTVQH15 (hiệu lực từ ngày 01/7/2025)"
    )
    assert note([apart], ACTS)[-1] == refusal(apart, ACTS) + "."
    gone = told(status=Status.NOT_APPLICABLE, value=None, acts=("act-a",))
    assert refusal(gone, ACTS).startswith("Không áp dụng: tại ngày 01/7/2025 không có đơn vị này, theo Nghị quyết số")


def test_a_share_that_is_nearly_nothing_is_not_printed_as_nothing() -> None:
    assert [share_words(Decimal(one)) for one in ("0.0001", "0.5", "0.9999", "1")] == [
        "dưới 0,1%",
        "50%",
        "trên 99,9%",
        "100%",
    ]
