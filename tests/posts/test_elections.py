"""Real elections from their tables: the published national figures come out, contradictions are said and kept.

Expected values are those printed in the sources that the domain files cite, or were added up by hand beside the test.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.core.faults import Fault, Level, Refused
from tienbo.core.messages import speaking
from tienbo.outlook.tested import Shares, shares_tested
from tienbo.outlook.urn import backtest
from tienbo.posts.contests import contests_stored, elections_offered, shares_stored
from tienbo.posts.election_models import Constituency, Election, ElectionResult, ListStage
from tienbo.posts.election_queries import closed_on, election_lines, parts_of, place_names
from tienbo.posts.election_services import election_close
from tienbo.posts.figures import Listed, Part, Resulted, election_faults, least_parts, totals
from tienbo.posts.loading import Loaded, elections_load, shares_load
from tienbo.posts.models import PublishedShare
from tienbo.posts.queries import share_lines
from tienbo.posts.reading import elections_read, shares_read
from tienbo.project.cli import main
from tienbo.project.desk import Desk
from tienbo.project.site import Site
from tienbo.units.frames import unit_names
from tienbo.units.models import Unit

DESK = operator("test")
NA = "national_assembly"


def loaded(path: Path, nation: Unit, *, kind: str = "", day: date | None = None, correct: bool = False) -> Loaded:
    rows, faults = elections_read(path.name, path.read_bytes(), load(), kind=kind, day=day)
    assert not [fault for fault in faults if fault.level is Level.ERROR]
    return elections_load(rows, unit=nation, actor=DESK, edition=load(), correct=correct)[0]


def named(faults: Iterator[Fault] | list[Fault], code: str) -> list[Fault]:
    return [fault for fault in faults if fault.code == f"posts.{code}"]


def test_the_elections_of_2016_and_2021_are_those_that_were_published(nation: Unit, data: Path) -> None:
    days = {2016: date(2016, 5, 22), 2021: date(2021, 5, 23)}
    for file, year in (("na14_2016_by_constituency.csv", 2016), ("na15_2021_by_constituency.csv", 2021)):
        assert loaded(data / file, nation, kind=NA, day=days[year]).told == 368  # 184 lists, 184 results
    loaded(data / "na_candidates_vs_elected.csv", nation, kind=NA)
    loaded(data / "nomination_funnel.csv", nation)
    loaded(data / "pc_local_results.csv", nation)
    names = unit_names(date(2025, 2, 1))
    sixteen, one = (parts_of(Election.objects.get(kind=NA, day=days[year])) for year in (2016, 2021))

    # representation.md §2.2, §3; the provinces without a woman and the seats that stayed empty are those it names
    of_2016, of_2021 = (totals(least_parts(parts, nation.pk)) for parts in (sixteen, one))
    assert (of_2016.places, of_2016.parts, of_2016.seats, of_2016.candidates, of_2016.women) == (63, 184, 500, 870, 339)
    assert (of_2016.elected, of_2016.women_elected, of_2016.parts_without) == (496, 133, 69)
    assert (of_2021.seats, of_2021.candidates, of_2021.women) == (500, 866, 393)
    assert (of_2021.elected, of_2021.women_elected, of_2021.parts_without) == (500, 151, 57)
    assert {names[unit] for unit in of_2016.places_without} == {"Thừa Thiên Huế", "Quảng Nam", "Tây Ninh"}
    assert {names[unit] for unit in of_2021.places_without} == {"Thành phố Hải Phòng", "Cà Mau"}
    faults = election_faults(sixteen, nation.pk)
    empty = {fault.place.partition(", đơn vị số")[0] for fault in named(faults, "unfilled")}
    assert empty - {"Việt Nam"} == {"Đồng Nai", "Lâm Đồng", "Sóc Trăng", "Sơn La"}
    assert not [fault for fault in faults if fault.level is Level.ERROR]
    assert not named(faults, "sum_differs")  # 870, 339, 496, 133: told as they add up

    # 2021: one source told 868 on the official list, another 866; both stand, the conflict and the sum are said
    faults = election_faults(one, nation.pk)
    with speaking("vi"):
        assert [fault.sentence() for fault in named(faults, "sources_differ")] == [
            "Việt Nam: các nguồn khác nhau về số người ứng cử: 866 (S-CEMA499;S-VIETJO); 868 (S-VWU21)."
        ]
    assert [(fault.fields["told"], fault.fields["sum"]) for fault in named(faults, "sum_differs")] == [(868, 866)]

    # nobody says how many seats the few councils have that were told: their 232 are not held against 6552
    council = Election.objects.get(kind="council.province", day=days[2016])
    faults = election_faults(parts_of(council), nation.pk)
    assert not named(faults, "sum_differs")
    assert len(named(faults, "sum_unknown")) == 1

    # by province, as published: 90 % intervals learnt from 2016 hold 61 of 63 (representation.md §4.2)
    held = {one.election.pk: one for one in elections_offered(nation, date(2026, 6, 1), edition=load())}
    before, after = (
        contests_stored(held[Election.objects.get(kind=NA, day=days[year]).pk], stage="", decided=True)[0]
        for year in (2016, 2021)
    )
    assert len({one.group for one in after}) == 63
    scored = backtest(before, after, slope=False, drift=0.0).scored
    assert (scored.groups_held, scored.groups, scored.observed) == (61, 63, 151)

    # the printed share of Vĩnh Long's districts: 178 of 441 is 40.36 % and not 40.59 %
    districts = parts_of(Election.objects.get(kind="council.district", day=days[2021]))
    (wrong,) = named(election_faults(districts, nation.pk), "share_differs")
    with speaking("vi"):
        assert wrong.sentence() == "Vĩnh Long: nguồn in 40,59 %; số đếm 178 trên 441 cho 40,36 % (S-VL21)."
    assert ListStage.objects.get(candidates=441).percent == Decimal("40.59")  # as printed


def test_councils_of_which_only_shares_are_published_are_tested_in_per_cent(nation: Unit, data: Path) -> None:
    """The row of provincial councils of backtest_results.csv: 30.0 from 2016, 29.0 observed; beside it the ratio of
    shares 29.3 and the success rate 29.1 (representation.md §4.2). How many were elected is not in the published
    tables: 3,908 is what the printed ln odds of -0.759 leave of the list of 6,552, 3,721 the mean of 30.0."""
    loaded(data / "nomination_funnel.csv", nation)
    rows, _faults = shares_read("pc.csv", (data / "pc_women_by_level.csv").read_bytes(), load())
    shares_load(rows, unit=nation, actor=DESK, edition=load())

    def stored() -> tuple[Shares, Shares] | None:
        day = date(2026, 6, 1)
        offered = elections_offered(nation, day, edition=load())
        last, before = (one for one in offered if one.election.kind == "council.province")
        return shares_stored(before, last, edition=load())

    told = stored()
    assert told is not None
    # of one source where one tells both: 26.54 is S-VLLF's as 29.0 is, 26.7 another's
    assert told == (Shares(6552, 2427, pytest.approx(0.2654)), Shares(6220, 2542, pytest.approx(0.29)))
    assert {one.way: round(one.mean, 1) for one in shares_tested(*told)} == {
        "last_share": 26.5,
        "ratio_of_shares": 29.3,
    }
    table = "body,year,elected,source\nProvincial PC,2016,3908,X\nProvincial PC,2021,3721,X\n"
    rows_more, _more = elections_read("pc.csv", table.encode(), load())
    elections_load(rows_more, unit=nation, actor=DESK, edition=load())
    told = stored()
    assert told is not None
    ways = {one.way: one for one in shares_tested(*told)}
    with (data / "backtest_results.csv").open(encoding="utf-8") as file:
        (published,) = (row for row in csv.DictReader(file) if row["predicts"] == "provincial PC 2021")
    assert ways["one_urn"].mean == pytest.approx(float(published["mean"]), abs=0.06)
    assert ways["one_urn"].log_odds == pytest.approx(float(published["log_odds"]), abs=0.0006)
    assert ways["one_urn"].observed == pytest.approx(float(published["observed"]))
    assert (ways["success_rate"].mean, ways["ratio_of_shares"].mean) == pytest.approx((29.1, 29.3), abs=0.1)


def test_a_line_that_knows_the_seats_completes_one_that_did_not(nation: Unit) -> None:
    table = (
        "body,year,stage,seats,candidates,women_candidates,elected,round,source\n"
        "National Assembly,2021,after 2nd consultation,,9,4,,,A\n"
        "National Assembly,2021,official list,5,8,4,4,1,A\n"
        "National Assembly,2021,official list,1,8,4,1,2,B\n"
    )
    rows, _faults = elections_read("a.csv", table.encode(), load())
    elections_load(rows, unit=nation, actor=DESK, edition=load())
    assert Constituency.objects.get().seats == 5  # the second round's one is not the constituency's


@pytest.mark.database
def test_a_table_told_twice_is_told_once_and_a_correction_keeps_both(nation: Unit, data: Path, tmp_path: Path) -> None:
    day, path = date(2016, 5, 22), tmp_path / "nghe-an.csv"
    lines = (data / "na14_2016_by_constituency.csv").read_text("utf-8").splitlines()
    few = [lines[0], *(line for line in lines if ",Nghệ An," in line)]
    path.write_text("\n".join(few), "utf-8")
    assert loaded(path, nation, kind=NA, day=day).told == 10
    again = loaded(path, nation, kind=NA, day=day)
    assert (again.told, again.corrected, again.untouched) == (0, 0, 10)
    # printed counts that cannot be are refused as a whole, each with its line
    wrong = [
        few[0],
        few[1].replace(",2,4,", ",2,9,"),
        "40,Nghệ An,40,2,3,5,6,4,1,S-NQ617",
        "99,Đâu đó,40,1,3,5,1,3,1,S",
    ]
    path.write_text("\n".join(wrong), "utf-8")
    rows, _ = elections_read(path.name, path.read_bytes(), load(), kind=NA, day=day)
    with pytest.raises(Refused) as refused:
        elections_load(rows, unit=nation, actor=DESK, edition=load())
    told = {(fault.place.rpartition(":")[2], fault.code.removeprefix("posts.")) for fault in refused.value.faults}
    assert {("3", "women_above_persons"), ("3", "elected_above_seats"), ("4", "no_place")} <= told
    assert ("2", "told_otherwise") in told
    assert ListStage.objects.filter(standing=1).count() == 5
    # said to be a correction, the old figure is withdrawn and stays
    old, women = few[1].rsplit(",", 2)[0], few[1].split(",")[8]
    path.write_text(f"{few[0]}\n{old},{(int(women) + 1) % 3},S-NQ617\n", "utf-8")
    assert loaded(path, nation, kind=NA, day=day, correct=True).corrected == 1
    assert Counter(ElectionResult.objects.values_list("standing", flat=True)) == {1: 5, None: 1}
    election = Election.objects.get()
    parts = parts_of(election)
    read = list(csv.DictReader(map(",".join, election_lines(parts, place_names({part.unit for part in parts}, day)))))
    assert len(read) == 10
    assert sum(int(line["candidates"] or 0) for line in read) == 23  # 5 constituencies: 5 + 5 + 5 + 4 + 4
    # closed from the consultations to the result
    assert closed_on(election, day) is None
    election_close(election=election, closed_from=date(2016, 2, 17), closed_to=None)
    assert closed_on(election, date(2016, 2, 16)) is None
    assert (closed_on(election, day) or Fault("")).code == "posts.election_closed_open_end"
    election_close(election=election, closed_from=date(2016, 2, 17), closed_to=date(2016, 6, 8))
    assert (closed_on(election, day) or Fault("")).code == "posts.election_closed"
    assert closed_on(election, date(2016, 6, 8)) is None
    assert Constituency.objects.filter(election=election).count() == 5


def test_shares_by_two_rules_never_stand_in_one_line(nation: Unit, data: Path) -> None:
    for file, group, count in (
        ("women_key_leaders.csv", "", 17),
        ("party_committees.csv", "", 18),
        ("pc_women_by_level.csv", "", 10),
        ("na_women_by_term.csv", "deputies.national", 20),
    ):
        rows, faults = shares_read(file, (data / file).read_bytes(), load(), group=group)
        assert (len(rows), faults) == (count, [])
        done, doubts = shares_load(rows, unit=nation, actor=DESK, edition=load())
        assert (done.told, doubts) == (count, [])
    # the jump from 13.29 in 2019 to 37.7 in 2022 is no progress: the line breaks, persons here and bodies there
    lines = {line.rule.code: line for line in share_lines(nation, load()) if line.group.code == "leaders.province"}
    assert {code: [share.percent for share in line.shares] for code, line in lines.items()} == {
        "leaders.persons": [Decimal("7.07"), Decimal("9.60"), Decimal("13.29")],
        "leaders.bodies_ubnd": [Decimal("37.70")],
    }
    # two sources on one term stand beside each other
    assert PublishedShare.objects.filter(group="deputies.province", time="2016-2021").count() == 2


def test_rounds_and_confirmations_are_held_against_each_other() -> None:
    """By hand: 3 seats, 2 filled in the first round, a second round for 2 of them, which elects 1; told as 2 of 3."""
    part = Part(
        place="Đơn vị 1",
        unit=1,
        number="1",
        seats=3,
        lists=[Listed("official", 5, 2)],
        results=[Resulted(2, 1, round=1, seats=3), Resulted(1, 1, round=2, seats=2), Resulted(2, 1)],
    )
    codes = Counter(fault.code.removeprefix("posts.") for fault in election_faults([part], 9))
    assert codes == {"second_round_seats": 1, "rounds_differ": 1, "unfilled": 1}
    odd = Part("Đơn vị 2", 1, "2", 3, [Listed("official", 2, 1)], [Resulted(3, 3, confirmed=2, women_confirmed=3)])
    codes = Counter(fault.code.removeprefix("posts.") for fault in election_faults([odd], 9))
    assert codes == {"fewer_candidates": 1, "elected_above_list": 1, "women_above_persons": 1}
    # the sum of a place against what is told of the whole of it
    whole = Part("Tỉnh", 1, "", 6, [Listed("official", 8, 3)], [Resulted(4, 2)])
    found = [fault for fault in election_faults([whole, part, odd], 9) if "sum" in fault.code]
    assert {(fault.fields["told"], fault.fields["sum"]) for fault in found} == {(8, 7), (4, 5), (2, 4)}
    # rounds alone add up; of two of three parts nothing is compared
    assert Part("x", 1, "1", 3, (), [Resulted(2, 1, round=1), Resulted(1, 0, round=2)]).final == Resulted(3, 1)
    few = election_faults([Part("Tỉnh", 1, "", 9, [Listed("official", 8)]), part], 9)
    assert few[-1].code == "posts.sum_incomplete"


def test_a_share_is_held_to_the_places_it_was_printed_with() -> None:
    from tienbo.posts.figures import share_faults

    def flagged(percent: str, part: int, whole: int) -> bool:
        return bool(list(share_faults("x", Decimal(percent), part, whole, "s")))

    assert not flagged("96.80", 61, 63)  # 96.825: printed as 96.8
    assert not flagged("10.00", 20, 200)
    assert not flagged("36.65", 420, 1146)
    assert flagged("40.59", 178, 441)
    assert flagged("50.01", 1, 2)
    assert not flagged("14.30", 9, 63)  # 14.2857
    assert not flagged("37.22", 1198, 3218)  # 37.228: cut off
    assert flagged("37.43", 1714, 4577)  # 37.448


def test_the_commands_load_what_is_there_and_say_what_contradicts_itself(
    nation: Unit, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(Desk, "open", lambda _path: Desk(Site(tmp_path, "x" * 50, home_unit=nation.key)))

    def run(*words: str, code: int = 0) -> Any:
        assert main([*words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    file = str(data / "pc_local_results.csv")
    assert run("election", "load", file, "--check")[0]["state"] == "checked"
    assert not Election.objects.exists()
    (told,) = run("election", "load", file)
    # Vĩnh Long: 40.59 printed for 178 of 441, and 37.43 for 1,714 of 4,577 (37.448); Lào Cai cut 37.228 off at 37.22
    assert [(one["code"], one["fields"]["printed"]) for one in told["faults"]] == [
        ("posts.share_differs", "40,59"),
        ("posts.share_differs", "37,43"),
    ]
    assert run("election", "load", str(data / "sources.csv"), code=1)[0]["state"] == "refused"
    assert [one["places_without_women"] for one in run("election", "list")] == [[], [], [], []]
    assert run("election", "close", "council.province", "23/5/2021", "--from", "17/2/2021", "--to", "10/6/2021")
    assert run("election", "close", "council.province", "24/5/2021", code=1)
    assert run("posts", "shares", str(data / "women_key_leaders.csv"))[0]["told"] == 17
    rules = {(one["group"], one["rule"]) for one in run("posts", "lines")}
    assert ("leaders.province", "leaders.persons") in rules
    assert ("leaders.province", "leaders.bodies_ubnd") in rules


def test_what_a_table_cannot_mean_is_told_with_its_line_and_column() -> None:
    table = (
        "body;year;stage;persons;women;share_pct;source\n"
        "Senate;2021;official list;8;3;;A\n"
        "National Assembly;1999;official list;8;3;;A\n"
        "National Assembly;2021;somewhere;8;3;;A\n"
        "National Assembly;2021;official list;8 or 9;chưa có;140;A\n"
    )
    rows, faults = elections_read("a.csv", table.encode(), load())
    assert rows == []
    with speaking("vi"):
        said = [(fault.place, fault.code.removeprefix("posts."), fault.sentence()) for fault in faults]
    assert [one[:2] for one in said] == [
        ("a.csv:2", "no_election"),
        ("a.csv:3", "no_election_day"),
        ("a.csv:4", "no_stage"),
        ("a.csv:5", "not_a_count"),
        ("a.csv:5", "not_told"),
        ("a.csv:5", "not_a_percent"),
    ]
    assert said[3][2] == "Cột candidates ghi “8 or 9”, không phải là số nguyên."
    _rows, faults = shares_read("b.csv", b"body,term,share_pct\nAnybody,2020-2025,5\nall provinces,once,5", load())
    assert [fault.code for fault in faults] == ["posts.no_group", "posts.no_time"]
    for empty in (b"a,b\n1,2\n", b"persons\n"):
        with pytest.raises(Refused):
            elections_read("c.csv", empty, load())


def test_what_no_line_of_a_table_says_is_asked_for_once() -> None:
    table = "province,constituency,seats,candidates,women\nAn Bình,1,3,5,2\nAn Bình,2,3,5,1\nAn Bình,3,2,4,9\n"
    _rows, faults = elections_read("bang.csv", table.encode(), load("vn"))
    codes = [fault.code for fault in faults]
    assert codes.count("posts.no_election") == 1
    _rows, named = elections_read("bang.csv", table.encode(), load("vn"), kind="national_assembly")
    assert [fault.code for fault in named].count("posts.no_election_day") == 1
