"""What it would take, on pages: a committee, the lists of an election, what if, forecasts held against results."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from tests.posts.test_forecasts import BEFORE, DAY, HELD, LISTS, council
from tests.web.parsed import Parsed
from tests.web.test_registers import text
from tests.web.test_templates import ENGLISH, _faults
from tests.web.world import BEGAN, PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.ground.keys import new_key
from tienbo.outlook.committees import Body, comparable_odds, congress_odds
from tienbo.outlook.elections import as_table, read, read_bytes
from tienbo.outlook.lists import Lists, changed
from tienbo.posts.election_models import Constituency, Election, ElectionResult, ListStage
from tienbo.posts.election_services import (
    constituency_tell,
    election_call,
    election_close,
    list_tell,
    result_tell,
)
from tienbo.posts.forecast_models import Forecast
from tienbo.posts.told import Read
from tienbo.units.models import Role, Unit
from tienbo.units.services import grant_give, unit_create
from tienbo.web.committees import EXAMPLE

AT = f"/{PERIOD}/take/"
COMMITTEE, OF_LISTS = f"{AT}committee/", f"{AT}lists/"
HEAD = "tỉnh,đơn vị bầu cử,seats,candidates,women_candidates,elected,women_elected\n"
NOW = HEAD + "A,1,3,5,0,,\nA,2,3,5,1,,\nB,1,3,5,2,,\nB,2,2,4,2,,\n"
THEN = HEAD + "A,1,3,5,1,3,0\nA,2,3,5,2,3,1\nB,1,3,5,3,3,1\nB,2,2,4,1,2,1\nC,1,2,4,2,2,0\n"


@pytest.fixture
def named(world: World, sit: Callable[[str], Client]) -> Client:
    """The chair, named for elections too."""
    grant_give(user=world.users["chair"], unit=world.province, role=Role.ELECTIONS, begins=BEGAN)
    return sit("chair")


def sound(answer: HttpResponse, status: int = 200) -> str:
    """The words of a page that is sound HTML, with nothing inline and no English left."""
    assert answer.status_code == status
    page = text(answer)
    parsed = Parsed(page)
    assert sorted(set(_faults(parsed))) == []
    english = [said for said, at in parsed.said() if at.lang() not in ("en", "lo") and ENGLISH.search(said)]
    assert english == []
    return page


@pytest.mark.django_db
def test_the_worked_example_of_a_committee_stands_on_page_and_annex(named: Client) -> None:
    """19.6 seats open, taken as 20; 9 women of 26 give 5.53 new women and need 12 planned, 15 trained; 6 give 3.49."""
    for view in ("brief", "full"):
        assert COMMITTEE in text(named.get(f"/{PERIOD}/?view={view}"))
    assert 'value="0,5"' in sound(named.get(f"{COMMITTEE}?example=1"))
    told = sound(named.post(COMMITTEE, dict(EXAMPLE)))
    said = (
        "trừ 4,75 nữ và 25,65 nam tái trúng cử (trong 5 nữ và 27 nam đủ tuổi tái cử) còn 19,6; tính tròn 20 người mới",
        "9 nữ trong danh sách 26 người (34,6%) cho 5,53 nữ trúng cử mới; cộng 4,75 nữ tái cử là 10,28",
        "cần 12 nữ trong quy hoạch (25% số này không được giới thiệu) và 15 nữ được đào tạo",
        "cần 10 nữ trong danh sách 26 người (38,5%)",
    )
    for words in said:
        assert words in told
    lower = sound(named.post(COMMITTEE, {**EXAMPLE, "target": "15%", "assurance": ""}))  # 7.5 women: 8
    assert "6 nữ trong danh sách 26 người (23,1%) cho 3,49 nữ trúng cử mới" in lower
    word = docx.Document(BytesIO(named.post(f"{COMMITTEE}annex.docx", dict(EXAMPLE)).content))
    lines = " ".join(one.text for one in word.paragraphs)
    assert all(words in lines for words in said)
    assert len(word.inline_shapes) == 1
    assert "chưa đối chiếu" not in lines.lower()  # said on the screen only
    assert named.post(f"{COMMITTEE}annex.pdf", dict(EXAMPLE)).content.startswith(b"%PDF")
    # On a small body no average is told.
    counts = {"seats": "15", "women": "2", "women_leaving": "1", "men_leaving": "4", "on_list": "9", "target": "3"}
    page = sound(named.post(COMMITTEE, {**EXAMPLE, **counts}))
    assert "Tổ chức có ít người" in page
    assert "Nữ mới, trung bình" not in page


@pytest.mark.django_db
def test_odds_are_estimated_from_comparable_bodies_or_refused(named: Client) -> None:
    """Two like bodies, 26 on the list, 9 women, 20 elected, 5 women: the same odds as one of them shows, and an error
    smaller by the root of two."""
    one = congress_odds(26, 9, 20, 5)
    both = comparable_odds([Body("A", 26, 9, 20, 5), Body("B", 26, 9, 20, 5)])
    assert both.odds() == pytest.approx(one.odds(), rel=1e-6)
    assert both.errors[0] == pytest.approx(one.errors[0] / 2**0.5, rel=1e-6)
    asked = {**EXAMPLE, "odds": "", "others": "Đảng bộ A; 26; 9; 20; 5\nĐảng bộ B\t26\t9\t20\t5".replace("\t", ";")}
    assert "vì sao" in sound(named.post(COMMITTEE, asked), 422)
    said = sound(named.post(COMMITTEE, {**asked, "odds_from": "cùng cấp, cùng nhiệm kỳ"}))
    assert "2 cấp ủy tương đương (cùng cấp, cùng nhiệm kỳ): 18/52" in said
    why = {"odds_from": "cùng cấp"}
    for others, words in (
        ("Đảng bộ A; 26; 9; 20; 9", "Chưa ước lượng được"),  # every woman was elected
        ("Đảng bộ A; 26; 9; 20", "dòng 1"),
        ("Đảng bộ A; 26; 30; 20; 5", "dòng 1"),
    ):
        assert words in sound(named.post(COMMITTEE, {**asked, **why, "others": others}), 422), others
    assert "Chỉ chọn một" in sound(named.post(COMMITTEE, {**asked, **why, "odds": "0,5"}), 422)


def test_a_committee_is_answered_from_years_of_birth_and_the_last_congress(named: Client) -> None:
    """At 9/2025 men born from 9/1967 may stand again, women from 9/1971: of those of 1971 the month decides."""
    asked = {**EXAMPLE, "occasion": "cycle_2025/province", "women_leaving": "", "men_leaving": "15", "odds": ""}
    asked |= {"women_years": "1968: 3; 1975: 5", "before_candidates": "26", "before_women": "9"}
    asked |= {"before_elected": "20", "before_women_elected": "6"}
    told = sound(named.post(COMMITTEE, asked))
    assert "trong 5 nữ và 27 nam đủ tuổi tái cử" in told
    assert "ước lượng từ đại hội trước: 9 nữ trong 26 người" in told
    assert "5/1972" in told  # first time, women
    assert "9/1968" in told  # first time, men
    open_ = sound(named.post(COMMITTEE, {**asked, "women_years": "1968: 3; 1971: 1; 1975: 4"}), 422)
    assert "theo năm sinh là từ 3 đến 4, tùy tháng sinh" in open_
    wrong = {"odds": "0,5", "again": "0,95", "seats": "x", "women_years": "năm 1968"}
    page = sound(named.post(COMMITTEE, {**asked, **wrong}), 422)
    for words in ("0,95 không phải tỷ lệ", "x không phải số nguyên", "không phải năm kèm", "Chỉ chọn một"):
        assert words in page
    assert 'value="0,95"' in page  # nothing typed is lost
    never = sound(named.post(COMMITTEE, {**EXAMPLE, "target": "45"}))
    assert "Trong các giới hạn này" in never
    assert sound(named.post(f"{COMMITTEE}annex.docx", {}), 422)


def brought(lists: str = NOW, earlier: str = THEN, **more: str) -> dict[str, object]:
    files = {"file": lists, "earlier_file": earlier}
    sent = {name: SimpleUploadedFile(f"{name}.csv", held.encode()) for name, held in files.items() if held}
    return {"no_slope": "1", "least": "1", "most": "3", "drift": "0,15", **more, **sent}


@pytest.mark.django_db
def test_lists_that_are_brought_are_answered_and_asked_what_if(named: Client) -> None:
    sound(named.get(OF_LISTS))
    page = sound(named.post(OF_LISTS, brought(target="4", assurance="60")))
    first = page.index("Danh sách không có hoặc chỉ có một nữ")
    assert first < page.index("So với các cách tính đơn giản") < page.index("phương án chia đều")
    assert "1 danh sách không có nữ và 1 danh sách chỉ có một nữ, trong 4 đơn vị bầu cử" in page
    assert "Giữ nguyên tỷ lệ trúng cử của nữ ứng cử kỳ trước" in page
    assert "quá ít, chỉ nên xem khoảng dự báo rộng" in page
    # What if unit A 2 had two women of five: the page carries the tables, and says what the room reckons.
    carried = dict(
        re.findall(r'<input type="hidden" name="(lists|earlier|\w+_name|no_slope|stage)" value="([^"]*)"', page)
    )
    asked = {**carried, "least": "1", "most": "3", "drift": "0,15", "target": "4", "w1": "2"}
    part = text(named.post(f"{OF_LISTS}what-if/", asked, headers={"HX-Request": "true"}))
    assert "<html" not in part
    lists, earlier = (tuple(read_bytes("x.csv", held.encode())[0]) for held in (NOW, THEN))
    assert carried["lists"] == as_table(lists)
    made = changed(Lists(lists, (earlier,), slope=False), [(1, 2, 5)])
    low, high = made.after.whole.interval(0.9)
    assert f"{low} đến {high}" in part
    assert f"{made.after.units[1].mean:.2f}".replace(".", ",") in part
    assert part.count("<tr>") == 4  # head, unit, place, all
    assert "A: Đơn vị số 2: 2 nữ trong 5 người, thay cho 1 trong 5" in part
    assert "A: Đơn vị số 2: 2 nữ trong 5 người" in sound(named.post(f"{OF_LISTS}what-if/", asked))
    bad = named.post(f"{OF_LISTS}what-if/", {**asked, "w1": "6", "c0": "nhiều"}, headers={"HX-Request": "true"})
    assert (bad.status_code, "nhiều không phải số nguyên" in text(bad)) == (422, True)
    worse = text(named.post(f"{OF_LISTS}what-if/", {**asked, "w1": "6"}, headers={"HX-Request": "true"}))
    assert "6 nữ, nhiều hơn 5 người ứng cử" in worse
    word = docx.Document(BytesIO(named.post(f"{OF_LISTS}annex.docx", asked).content))
    assert any("chia đều" in one.text for one in word.paragraphs)
    assert named.post(f"{OF_LISTS}annex.pdf", asked).content.startswith(b"%PDF")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lists", "earlier", "words"),
    [
        (NOW, "", "Chưa có kết quả của kỳ bầu cử trước"),
        ("", THEN, "Chọn một cuộc bầu cử"),
        (NOW.replace("A,1,3,5,0", "A,1,3,5,7"), THEN, "A 1: 7 nữ, nhiều hơn 5 người ứng cử"),
        (NOW, THEN.replace("A,1,3,5,1,3,0", "A,1,3,5,1,4,0"), "A 1: 4 người trúng cử"),
        (NOW, HEAD + "A,1,3,5,1,3,0\nA,2,3,5,2,3,0\n", "Chưa ước lượng được tỷ lệ cơ hội"),
        (NOW, "seats,women\n3,1\n", "Bảng thiếu cột candidates"),
    ],
)
def test_what_cannot_be_forecast_is_refused_with_a_sentence(
    named: Client, lists: str, earlier: str, words: str
) -> None:
    page = sound(named.post(OF_LISTS, brought(lists, earlier)), 422)
    assert words in page, re.search(r'role="alert".{0,900}', page, re.DOTALL)


@pytest.mark.django_db
def test_a_forecast_of_an_election_on_record_is_kept_scored_and_shut_while_it_is_closed(
    world: World, named: Client, sit: Callable[[str], Client]
) -> None:
    council(world.province, world.communes, BEFORE, HELD, decided=True)
    made = council(world.province, world.communes, DAY, LISTS, decided=True)
    before = Election.objects.get(day=BEFORE)
    asked = {"election": made.key, "earlier_election": before.key, "stage": "official", "no_slope": "1"}
    page = sound(named.post(OF_LISTS, {**asked, "target": "35%"}))
    assert f"{OF_LISTS}keep/" in page
    kept = named.post(f"{OF_LISTS}keep/", asked)
    assert kept.status_code == 302
    row = Forecast.objects.get()
    at = kept.headers["Location"]
    assert row.key in at
    assert "Chưa đối chiếu." in sound(named.get(at))
    assert named.post(f"{at}score/").status_code == 302
    scored = sound(named.get(at))
    assert "Vị trí của kết quả trong phân bố dự báo (PIT)" in scored
    assert row.inputs in scored
    listed = sound(named.get(f"{AT}forecasts/"))
    assert at in listed
    assert "Theo đơn vị bầu cử (mô hình bình), dao động 0,15" in listed
    sound(named.get(f"{AT}forecasts/?reverse=1"))
    # Those who were not named find nothing; of an election that is shut nobody finds anything.
    for who in ("office", "inspector", "partner", "preparer", "other_office"):
        for address in (COMMITTEE, OF_LISTS, f"{AT}forecasts/", at):
            assert sit(who).get(address).status_code == 404, (who, address)
    election_close(election=made, closed_from=date(2026, 1, 1), closed_to=None)
    assert named.get(at).status_code == 404
    assert "các công cụ về danh sách tạm đóng" in sound(named.get(OF_LISTS))
    assert "tạm đóng" in sound(named.post(OF_LISTS, brought()), 422)
    assert "tạm đóng" in text(named.post(f"{OF_LISTS}what-if/", brought(), headers={"HX-Request": "true"}))
    assert named.post(f"{OF_LISTS}annex.docx", brought()).status_code == 422
    assert at not in sound(named.get(f"{AT}forecasts/"))


def nation(unit: Unit, table: Path, day: date) -> Election:
    """A published election of the National Assembly by constituency, in bulk."""
    made = Election.objects.create(
        key=new_key("election"), kind="national_assembly", unit=unit, term=str(day.year), day=day, source="NQ",
        made_by="test",
    )  # fmt: skip
    units = {one.names.get().text: one for one in Unit.objects.filter(kind="province").prefetch_related("names")}
    contests, _faults = read(table)
    told = {"source": "NQ", "told_by": "test"}
    held = [
        Constituency(
            election=made, unit=units[one.group], number=one.unit, seats=one.seats, key=f"c{day.year}-{n}", **told
        )
        for n, one in enumerate(contests)
    ]
    Constituency.objects.bulk_create(held)
    ListStage.objects.bulk_create(
        ListStage(
            constituency=row, stage="official", candidates=one.candidates, women=one.women, key=f"l{row.key}", **told
        )
        for row, one in zip(held, contests, strict=True)
    )
    ElectionResult.objects.bulk_create(
        ElectionResult(constituency=row, elected=one.elected, women=one.women_elected, key=row.key, **told)
        for row, one in zip(held, contests, strict=True)
    )
    return made


@pytest.mark.django_db
def test_the_page_of_tests_shows_the_published_backtest_with_its_misses(
    world: World, named: Client, reference: Path
) -> None:
    """Every row of the published table on the National Assembly, as the page prints it; intervals within three
    women (drawn there, added up here), and the misses as misses."""
    tables = [reference / "data" / f"{name}_by_constituency.csv" for name in ("na14_2016", "na15_2021")]
    for name in {one.group for one in read(tables[0])[0]} | {one.group for one in read(tables[1])[0]}:
        unit_create(kind="province", name=name, begins=date(2009, 1, 1), ends=date(2025, 7, 1))
    for table, day in zip(tables, (date(2016, 5, 22), date(2021, 5, 23)), strict=True):
        nation(world.nation, table, day)
    # Of 2011 only the totals are published: 260 women of 827 on the lists, 122 of 500 elected.
    desk, told = operator("test"), Read("NQ", None)
    first = election_call(
        kind="national_assembly", unit=world.nation, term="XIII", day=date(2011, 5, 22), source="NQ", actor=desk
    )
    whole = constituency_tell(election=first, unit=world.nation, read=told, actor=desk)
    list_tell(constituency=whole, stage="official", candidates=827, women=260, read=told, actor=desk)
    result_tell(constituency=whole, elected=500, women=122, read=told, actor=desk)
    ways = {
        "odds 1 (no difference)": "Nếu nữ và nam có cơ hội như nhau",
        "last share persists": "Giữ nguyên tỷ lệ nữ trúng cử kỳ trước",
        "women success rate": "Giữ nguyên tỷ lệ trúng cử của nữ ứng cử kỳ trước",
        "ratio elected/candidate share": "Giữ nguyên tỷ số giữa tỷ lệ nữ trúng cử và tỷ lệ nữ trong danh sách",
        "Wallenius, one national urn": "Gộp chung một bình, không xét đơn vị bầu cử",
        "Wallenius by constituency": "Theo đơn vị bầu cử (mô hình bình), chỉ tính sai số của tỷ lệ cơ hội",
        "Wallenius by constituency, drift sd 0.15": "Theo đơn vị bầu cử (mô hình bình), dao động 0,15",
        "Fisher by constituency": "Theo đơn vị bầu cử (mô hình Fisher), chỉ tính sai số của tỷ lệ cơ hội",
        "Wallenius + slope on list share": "Theo đơn vị bầu cử (mô hình bình), tỷ lệ cơ hội thay đổi theo tỷ lệ nữ "
        "trong danh sách, chỉ tính sai số",
    }
    with (reference / "data" / "backtest_results.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["predicts"] in ("XIV", "XV")]
    assert len(rows) == 13
    forward, back = (sound(named.get(f"{AT}forecasts/{query}")) for query in ("", "?reverse=1"))
    of_2016, of_2021 = (forward.index(f"ngày {day}, dự báo từ") for day in ("22/5/2016", "23/5/2021"))
    pages = {
        ("XIII", "XIV"): forward[of_2016:of_2021],
        ("XIV", "XV"): forward[of_2021:],
        ("-", "XV"): forward[of_2021:],
        ("XV", "XIV"): back[back.index("ngày 22/5/2016, dự báo từ") :],
    }
    for row in rows:
        page = pages[row["calibrated_on"], row["predicts"]]
        line = re.search(rf"<tr[^>]*><th[^>]*>{re.escape(ways[row['model']])}.*?</tr>", page, re.DOTALL)
        assert line is not None, row
        cells = re.findall(r"<td[^>]*>(?:<span[^>]*>)?([^<]*)", line[0])
        mean = float(cells[0].replace(",", "."))
        assert mean == pytest.approx(float(row["mean"]), abs=0.55), row
        assert float(cells[1].replace(",", ".")) == pytest.approx(mean - float(row["observed"]), abs=0.06)
        for at, name in ((2, "pi90"), (3, "pi95")):
            if row[f"{name}_lo"]:
                printed = [int(row[f"{name}_lo"]), int(row[f"{name}_hi"])]
                assert list(map(int, cells[at].split(" đến "))) == pytest.approx(printed, abs=3), row
        if row["pi95_lo"]:
            is_hit = int(row["pi95_lo"]) <= int(row["observed"]) <= int(row["pi95_hi"])
            assert cells[4] == ("trúng" if is_hit else "trượt"), row
