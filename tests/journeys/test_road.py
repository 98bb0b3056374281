"""The road of a number, command by command: from blank workbooks to the report, on both databases."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from tests.journeys.conftest import Road, shown

pytestmark = pytest.mark.database

ALL = ("--unit", "Tỉnh Sông Mây", "--period", "2026-H1")


@pytest.fixture(scope="module")
def accepted(road: Road) -> Road:
    """The road after the office has received what was sent."""
    waiting = road.run("values", *ALL, "--indicator", "training.classes", "--json").json
    assert [(row["status"], row["units_reported"], row["units_due"]) for row in waiting] == [("not_reported", 0, 3)]
    early = road.run("values", *ALL, "--indicator", "training.classes", "--basis", "submitted", "--json").json
    assert [row["value"] for row in early] == [9]
    assert "3" in road.run("decide", "accept", "--period", "2026-H1").out
    return road


def test_a_blank_workbook_lies_there_for_each_unit_that_is_due(road: Road) -> None:
    books = sorted(path.name for path in (road.site / "out" / "workbooks-2026-H1").iterdir())
    assert books == [
        "2026-H1_phuong-cam-tu_98003.xlsx",
        "2026-H1_xa-an-binh_98001.xlsx",
        "2026-H1_xa-binh-minh_98002.xlsx",
    ]


def test_what_was_received_has_receipts_of_its_own(road: Road) -> None:
    assert (road.received["received"], road.received["again"], road.received["refused"]) == (3, 0, 0)
    assert len({row["receipt"] for row in road.received["files"]}) == 3
    assert {row["unit"] for row in road.received["files"]} <= set(road.units.values())


def test_the_same_folder_again_has_no_effect_and_says_so(road: Road) -> None:
    again = road.run("receive", road.folder / "gửi", "--json").json
    assert (again["received"], again["again"]) == (0, 3)
    assert [row["receipt"] for row in again["files"]] == [row["receipt"] for row in road.received["files"]]
    table = shown(road.run("receive", road.folder / "gửi").out)
    assert {row[4] for row in table[1:4]} == {row["receipt"] for row in road.received["files"]}


def test_values_say_what_three_communes_add_up_to(accepted: Road) -> None:
    # 3 + 2 + 4 classes; 12 + 4 + 20 women of 20 + 10 + 30 new jobs; 3 + 2 + 5 women of 10 + 8 + 12 heads: 33,3 %.
    wanted = ("training.classes", "jobs.women_share", "villages.heads_women_share")
    words = [word for code in wanted for word in ("--indicator", code)]
    told = accepted.run("values", *ALL, *words, "--json").json
    assert [(row["indicator"], row["numerator"], row["denominator"]) for row in told] == [
        ("training.classes", 9, None),
        ("jobs.women_share", 36, 60),
        ("villages.heads_women_share", 10, 30),
    ]
    assert [round(row["value"], 4) for row in told] == [9, 60, 33.3333]
    assert {(row["status"], row["units_reported"], row["units_due"]) for row in told} == {("value", 3, 3)}
    both = accepted.run_each([("values", *ALL, *words), ("values", *ALL, *words, "--lang", "en")])
    assert [[row[2] for row in shown(said.out)[1:]] for said in both] == [["9", "60,0", "33,3"], ["9", "60.0", "33.3"]]


def test_values_as_csv_are_for_programs(accepted: Road) -> None:
    told = accepted.run("values", *ALL, "--indicator", "villages.heads_women_share", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(told.out))
    assert (row["numerator"], row["denominator"], row["units_due"]) == ("10", "30", "3")
    assert row["value"].startswith("33.3333")


def test_values_by_sex_say_the_members_and_what_is_left(accepted: Road) -> None:
    told = accepted.run("values", *ALL, "--indicator", "training.attendances", "--by", "sex", "--json").json
    # 60 + 30 + 50 women of 100 + 50 + 80; nobody said how many men.
    said = {row["members"]: row["value"] for row in told if row["status"] == "value"}
    assert said["sex=f"] == 140
    assert said.get("", 230) == 230


def test_a_figure_is_explained_down_to_the_cell_the_sender_and_the_decision(accepted: Road) -> None:
    told = accepted.run("explain", *ALL, "--indicator", "jobs.women_share", "--json").json
    assert (told["value"]["numerator"], told["value"]["denominator"]) == (36, 60)
    facts = {(fact["unit"], fact["series"]): fact for fact in told["facts"]}
    fact = facts[accepted.units["Phường Cẩm Tú"], "jobs.new[sex=f]"]
    assert (fact["value"], fact["file"], fact["revision"]) == (20, "3.xlsx", 1)
    sheet, _, cell = fact["cell"].partition("!")
    assert sheet.startswith("Biểu")
    assert cell
    assert len(fact["decisions"]) == 2
    text = accepted.run("explain", *ALL, "--indicator", "jobs.women_share").out
    assert "36 : 60" in text
    assert fact["cell"] in text


def test_a_period_is_read_in_the_spellings_people_use(accepted: Road) -> None:
    more = ("--indicator", "training.classes", "--json")
    spellings = ("2026-H1", "2026H1", "6 tháng đầu năm 2026")
    told = accepted.run_each([("values", "--unit", "Tỉnh Sông Mây", "--period", text, *more) for text in spellings])
    assert [said.json[0]["value"] for said in told] == [9, 9, 9]


def test_a_unit_is_named_by_key_by_code_on_a_day_and_by_name(accepted: Road) -> None:
    spellings = (accepted.units["Xã An Bình"], "gso:98001@2026-06-01", "xa an binh, song may", "Xã An Bình, Sông Mây")
    more = ("--period", "2026-H1", "--indicator", "training.classes", "--json")
    told = accepted.run_each([("values", "--unit", text, *more) for text in spellings])
    assert [said.json[0]["value"] for said in told] == [3, 3, 3, 3]


def test_a_name_of_two_units_is_refused_with_both(accepted: Road) -> None:
    words = ("--unit", "Xã An Bình", "--period", "2026-H1")
    told = accepted.run("values", *words, code=1)
    assert "Tỉnh Sông Mây" in told.err
    assert "Tỉnh Núi Xanh" in told.err
    (fault,) = accepted.run("values", *words, "--json", code=1).json["faults"]
    assert fault["code"] == "units.ambiguous"


def test_a_report_is_written_as_docx_and_pdf_and_again_from_its_release(accepted: Road) -> None:
    papers = [accepted.folder / "bc.docx", accepted.folder / "bc.pdf"]
    made = accepted.run("report", *ALL, "--kind", "six-month", "-o", papers[0], "-o", papers[1], "--json").json
    assert made["files"] == [str(path) for path in papers]
    assert papers[1].read_bytes().startswith(b"%PDF-")
    assert "word/document.xml" in zipfile.ZipFile(papers[0]).namelist()
    other = accepted.folder / "bc-lại.pdf"
    again = accepted.run("report", "--release", made["release"], "-o", other, "--json").json
    assert again["fingerprint"] == made["fingerprint"]
    assert other.read_bytes() == papers[1].read_bytes()


def test_a_unit_gets_its_own_report_from_what_it_entered(accepted: Road) -> None:
    path = accepted.folder / "xa.docx"
    words = ("--unit", "Xã An Bình, Sông Mây", "--period", "2026-H1", "--kind", "own", "-o", path)
    accepted.run("report", *words)
    with zipfile.ZipFile(path) as paper:
        assert "Ra mắt câu lạc bộ." in paper.read("word/document.xml").decode()


def test_a_supplement_asked_for_takes_a_return_out_and_the_next_one_brings_it_back(accepted: Road) -> None:
    words = ("--unit", "Xã Bình Minh", "--period", "2026-H1")
    counted = ("values", *ALL, "--indicator", "training.classes", "--json")
    note = "Đề nghị kiểm tra lại số lớp."
    asked, told = accepted.run_each([("decide", "supplement", *words, "--note", note), counted])
    assert asked.code == 0
    assert (told.json[0]["value"], told.json[0]["units_reported"]) == (7, 2)
    figures = {"classes__total": 5, "attendances__total": 50, "attendances__women": 30, "jobs_new__total": 10}
    more = {"jobs_new__women": 4, "village_heads__total": 8, "village_heads__women": 2}
    for name, classes, together in (("bổ sung.xlsx", 5, 12), ("gửi lại.xlsx", 2, 9)):
        accepted.fill(name, accepted.units["Xã Bình Minh"], **{**figures, "classes__total": classes}, **more)
        received, told = accepted.run_each([("receive", name, "--accept"), counted])
        assert received.code == 0
        assert told.json[0]["value"] == together


def test_the_derived_facts_are_built_again_alike_and_compacted(accepted: Road) -> None:
    built = accepted.run("facts", "rebuild", "--json").json
    assert built["same"] is True
    accepted.run("facts", "compact")
    assert len(list((accepted.site / "facts").iterdir())) == 1
    assert accepted.run("values", *ALL, "--indicator", "training.classes", "--json").json[0]["value"] == 9


def test_a_site_says_what_it_holds(accepted: Road) -> None:
    told = accepted.run("site", "show", "--json").json
    assert (told["units"], told["campaigns"]) == (6, ["2026-H1"])
    assert told["home_unit"] == accepted.units["Tỉnh Sông Mây"]


def test_units_are_shown_on_a_day(accepted: Road) -> None:
    told = accepted.run("units", "show", "gso:98001@2026-06-01", "--on", "01/06/2026", "--json").json
    assert (told["key"], told["under"]) == (accepted.units["Xã An Bình"], ["Tỉnh Sông Mây"])
    assert accepted.run("units", "load", accepted.folder / "units.yaml", "--json").json["created"] == 0


def test_check_finds_a_sound_site_and_names_what_is_not(accepted: Road, tmp_path: Path) -> None:
    assert accepted.run("check", "--json").json == []
    stored = next(path for path in (accepted.site / "files").rglob("*") if path.is_file())
    kept = stored.read_bytes()
    stored.chmod(0o600)
    stored.write_bytes(kept[:-1])
    try:
        told = accepted.run("check", "--json", code=1).json
        assert [fault["code"] for fault in told] == ["audit.upload_missing"]
        assert "Lỗi" in accepted.run("check", code=1).err
    finally:
        stored.write_bytes(kept)
        stored.chmod(0o440)
