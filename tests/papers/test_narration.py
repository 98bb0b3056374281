"""Sentences told by hand: what is said, what is left out, what stands in its place."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from tests.papers.a_province import BEFORE, LAST, PERIOD, PROVINCE, context, edition, said

from tienbo.catalogue.definitions import Sentence, Text
from tienbo.core.messages import speaking
from tienbo.core.tasks import Standing
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import Footnote, plain
from tienbo.papers.context import TaskTold
from tienbo.papers.narration import Narrator


def count(code: str, value: int, period: str = PERIOD, **more: Any) -> Value:
    exact = Decimal(value)
    held = {"status": Status.VALUE, "numerator": exact, "value": exact, "units_reported": 12, "units_due": 12}
    return Value(code, PROVINCE.key, period, **{**held, **more})


def share(code: str, over: int, under: int, period: str = PERIOD, **more: Any) -> Value:
    top, bottom = Decimal(over), Decimal(under)
    held = {"units_reported": 12, "units_due": 12}
    if not under:
        return Value(code, PROVINCE.key, period, status=Status.NONE_OCCURRED, numerator=top, denominator=bottom, **held)
    value = top * 100 / bottom
    held |= {"status": Status.VALUE, "numerator": top, "denominator": bottom, "value": value, **more}
    return Value(code, PROVINCE.key, period, **held)


def narrator(held: Iterable[Value], **changes: Any) -> Narrator:
    return Narrator(Binder(edition(), FrozenValues.of(held), context(**changes)))


def tell(text: str, *held: Value, lang: Any = "vi", needs: tuple[str, ...] = (), **changes: Any) -> str:
    sentence = Sentence(text=Text(vi=text, en=text), needs=needs)
    with speaking(lang):
        return plain(narrator(held, **changes).sentence(sentence))


def test_a_count_is_written_as_its_reader_writes_it() -> None:
    held = count("training.attendances", 16369)
    assert tell("{training.attendances} lượt.", held) == "16.369 lượt."
    assert tell("{training.attendances} attendances.", held, lang="en") == "16,369 attendances."


def test_a_share_has_its_sign_one_decimal_and_no_trailing_zero() -> None:
    assert tell("chiếm {jobs.women_share}.", share("jobs.women_share", 1, 3)) == "chiếm 33,3%."
    assert tell("chiếm {jobs.women_share}.", share("jobs.women_share", 62, 100)) == "chiếm 62%."
    text = "{jobs.women_share|numerator}/{jobs.women_share|denominator}"
    assert tell(text, share("jobs.women_share", 682, 1100)) == "682/1.100"


def test_a_lower_bound_is_said_with_its_word() -> None:
    held = count("training.attendances", 3000, qualifier="at_least")
    assert tell("với {training.attendances} lượt người.", held) == "với trên 3.000 lượt người."
    assert tell("with {training.attendances}.", held, lang="en") == "with over 3,000."


def test_what_has_no_value_is_not_said_and_its_clause_falls_away() -> None:
    classes = count("training.classes", 21)
    text = "Tổ chức {training.classes} lớp[[ với {training.attendances} lượt người]]."
    assert tell(text, classes) == "Tổ chức 21 lớp."
    assert tell(text, count("training.attendances", 9)) == ""
    assert tell(text, classes, count("training.attendances", 900)) == "Tổ chức 21 lớp với 900 lượt người."


def test_a_clause_about_nothing_is_left_out() -> None:
    text = "Có {gbv.models.active} mô hình[[, trong đó {gbv.models.new} mô hình mới]]."
    assert tell(text, count("gbv.models.active", 5), count("gbv.models.new", 0)) == "Có 5 mô hình."


def test_a_base_of_zero_is_said_in_the_words_of_its_indicator() -> None:
    text = "Trong số người bị bạo lực, {gbv.victims_served_share} được hỗ trợ."
    held = share("gbv.victims_served_share", 0, 0)
    zero = edition().indicators["gbv.victims_served_share"].zero_base
    assert zero is not None
    assert tell(text, held) == f"{zero.vi}."
    assert "0%" not in tell(text, held)


def test_a_sentence_waits_for_what_it_needs() -> None:
    text = "Tổ chức {training.classes} lớp."
    none, some = count("training.classes", 0), count("training.classes", 2)
    assert tell(text, none, needs=("training.classes>0",)) == ""
    assert tell(text, some, needs=("training.classes>0",)) == "Tổ chức 2 lớp."
    assert tell("Không phát sinh.", none, needs=("training.classes=0",)) == "Không phát sinh."
    assert tell("Không phát sinh.", needs=("training.classes=0",)) == "", "not reported is not zero"


def test_shares_change_in_points_and_counts_in_what_is_counted() -> None:
    was, now = share("jobs.women_share", 40, 100, LAST), share("jobs.women_share", 85, 200)
    assert tell("Nữ {jobs.women_share|change}.", was, now) == "Nữ tăng 2,5 điểm phần trăm so với cùng kỳ năm trước."
    down = share("jobs.women_share", 30, 100)
    assert tell("Nữ {jobs.women_share|change}.", was, down) == "Nữ giảm 10,0 điểm phần trăm so với cùng kỳ năm trước."
    counts = count("training.classes", 16, LAST), count("training.classes", 21)
    assert tell("Số lớp {training.classes|change:lớp}.", *counts) == "Số lớp tăng 5 lớp so với cùng kỳ năm trước."


def test_a_change_that_rounds_to_nothing_is_no_change() -> None:
    was, now = share("jobs.women_share", 40000, 100000, LAST), share("jobs.women_share", 40001, 100000)
    assert tell("Nữ {jobs.women_share|change}.", was, now) == "Nữ bằng cùng kỳ năm trước."


def test_nothing_is_compared_across_another_map_of_units() -> None:
    counts = count("training.classes", 16, LAST), count("training.classes", 21)
    text = "Tổ chức {training.classes} lớp[[, {training.classes|change:lớp}]]."
    assert tell(text, *counts, comparable={LAST: False}) == "Tổ chức 21 lớp."
    apart = "Chưa so sánh được."
    assert tell(apart, needs=("@not_comparable",), comparable={LAST: False}) == apart
    assert tell(apart, needs=("@not_comparable",)) == ""
    assert tell(apart, needs=("@not_comparable",), same_last_year=None) == "", "no earlier period is no other map"


def test_a_count_of_fewer_units_is_not_compared() -> None:
    was = count("training.classes", 16, LAST, units_reported=11)
    text = "{training.classes} lớp[[, {training.classes|change:lớp}]]."
    assert tell(text, was, count("training.classes", 21)) == "21 lớp."
    assert tell(text, count("training.classes", 16, LAST), count("training.classes", 21, units_reported=11)).startswith(
        "21 lớp."
    )


def test_nothing_is_compared_with_a_lower_bound() -> None:
    was = count("training.attendances", 2000, LAST, qualifier="at_least")
    text = "{training.attendances}[[, {training.attendances|change:lượt}]]."
    assert tell(text, was, count("training.attendances", 3000)) == "3.000."


@pytest.mark.parametrize(("part", "period"), [("before", LAST), ("previous", BEFORE), ("last_year", "2025")])
def test_earlier_periods_are_named_by_part(part: str, period: str) -> None:
    assert tell("{training.classes|" + part + "}", count("training.classes", 7, period)) == "7"


def test_the_place_of_a_name_decides_its_first_letter() -> None:
    assert tell("{unit}: {locality}.") == "Tỉnh Sông Mây: tỉnh Sông Mây."
    city = PROVINCE.__class__("unit_c", "Thành phố Hồ Chí Minh", "province")
    assert tell("{locality}", unit=city) == "Thành phố Hồ Chí Minh"
    office = PROVINCE.__class__("unit_d", "Sở Nội vụ", "department.home_affairs")
    assert tell("{locality}", unit=office) == "Sở Nội vụ"


def test_days_and_periods_are_words_of_state_paper() -> None:
    assert tell("{period}; {next_period}; {start}-{end}; {year}") == (
        "6 tháng đầu năm 2026; 6 tháng cuối năm 2026; 15/12/2025-14/6/2026; 2026"
    )


def test_many_names_are_counted_and_one_more_is_named() -> None:
    names = tuple(f"Xã {letter}" for letter in "ABCDEFGHIJKL")
    text = "{missing} đơn vị: {missing_names}."
    assert tell(text, missing=names, due=20) == (
        "12 đơn vị: Xã A, Xã B, Xã C, Xã D, Xã E, Xã F, Xã G, Xã H, Xã I, Xã J và 2 đơn vị khác."
    )
    assert tell(text, missing=names[:11], due=20).endswith("Xã I, Xã J, Xã K.")
    assert tell(text, missing=("Sở Văn hóa, Thể thao và Du lịch", "Xã A"), due=20).endswith("Du lịch; Xã A.")
    assert tell(text, missing=()) == ""


def test_a_note_stands_at_the_end_of_its_sentence_and_once_under_a_heading() -> None:
    estimated = count("training.attendances", 900, units_estimated=2, qualifier="estimate")
    told = narrator([estimated, count("training.classes", 5)])
    sentence = Sentence(text=Text(vi="{training.attendances} lượt trong {training.classes} lớp.", en=""))
    first = told.sentence(sentence)
    assert isinstance(first[-1], Footnote)
    assert [one for one in first[:-1] if isinstance(one, Footnote)] == []
    assert plain(first[-1].runs) == "Số lượt người tham gia tập huấn: Có số liệu ước thực hiện."
    assert not [one for one in told.sentence(sentence) if isinstance(one, Footnote)]


def test_units_without_a_return_are_noted_only_where_the_report_does_not_name_them() -> None:
    held = count("training.classes", 5, units_reported=10, units_due=12)
    told = tell("{training.classes} lớp.", held, missing=("Xã A", "Xã B"), missing_kinds=("commune", "commune"), due=12)
    assert told == "5 lớp."
    told = tell("{training.classes} lớp.", held, missing=("Xã A",), missing_kinds=("commune",), due=12)
    assert told.startswith("5 lớp. [Số lớp tập huấn: Số liệu của 10 trong tổng số 12 đơn vị ")
    deputies = share("hdnd.commune.women_share", 3, 10, units_reported=11, units_due=12)
    told = tell("{hdnd.commune.women_share}", deputies, missing=("Sở A",), missing_kinds=("department",), due=13)
    assert "11 trong tổng số 12" in told, "a department does not report deputies: another unit is silent"


def test_texts_of_many_units_are_joined_sentence_by_sentence() -> None:
    words = (
        said("limitation", "Xã A", "Kinh phí còn ít. Cán bộ kiêm nhiệm."),
        said("limitation", "Xã B", "- cán bộ kiêm nhiệm;\n- Địa bàn TP. Vinh rộng."),
    )
    found = narrator([], texts=words).binder.cited("limitation")
    assert [(one.text, one.units) for one in found] == [
        ("Kinh phí còn ít", ("Xã A",)),
        ("Cán bộ kiêm nhiệm", ("Xã A", "Xã B")),
        ("Địa bàn TP. Vinh rộng", ("Xã B",)),
    ]


def test_a_units_own_words_stay_as_it_wrote_them() -> None:
    words = (said("limitation", PROVINCE.name, "Kinh phí còn ít. Cán bộ kiêm nhiệm.\nĐịa bàn rộng."),)
    found = narrator([], texts=words).binder.cited("limitation")
    assert [one.text for one in found] == ["Kinh phí còn ít. Cán bộ kiêm nhiệm", "Địa bàn rộng"]


def test_as_many_unmet_targets_are_named_as_are_counted() -> None:
    """Two documents ask for the same quantity: each is said, by its document."""
    held = share("leadership.agencies_with_women", 60, 100)
    told = tell("Có {targets_unmet} chỉ tiêu chưa đạt: {unmet_names}.", held)
    counted, _, names = told.removeprefix("Có ").partition(" chỉ tiêu chưa đạt: ")
    assert int(counted) == len(names.split("; ")) == 2
    assert "là nữ (NQ 28/NQ-CP)" in names
    assert "là nữ (QĐ 2282/QĐ-TTg)" in names


def test_counts_of_tasks_are_written_as_offices_write_them() -> None:
    held = [Standing("done", "on_time", False)] * 7 + [Standing("open", "within", False)] * 5
    tasks = tuple(TaskTold(f"task_{n}", "Việc", "unit_A", "Sở A", one) for n, one in enumerate(held))
    text = "{tasks_done}/{tasks_all}[[, {tasks_late} quá hạn]]."
    assert tell(text, tasks=tasks) == "07/12."
    assert tell(text, tasks=tasks, lang="en") == "7/12."
    assert tell(text, needs=("tasks_all>0",)) == ""
