"""A paper over a change of units and of definitions: recast figures, their notes and keys, bounds, broken lines."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.papers.a_province import BEFORE, LAST, PROVINCE, context, edition, invented, report, values

from tienbo.catalogue.definitions import Redefinition, Text
from tienbo.catalogue.fingerprint import canonical, fingerprint, from_canonical, in_reading_order
from tienbo.catalogue.loading import Edition
from tienbo.core.words import rounded
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.papers.bindings import Binder, Source, source_of
from tienbo.papers.blocks import Chart, Document, plain
from tienbo.papers.docx import write_docx
from tienbo.papers.maps import ActName
from tienbo.papers.proofread import proofread
from tienbo.papers.report import compose
from tienbo.papers.trends import line, notes

DAY = "2026-06-14"
ACT = ActName("act-1", "Nghị quyết về việc sắp xếp đơn vị hành chính", date(2025, 7, 1), "1683/NQ-UBTVQH15")
JOBS, PARTY = "jobs.new", "party.commune.women_share"


def recast(value: Value, **parts: object) -> Value:
    return value._replace(map_day=DAY, acts=("act-1",), low=value.value, high=value.value, **parts)  # type: ignore[arg-type]


def told(share: str = "0.4375", **changed: object) -> list[Value]:
    """Everything of before recast; `changed` is of jobs.new in the same period last year."""
    found = []
    for indicator in edition().indicators.values():
        if indicator.terms:
            for period in (LAST, BEFORE, "2025"):
                value = recast(invented(indicator, PROVINCE.key, period, 12), estimated_share=Decimal(0))
                if indicator.code == JOBS and period == LAST:
                    value = value._replace(estimated_share=Decimal(share), **changed)  # type: ignore[arg-type]
                found.append(value)
    return found


def paper(**changed: object) -> Document:
    return report(changed=told(**changed), acts=(ACT,))  # type: ignore[arg-type]


def words(document: Document) -> str:
    return re.sub(r"\s+", " ", "\n".join(document.lines()))


def test_a_report_says_once_that_earlier_figures_are_recast_and_compares() -> None:
    text = words(paper())
    assert (
        "Để so sánh, số liệu các kỳ trước được quy đổi theo địa giới hành chính tại ngày 14/6/2026, qua "
        "Nghị quyết số 1683/NQ-UBTVQH15 (hiệu lực từ ngày 01/7/2025). "
        "Phần ước tính theo tỷ lệ dân số cao nhất là 43,8% của một số liệu."
    ) in text
    assert "so với cùng kỳ năm trước" in text
    assert "chưa so sánh được" not in text


def test_a_report_on_one_map_says_nothing_of_maps() -> None:
    assert "quy đổi" not in words(report())


def test_every_figure_of_a_recast_report_is_found_again_by_its_key() -> None:
    held = context(acts=(ACT,))
    binder = Binder(edition(), values(held.children, told()), held)
    bounds = [one for one in paper().bounds() if one.key.endswith(f"|{DAY}")]
    assert {one.key.partition(":")[0] for one in bounds} == {"value", "change"}
    for bound in bounds:
        exact = binder.resolve(bound.key)
        assert exact is not None, bound
        shown = re.search(r"\d[\d.]*(?:,\d+)?", bound.text)
        if shown is not None:
            decimals = len(re.sub(r"\D.*", "", bound.text.partition(",")[2]))
            assert Decimal(shown[0].replace(".", "").replace(",", ".")) == rounded(abs(exact), decimals), bound


def test_a_key_of_another_map_than_the_release_holds_has_no_number() -> None:
    binder = Binder(edition(), values((), told()), context(acts=(ACT,)))
    key = binder.key(binder.value(JOBS, LAST))
    assert key == f"value:{JOBS}|{PROVINCE.key}|{LAST}||value|{DAY}"
    assert binder.resolve(key) is not None
    assert binder.resolve(key.replace(DAY, "2025-07-01")) is None
    assert binder.resolve(key.removesuffix(f"|{DAY}")) is None


def test_a_key_says_what_to_ask_for_an_explanation() -> None:
    held = Source(JOBS, "unit_p", LAST, date(2026, 6, 14))
    assert source_of(f"value:{JOBS}|unit_p|{LAST}||value|{DAY}") == held
    assert source_of(f"value:{JOBS}|unit_p|{LAST}||value") == held._replace(map_day=None)
    assert source_of(f"gap:T-1|2026|{JOBS}|unit_p|{LAST}|{DAY}") == held
    assert source_of("units:due") is None


def test_bounds_are_written_as_two_numbers() -> None:
    low, high = Decimal(20), Decimal(36)
    between = told(status=Status.INTERVAL, value=None)
    value = next(one for one in between if one.indicator == JOBS and one.period == LAST)
    binder = Binder(edition(), FrozenValues.of([value._replace(low=low, high=high)]), context(acts=(ACT,)))
    held = binder.value(JOBS, LAST)
    assert plain(binder.cell(held)) == "từ 20 đến 36"
    assert [binder.resolve(binder.key(held, part)) for part in ("low", "high")] == [low, high]


def test_what_cannot_be_divided_is_not_compared_and_the_act_is_named() -> None:
    text = words(
        report(changed=[one._replace(status=Status.NOT_COMPARABLE, value=None) for one in told()], acts=(ACT,))
    )
    assert "Chưa so sánh được: đơn vị báo cáo đã thay đổi theo Nghị quyết số 1683/NQ-UBTVQH15" in text


def redefined_from(first: str) -> Edition:
    element = edition().elements["jobs.new"]
    new = Redefinition(first=first, what=Text(vi="Chỉ tính lao động có hợp đồng", en="Contracts only"))
    changed = element.model_copy(update={"redefined": (new,)})
    return replace(edition(), elements={**edition().elements, element.code: changed})


def test_a_new_definition_is_not_held_against_the_old_one_and_says_so() -> None:
    made, held = redefined_from("2026-H1"), context()
    binder = Binder(made, values(), held)
    assert binder.change(binder.value(JOBS), binder.value(JOBS, LAST)) is None
    assert binder.change(binder.value("com.attendances"), binder.value("com.attendances", LAST)) is not None
    document = compose(edition=made, outline=made.outlines["six_month_province"], values=values(), context=held)
    expected = (
        "Số lao động được tạo việc làm mới: chưa so sánh được với các kỳ trước 6 tháng đầu năm 2026, vì cách tính"
    )
    assert f"{expected} đã thay đổi: Chỉ tính lao động có hợp đồng." in words(document)


def test_a_new_definition_parts_the_line_and_a_change_of_units_marks_it() -> None:
    made = redefined_from("2026-H1")
    points = [one for one in told() if one.indicator == JOBS and one.period == LAST]
    points += [invented(made.indicators[JOBS], PROVINCE.key, period) for period in (BEFORE, "2026-H1")]
    drawn = line(made, made.indicators[JOBS], points, {"act-1": ACT})
    assert [(point.is_recast, point.stretch) for point in drawn.points] == [(True, 0), (False, 0), (False, 1)]
    assert [(one.at, one.words) for one in drawn.breaks] == [(2024.75, "01/7/2025"), (2025.25, "cách tính mới")]


def test_a_chart_of_recast_points_says_what_its_marks_mean() -> None:
    charts = [one for one in paper().blocks() if isinstance(one, Chart) and "quy đổi" in one.note]
    assert charts
    assert all("Theo địa giới hành chính tại ngày 14/6/2026." in one.note for one in charts)
    assert all("Điểm rỗng" in one.note and "01/7/2025" in one.svg for one in charts)


def test_a_line_with_bounds_names_their_acts_and_the_share_estimated_too() -> None:
    made = edition()
    exact = recast(invented(made.indicators[JOBS], PROVINCE.key, BEFORE, 12), estimated_share=Decimal(0))._replace(
        acts=()
    )
    bounds = recast(invented(made.indicators[JOBS], PROVINCE.key, LAST, 12), estimated_share=Decimal("0.528"))
    bounds = bounds._replace(status=Status.INTERVAL, numerator=None, low=Decimal(77), high=Decimal(163))
    drawn = line(made, made.indicators[JOBS], [exact, bounds], {"act-1": ACT})
    said = " ".join(notes(drawn, [exact, bounds], {"act-1": ACT}))
    assert "1683/NQ-UBTVQH15" in said
    assert "52,8%" in said
    assert "Không có phần ước tính" not in said
    assert said.count("nằm trong khoảng này") == 1, "what the bars mean is said once"


def test_a_redefinition_begins_with_a_half_year() -> None:
    with pytest.raises(ValueError, match="not a half-year"):
        Redefinition(first="2026", what=Text(vi="x", en="x"))


def test_an_edition_without_a_new_definition_keeps_its_text() -> None:
    assert "redefined" not in canonical(edition())


def test_an_edition_that_was_kept_is_read_in_the_order_it_is_printed_in() -> None:
    kept = in_reading_order(from_canonical(canonical(edition())))
    assert list(kept.indicators) == list(edition().indicators)
    assert fingerprint(kept) == fingerprint(edition())


def test_a_recast_report_is_proofread_like_any_other(tmp_path: Path) -> None:
    document = paper()
    path = tmp_path / "report.docx"
    write_docx(document, path)
    proof = proofread(path.read_bytes(), document)
    assert proof.findings == ()
