"""Whole papers: every outline of the pack, every figure bound to its release, nothing said that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.papers.a_province import LAST, PERIOD, PROVINCE, communes, context, edition, report, said, values

from tienbo.catalogue.loading import PACKS, read
from tienbo.catalogue.rules import printed
from tienbo.catalogue.sentences import parse, places
from tienbo.core.messages import speaking
from tienbo.core.words import number, rounded
from tienbo.engine.values import Status, Value
from tienbo.papers import chart
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import Block, Bound, Chart, Document, Footnote, Heading, Paragraph, Table
from tienbo.papers.context import UnitRef

OF_PROVINCE = ("six_month_province", "year_province", "action_month_province", "thematic_representation",
               "thematic_rule30")  # fmt: skip
PERIODS = {"year_province": "2026", "action_month_province": "2026-H2"}
TEXTS = (
    said("highlight", "Xã Mây 01", "Mở rộng mô hình truyền thông"),
    said("highlight", "Xã Mây 02", "Mở rộng mô hình truyền thông"),
    said("limitation", "Xã Mây 03", "Kinh phí còn hạn hẹp"),
    said("proposal", "Xã Mây 03", "Bố trí kinh phí riêng", "UBND tỉnh"),
    said("next", "Sở Y tế", "Tập huấn cho cán bộ y tế"),
)


def half_year(outline: str, **changes: Any) -> Document:
    return report(outline, texts=TEXTS, period=PERIODS.get(outline, PERIOD), **changes)


def runs(document: Document) -> Iterator[str | Bound | Footnote]:
    for block in document.blocks():
        if isinstance(block, Paragraph):
            yield from block.runs
        elif isinstance(block, Table):
            for row in block.rows:
                for cell in row:
                    yield from cell.runs
            for note in block.notes:
                yield from note


def strings(document: Document) -> Iterator[str]:
    """What stands on the paper as words, those of footnotes too."""
    for run in runs(document):
        if isinstance(run, Footnote):
            yield from (one for one in run.runs if isinstance(one, str))
        elif isinstance(run, str):
            yield run


def headings(document: Document) -> list[str]:
    return [f"{one.number} {one.text}".strip() for one in document.body if isinstance(one, Heading)]


def find(document: Document, words: str) -> str:
    return next((line for line in document.lines() if words in line), "")


def table(blocks: Iterator[Block] | tuple[Block, ...], columns: int) -> Table:
    return next(one for one in blocks if isinstance(one, Table) and len(one.columns) == columns)


# ------------------------------------------------------------------------------------------------ the outlines


def test_the_outlines_of_the_pack_keep_every_rule() -> None:
    made, faults = read(PACKS / "vn")
    assert faults == []
    assert [fault.sentence() for rule in printed.RULES for fault in rule(made)] == []


def test_every_kind_of_unit_that_fills_in_a_form_has_a_report_of_its_own() -> None:
    own = {kind for outline in edition().outlines.values() if outline.kind == "own" for kind in outline.for_kinds}
    asked = {kind.partition(".")[0] for form in edition().forms.values() for kind in form.for_kinds}
    assert asked - own == {"district", "nation"}, "the one reports every half-year, the other to the National Assembly"


def test_both_languages_of_every_sentence_can_be_read() -> None:
    for outline in edition().outlines.values():
        for text in outline.every_text():
            assert len(list(places(parse(text.vi)))) == len(list(places(parse(text.en))))


WRITTEN = {"09/2019/NĐ-CP", "28/NQ-CP", "2021-2030", "11-NQ/TW", "1790/QĐ-TTg", "30%", "2030", "100"}
"""Digits that outlines write themselves: numbers and years of documents, the name of the 30 % rule, per 100 girls."""


def test_an_outline_writes_no_figure_itself() -> None:
    for outline in edition().outlines.values():
        for text in outline.every_text():
            for words in (text.vi, text.en):
                for piece in _literals(words):
                    for digits in re.findall(r"[^\s(),;:]*\d[^\s(),;:]*", piece.replace("trai/100", "trai/ 100")):
                        assert digits.strip("./") in WRITTEN, f"{outline.code}: {digits} in “{words}”"


def _literals(text: str) -> Iterator[str]:
    for piece in parse(text):
        if isinstance(piece, str):
            yield piece
        else:
            yield from (part for part in getattr(piece, "pieces", ()) if isinstance(part, str))


# ------------------------------------------------------------------------------------------------ bound figures


def _shown(bound: Bound) -> Decimal | None:
    """The number a text shows, read back by other means than it was written."""
    found = re.search(r"\d[\d.]*(?:,\d+)?", bound.text)
    return Decimal(found[0].replace(".", "").replace(",", ".")) if found else None


@pytest.mark.parametrize("outline", OF_PROVINCE)
def test_every_figure_on_paper_is_the_number_of_the_release_rounded_once(outline: str) -> None:
    period = PERIODS.get(outline, PERIOD)
    held = context(texts=TEXTS, period=period)
    document = half_year(outline)
    binder = Binder(edition(), values(held.children), held)
    bounds = list(document.bounds())
    assert len(bounds) > 15
    for bound in bounds:
        exact, shown = binder.resolve(bound.key), _shown(bound)
        assert exact is not None, bound
        if shown is None:
            assert bound.text in ("Có", "Không", "bằng cùng kỳ năm trước"), bound
            continue
        decimals = len(re.sub(r"\D.*", "", bound.text.partition(",")[2]))
        assert shown == rounded(abs(exact), decimals), bound


@pytest.mark.parametrize("outline", OF_PROVINCE)
def test_no_digit_stands_on_paper_that_is_no_bound_figure(outline: str) -> None:
    """What is left of the paper's words, after names, days and the outline's own words, has no digits."""
    document = half_year(outline)
    made = edition()
    names = [one.name.vi for kind in (made.targets, made.indicators, made.groups) for one in kind.values()]
    names += [child.name for child in communes()]
    names += [one.zero_base.vi for one in made.indicators.values() if one.zero_base]
    for words in strings(document):
        left = words
        for name in sorted(names, key=len, reverse=True):
            left = left.replace(name, "")
        left = re.sub(r"\b\d{2}/\d{1,2}/\d{4}\b|6 tháng (đầu|cuối) năm \d{4}|[Nn]ăm \d{4}", "", left)
        left = re.sub(r"trên (100\.000|1\.000|100)\b", "", left)
        for digits in re.findall(r"[^\s(),;:]*\d[^\s(),;:]*", left.replace("trai/100", "trai/ 100")):
            number_of_row = re.fullmatch(r"\d+(\.\d+)?", words)
            assert number_of_row or digits.strip("./") in WRITTEN, f"{digits!r} in “{words}”"


def test_a_value_the_release_does_not_hold_cannot_be_printed() -> None:
    gone = Value("training.classes", PROVINCE.key, PERIOD)
    document = report(changed=[gone])
    assert find(document, "lớp tập huấn về giới") == ""


# ------------------------------------------------------------------------------------------------- what is said


def test_a_paper_is_composed_the_same_each_time() -> None:
    assert half_year("six_month_province") == half_year("six_month_province")


def test_parts_stand_in_the_order_of_the_reports_that_were_read() -> None:
    parts = [line for line in headings(half_year("six_month_province")) if line.startswith("Phần")]
    assert parts == [
        "Phần I KẾT QUẢ THỰC HIỆN",
        "Phần II ĐÁNH GIÁ CHUNG",
        "Phần III PHƯƠNG HƯỚNG, NHIỆM VỤ TRỌNG TÂM 6 THÁNG CUỐI NĂM 2026",
        "Phần IV KIẾN NGHỊ, ĐỀ XUẤT",
    ]


def test_a_heading_without_anything_under_it_is_not_printed_and_numbers_close_up() -> None:
    none = {code: Value(code, PROVINCE.key, PERIOD) for code in edition().indicators}
    document = report(changed=none.values(), children=())
    # The count of targets is always known: all are missing.
    numbered = [one for one in headings(document) if re.match(r"\d", one)]
    assert numbered == ["1. Kết quả thực hiện các mục tiêu, chỉ tiêu"]
    one = Value("training.classes", PROVINCE.key, PERIOD, status=Status.VALUE, numerator=Decimal(2), value=Decimal(2))
    document = report(changed=[*none.values(), one], children=())
    assert "2. Tập huấn, nâng cao năng lực" in headings(document)


def test_words_of_the_units_are_cited_with_their_authors_and_addressees() -> None:
    document = half_year("six_month_province")
    assert "Mở rộng mô hình truyền thông (Xã Mây 01, Xã Mây 02)." in list(document.lines())
    assert "1. Đối với UBND tỉnh" in headings(document)
    assert find(document, "Bố trí kinh phí riêng (Xã Mây 03).")


def test_of_many_words_those_most_units_wrote_are_cited_and_all_stand_in_the_annex() -> None:
    texts = [said("highlight", f"Xã {unit}", f"Việc {work}") for work in range(1, 13) for unit in range(work)]
    document = report(texts=tuple(texts))
    cited = [line for line in (document_line(one) for one in document.body) if line.startswith("Việc")]
    # Work 12 was written by twelve units, work 11 by eleven … : the first eight of them.
    assert [int(re.findall(r"\d+", line)[0]) for line in cited] == [12, 11, 10, 9, 8, 7, 6, 5]
    annex = next(one for one in document.annex if "ý kiến" in one.title)
    (held,) = [one for one in annex.blocks if isinstance(one, Table)]
    assert len(held.rows) == 12


def document_line(block: Block) -> str:
    if not isinstance(block, Paragraph):
        return ""
    return "".join(run if isinstance(run, str) else getattr(run, "text", "") for run in block.runs)


def test_missing_units_and_estimates_are_named_in_the_opening() -> None:
    document = report(missing=("Xã Mây 01",), missing_kinds=("commune",), estimated=("Xã Mây 02",))
    opening = [document_line(block) for block in document.body[:3]]
    assert "báo cáo của 11/12 cơ quan, đơn vị, địa phương" in opening[1]
    assert "còn 1 đơn vị chưa có báo cáo: Xã Mây 01." in opening[1]
    assert "Xã Mây 02" in opening[2]
    annex = next(one for one in document.annex if "chưa có báo cáo" in one.title)
    states = [[document_cell(cell) for cell in row] for row in table(annex.blocks, 3).rows]
    assert states == [
        ["1", "Xã Mây 01", "chưa có báo cáo"],
        ["2", "Xã Mây 02", "có số liệu ước thực hiện"],
    ]


def document_cell(cell: Any) -> str:
    return "".join(run if isinstance(run, str) else run.text for run in cell.runs)


def test_across_another_map_the_paper_says_once_that_it_cannot_compare() -> None:
    document = report(comparable={LAST: False, "2025": False})
    assert find(document, "chưa so sánh được với cùng kỳ năm trước")
    assert "so với cùng kỳ năm trước" not in " ".join(strings(document))
    targets = table(document.annex[0].blocks, 9)
    compared = [document_cell(row[7]) for row in targets.rows if len(row) == 9]
    assert set(compared) <= {"chưa so sánh được", "–"}
    assert "chưa so sánh được" in compared


def test_the_working_table_has_the_columns_of_a_working_one() -> None:
    labels = [column.label for column in table(report().annex[0].blocks, 9).columns]
    assert labels == ["TT", "Mục tiêu, chỉ tiêu", "Đơn vị tính", "Thực hiện năm trước", "Kế hoạch năm",
                      "Thực hiện kỳ này", "% KH", "So cùng kỳ", "Ghi chú"]  # fmt: skip


def test_a_row_of_the_working_table_worked_by_hand() -> None:
    """62 of 100 agencies against ≥ 75 in 2030; 60 in 2025: 82.7 % of the plan, 13 points short; line for 2026: 63."""
    code = "leadership.agencies_with_women"
    held = {"status": Status.VALUE, "denominator": Decimal(100), "units_reported": 11, "units_due": 12}
    now = Value(code, PROVINCE.key, PERIOD, numerator=Decimal(62), value=Decimal(62), **held)
    before = Value(code, PROVINCE.key, LAST, numerator=Decimal(59), value=Decimal(59), **held)
    document = report(changed=[now, before])
    rows = table(document.annex[0].blocks, 9).rows
    row = next(row for row in rows if len(row) == 9 and "có lãnh đạo chủ chốt là nữ" in document_cell(row[1]))
    cells = [document_cell(cell) for cell in row]
    assert cells[4:8] == ["≥ 75 (năm 2030)", "62,0", "82,7", "+3,0 điểm phần trăm"]
    assert "thấp hơn 13,0 điểm phần trăm" in cells[8]
    assert "11/12" in cells[8]
    assert "63,0" in cells[8]
    assert "ội suy năm 2026" in cells[8], "a value between two years is called what it is"


def test_about_has_a_gap_and_no_verdict() -> None:
    code = "labour.women_wage_share"  # khoảng 60% in 2030
    now = Value(code, PROVINCE.key, "2026-H2", status=Status.VALUE, numerator=Decimal(61), denominator=Decimal(100),
                value=Decimal(61), units_reported=1, units_due=1)  # fmt: skip
    document = report(changed=[now], period="2026-H2")
    rows = table(document.annex[0].blocks, 9).rows
    row = next(row for row in rows if len(row) == 9 and "làm công hưởng lương" in document_cell(row[1]))
    words = document_cell(row[8]).casefold()
    assert "khoảng 60" in document_cell(row[4])
    assert "cao hơn 1,0" in words
    assert "đạt" not in words


def test_the_thirty_per_cent_rule_is_shown_unit_by_unit() -> None:
    def of(unit: str, met: int, due: int) -> Value:
        top, under = Decimal(met), Decimal(due)
        held = {"status": Status.VALUE if due else Status.NONE_OCCURRED, "numerator": top, "denominator": under}
        return Value("rule30.met_share", unit, PERIOD, value=top * 100 / under if due else None, **held)

    children = communes(3)
    changed = [of(children[0].key, 2, 3), of(children[1].key, 3, 3), of(children[2].key, 0, 0)]
    document = report(changed=changed, children=children)
    annex = next(one for one in document.annex if "30% nữ" in one.title)
    rows = [[document_cell(cell) for cell in row] for row in table(annex.blocks, 5).rows]
    assert rows == [
        ["1", "Xã Mây 01", "3", "2", "chưa đáp ứng"],
        ["2", "Xã Mây 02", "3", "3", "đáp ứng"],
    ], "a commune without such an agency is not in the table"


def test_a_league_has_the_whole_first_and_every_unit_below() -> None:
    document = report(children=communes(5))
    annex = next(one for one in document.annex if one.title.startswith("Số liệu theo đơn vị"))
    league = next(one for one in annex.blocks if isinstance(one, Table))
    assert [document_cell(row[1]) for row in league.rows] == ["Tổng số", *(child.name for child in communes(5))]


def test_a_six_month_report_has_six_charts_at_most() -> None:
    document = half_year("six_month_province")
    charts = [one for one in document.blocks() if isinstance(one, Chart)]
    assert 3 <= len(charts) <= 6
    assert all(one.alt and "<svg" in one.svg for one in charts)


def test_a_chart_has_the_names_and_values_of_its_units_in_order() -> None:
    order = chart.ranked(
        [chart.Bar("Xã Đa", Decimal(5)), chart.Bar("Xã Ân", Decimal(5)), chart.Bar("Xã Bê", Decimal(9))]
    )
    assert [bar.name for bar in order] == ["Xã Bê", "Xã Ân", "Xã Đa"]
    drawn = chart.svg(chart.bars(order, unit="%"))
    assert all(f">{name}</text>" in drawn for name in ("Xã Bê", "Xã Ân", "Xã Đa"))


def test_a_trend_names_whole_years_only() -> None:
    points = [chart.Point(2025.0, Decimal("23.7")), chart.Point(2025.5, Decimal("24.0"))]
    drawn = chart.svg(chart.trend(points, [], unit="%"))
    assert re.findall(r">(20\d\d)</text>", drawn) == ["2025", "2026"]
    spec = chart.trend(points, [], unit="%")
    low, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert high - low == chart.LEAST_POINTS, "a third of a point is no mountain"


# ------------------------------------------------------------------------------------------- own, notice, tongue


@pytest.mark.parametrize(
    ("outline", "kind", "name", "profile"),
    [
        ("own_commune", "commune", "Xã Mây 01", "ubnd_xa"),
        ("own_department", "department.health", "Sở Y tế", "so_nganh"),
        ("own_front", "front", "Hội Nông dân tỉnh", "mat_tran"),
        ("own_party", "party.organisation", "Ban Tổ chức Tỉnh ủy", "dang"),
        ("own_force", "force", "Công an tỉnh", "luc_luong"),
    ],
)
def test_each_kind_of_unit_gets_its_own_report(outline: str, kind: str, name: str, profile: str) -> None:
    unit = UnitRef("unit_own", name, kind)
    signed = edition().signing_profiles[profile]
    document = report(outline, unit=unit, profile=signed, children=(), due=1)
    assert name.upper() in document.front.issuer.replace("\u00a0", " ")
    assert headings(document)[0] == "I. KẾT QUẢ THỰC HIỆN"
    assert document.back.recipients[-1].startswith("Lưu: VT")


def test_a_party_body_does_not_carry_the_name_of_the_state() -> None:
    unit = UnitRef("unit_own", "Ban Tổ chức Tỉnh ủy", "party.organisation")
    document = report("own_party", unit=unit, profile=edition().signing_profiles["dang"], children=())
    assert (document.front.nation, document.front.motto) == ("ĐẢNG CỘNG SẢN VIỆT NAM", "")
    assert document.front.number.split()[1].startswith("-BC/")


def test_the_number_is_left_blank_for_the_office_that_registers_papers() -> None:
    front = report().front
    assert re.fullmatch(r"Số: +/BC-BVSTBPN", front.number)
    assert front.place_and_date == "Sông Mây, ngày      tháng      năm 2026"


def test_a_demonstration_says_so_and_real_paper_does_not() -> None:
    assert report(notice="Số liệu minh họa").notice == "Số liệu minh họa"
    assert report().notice == ""


@pytest.mark.parametrize("outline", [*OF_PROVINCE, "own_commune"])
def test_the_same_report_in_english_has_the_same_figures(outline: str) -> None:
    vietnamese = half_year(outline)
    english = half_year(outline, lang="en")
    # English may name a whole before its part: the same figures, in an order of its own.
    keys = sorted(bound.key for bound in vietnamese.bounds())
    assert keys == sorted(bound.key for bound in english.bounds())
    assert english.front.kind == "REPORT"
    with speaking("en"):
        assert number(Decimal("1234.5")) == "1,234.5"


def test_a_unit_by_unit_figure_that_is_restricted_reads_so() -> None:
    child = communes(2)[0]
    hidden = Value("party.commune.women_share", child.key, PERIOD, status=Status.WITHHELD, units_due=1)
    document = report(changed=[hidden], children=communes(2))
    annex = next(one for one in document.annex if one.title.startswith("Số liệu theo đơn vị"))
    league = next(one for one in annex.blocks if isinstance(one, Table))
    row = next(row for row in league.rows if document_cell(row[1]) == child.name)
    assert document_cell(row[2]) == "hạn chế"


def test_context_words_do_not_depend_on_who_asks() -> None:
    held = context()
    assert replace(held, lang="en").scale == held.scale == "provincial"
