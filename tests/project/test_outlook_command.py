"""`tienbo outlook`: tables in, answers out in both languages, and what cannot be told with its row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from tests.registers.test_tasks import commune, province

from tienbo.project.cli import main
from tienbo.project.commands import outlook as command
from tienbo.project.desk import Desk
from tienbo.project.site import Site
from tienbo.registers.task_models import Task

Run = Callable[..., str]

PIPELINE = """Nhóm chức danh,Bước,Giới tính,Năm sinh,Số người
Sở,số vị trí,,,50
Sở,đang giữ chức danh,nữ,1971,3
Sở,đang giữ chức danh,nữ,1980,5
Sở,đang giữ chức danh,nam,1967,15
Sở,đang giữ chức danh,nam,1980,27
Sở,trong diện xét quy hoạch,nữ,30-45,60
"""
VACANCIES = """
- {unit: Sở A, posts: 4, women: 1, men: 3, men_leaving: 2, opens_on: 01/7/2027}
- {unit: Sở B, posts: 3, women: 0, men: 3, men_leaving: 1, opens_on: 2028-03-01}
- {unit: Xã C, posts: 3, women: 1, men: 1, women_leaving: 1}
"""
HISTORY = """năm;tử số;mẫu số;cách tính
2019;200;1600;người
2021;14;30;cơ quan
2022;15;30;cơ quan
2023;16;30;cơ quan
2024;18;30;cơ quan
2025;18;30;cơ quan
"""
RESULTS = "province,unit,seats,candidates,women_candidates,elected,women_elected\n" + "".join(
    f"P{n // 3},{n},3,5,{2 + n % 2},3,{n % 2 + (n % 3 == 0)}\n" for n in range(24)
)
LISTS = "province,unit,seats,candidates,women_candidates\nAn,1,3,5,1\nAn,2,3,5,2\nBình,1,3,5,2\nBình,2,2,4,0\n"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `tienbo outlook …`; words that name a table are written into a file first."""

    def go(*words: str, code: int = 0, lang: str = "vi", **tables: str) -> str:
        for name, text in tables.items():
            stem, _, kind = name.rpartition("_")
            (tmp_path / f"{stem}.{kind}").write_text(text, encoding="utf-8")
        told = [str(tmp_path / word) if word.endswith((".csv", ".yaml")) else word for word in words]
        assert main(["--lang", lang, "outlook", *told]) == code
        said = capsys.readouterr()
        return said.out if code == 0 else said.out + said.err

    return go


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_ages_of_the_law_say_their_document_and_how_far_it_was_seen(run: Run, lang: str) -> None:
    told = run("retirement", "9/1971", "1971", lang=lang)
    assert "30/9/2029" in told
    assert "30/9/2028 – 31/12/2029" in told  # a year alone: from January's to December's
    assert "NĐ 135/2020/NĐ-CP" in told
    assert ("đối chiếu một phần" if lang == "vi" else "checked in part") in told
    told = run("eligibility", lang=lang)
    assert ("3 năm 8 tháng" if lang == "vi" else "3 years and 8 months") in told
    assert ("2 năm 0 tháng" if lang == "vi" else "2 years and 0 months") in told
    rows = json.loads(run("eligibility", "5/1972", "1972", "--rules", "cycle_2025", "--json"))
    first = next(row for row in rows if (row["occasion"], row["standing"]) == ("province", "first_time"))
    assert first["oldest"] == {"f": "5/1972", "m": "9/1968"}
    assert first["may_stand"] == {"5/1972": {"f": "yes", "m": "yes"}, "1972": {"f": "depends", "m": "yes"}}
    assert len(json.loads(run("retirement", "--json"))["rows"]) == 15


def test_the_pipeline_and_vacancies_are_answered_from_tables(run: Run) -> None:
    asked = ("pipeline", "nguon.csv", "--share", "20", "--by", "1/2031", "--now", "12/2026")
    assert "cần 10 nữ trên 50 vị trí" in run(*asked, nguon_csv=PIPELINE)
    told = json.loads(run(*asked, "--json"))
    (group,) = told["cautious"]["groups"]
    assert (group["women_leaving"], group["opening"], group["appointed"], group["more"]) == (3, 18, 5, [0, 9, 7])
    assert told["kind"] == told["cautious"]
    # Not to be reached: what there would be is said, and the exit status says so too.
    assert "23/50" in run("pipeline", "nguon.csv", "--share", "90", "--by", "1/2031", "--now", "12/2026", code=1)
    told = run("vacancies", "vitri.yaml", "--until", "31/12/2028", "--bodies", "100", vitri_yaml=VACANCIES)
    assert "Sở B" in told
    rows = list(csv.DictReader(io.StringIO(
        run("vacancies", "vitri.yaml", "--until", "31/12/2028", "--persons", "40", "--format", "csv", "--way", "fewest")
    )))  # fmt: skip
    assert [(row["unit"], row["changes"], row["by"]) for row in rows] == [
        ("Sở A", "2", "2027-07-01"), ("Xã C", "0", ""),
    ]  # fmt: skip
    assert "6 nữ trên 10" in run("vacancies", "vitri.yaml", "--until", "31/12/2028", "--persons", "90", code=1)


def test_a_history_is_projected_from_its_last_stretch(run: Run) -> None:
    told = json.loads(run("project", "chuoi.csv", "--year", "2030", "--target", ">=75", "--json", chuoi_csv=HISTORY))
    assert (told["left_out"], len(told["history"])) == (1, 5)
    assert 0.3 < told["chance"] < 0.8
    assert told["intervals"]["0.9"][0] < told["median"] < told["intervals"]["0.9"][1]
    said = run("project", "chuoi.csv", "--year", "2030", "--target", "~75", lang="en")
    assert "chance of" not in said
    assert "4" in run("project", "ngan.csv", "--year", "2030", code=1, ngan_csv="\n".join(HISTORY.split("\n")[:6]))
    assert "sai.csv:3" in run("project", "sai.csv", "--year", "2030", code=1, sai_csv="year,value\n2020,3\n2021,x\n")
    assert "--year" in run("project", "chuoi.csv", code=1)
    assert run("project", code=1)


def test_lists_are_forecast_and_planned_from_an_earlier_election(run: Run) -> None:
    tables = {"ketqua_csv": RESULTS, "ds_csv": LISTS}
    told = run("forecast", "ds.csv", "--learn", "ketqua.csv", "--no-slope", "--what-if", "Bình 1=3/5", **tables)
    assert "Bình 2" in told
    made = json.loads(
        run("forecast", "ds.csv", "--learn", "ketqua.csv", "--no-slope", "--what-if", "Bình 1=3/5", "--json")
    )
    assert made["what_if"]["mean"] > made["mean"]
    assert set(made["baselines"]) == {"equal_odds", "last_share", "success_rate", "ratio_of_shares", "one_urn"}
    plan = json.loads(run("lists", "ds.csv", "--learn", "ketqua.csv", "--no-slope", "--target", "3", "--json"))
    assert plan["fewest"]["changes"] <= plan["even"]["changes"]
    assert "Bình 2" in run(
        "lists", "ds.csv", "--learn", "ketqua.csv", "--no-slope", "--target", "3", "--assurance", "0.5"
    )


@pytest.mark.django_db
def test_a_plan_of_vacancies_becomes_tasks_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = province()
    units = [commune(name, issuer) for name in ("Xã Đồng Tâm", "Xã Hòa Lạc")]
    site = Site(tmp_path, "x" * 50, home_unit=issuer.key)
    monkeypatch.setattr(command.Desk, "open", lambda _path: Desk(site))
    table = "unit,posts,women,men,men_leaving,opens_on\nXã Đồng Tâm,3,0,3,1,2099-03-01\nXã Hòa Lạc,3,1,2,1,2099-07-01\n"
    asked = ("vacancies", "ke-hoach.csv", "--until", "31/12/2099", "--bodies", "100", "--make-tasks")
    assert json.loads(run(*asked, "--json", **{"ke-hoach_csv": table}))["tasks"] == 1
    (task,) = Task.objects.all()
    assert task.owner == units[0]
    assert "từ 0 lên 1" in task.text
    assert task.acts.get().due_on == date(2099, 3, 1)
    again = json.loads(run(*asked, "--json"))  # given out once
    assert (again["tasks"], again["tasks_there"], Task.objects.count()) == (0, 1, 1)
    unknown = table.replace("Xã Đồng Tâm", "Xã Không Có")
    assert "ke-hoach.csv:2" in run(*asked, code=1, **{"ke-hoach_csv": unknown})
    assert Task.objects.count() == 1


HEAD = "province,unit,seats,candidates,women_candidates,elected,women_elected\n"


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ("An,1,3,5,2,4,1\n", "outlook.more_elected_than_seats"),
        ("An,1,3,5,6,3,1\n", "outlook.more_women_than_candidates"),
        ("An,1,3,5,2,,\n", "outlook.undecided"),
        ("An,1,3,5,2,3,0\nAn,2,3,5,2,3,0\n", "outlook.odds_not_identified"),
        ("", "outlook.no_rows"),
    ],
)
def test_what_an_election_contradicts_is_told_in_both_languages(run: Run, results: str, code: str) -> None:
    words = ("forecast", "ds.csv", "--learn", "kq.csv", "--no-slope")
    for lang in ("vi", "en"):
        said = run(*words, "--json", code=1, lang=lang, kq_csv=HEAD + results, ds_csv=LISTS)
        assert json.loads(said[: said.rindex("}") + 1])["faults"][0]["code"] == code
        assert said[said.rindex("}") + 1 :].strip()
    # An unfilled seat is a note: only seats that were filled count.
    good = RESULTS + "An,x,3,5,2,2,1\n"
    assert json.loads(run(*words, "--json", kq_csv=good))["mean"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pipeline", "nguon.csv", "--share", "ba mươi", "--by", "1/2031"), "ba mươi"),
        (("pipeline", "nguon.csv", "--share", "30", "--by", "1/2031", "--rules", "cycle_1"), "cycle_2030"),
        (("pipeline", "nguon.csv", "--share", "30", "--by", "1/2031", "--lost", "50,20"), "3"),
        (("pipeline", "khong-co.csv", "--share", "30", "--by", "1/2031"), "khong-co.csv"),
        (("eligibility", "--rules", "cycle_1"), "cycle_2025"),
        (("retirement", "--ages", "x"), "nd135_2020"),
        (("retirement", "13/1971"), "13/1971"),
        (("vacancies", "vitri.yaml", "--until", "31/12/2028"), "mục tiêu"),
        (("vacancies", "la.yaml", "--until", "31/12/2028", "--persons", "30"), "la.yaml"),
        (("forecast", "ds.csv", "--learn", "ketqua.csv", "--no-slope", "--what-if", "Bình 1"), "Bình 1"),
        (("project", "chuoi.csv", "--year", "2030", "--target", "75"), "75"),
        (("project", "chuoi.csv", "--year", "2030", "--target", ">=x"), "x"),
    ],
)
def test_words_that_are_off_are_refused_with_what_there_is(run: Run, words: tuple[str, ...], said: str) -> None:
    tables = {"nguon_csv": PIPELINE, "vitri_yaml": VACANCIES, "chuoi_csv": HISTORY, "ds_csv": LISTS}
    assert said in run(*words, code=1, ketqua_csv=RESULTS, la_yaml="a: 1\n", **tables)
