"""The demonstration as a whole, small: what was sent, counted again in plain Python, is what the engine says."""

from __future__ import annotations

import csv
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from pypdf import PdfReader
from pytest_django.plugin import DjangoDbBlocker

from tienbo.accounts.models import User
from tienbo.catalogue.returns import Figure
from tienbo.collection.models import Decision
from tienbo.core import words
from tienbo.core.periods import Period
from tienbo.engine.evaluate import Audience, Question
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.posts.election_models import Election, ElectionResult, ListStage
from tienbo.posts.election_queries import parts_of
from tienbo.posts.figures import election_faults, election_totals
from tienbo.posts.forecast_models import Forecast
from tienbo.posts.models import Holding, Post, PostCount, PublishedShare
from tienbo.posts.projection_models import IndicatorProjection
from tienbo.posts.queries import posts_on
from tienbo.processes.audit import audit
from tienbo.project.cli import main
from tienbo.project.desk import Desk
from tienbo.project.invented_posts import DESK
from tienbo.project.invented_units import PROVINCE_REF
from tienbo.project.province import COMING, LAST, ROUNDS, Made, province
from tienbo.project.saying import Say
from tienbo.project.site import site_create
from tienbo.release.models import Release
from tienbo.release.reading import onto_on
from tienbo.release.services import document_write, release_make
from tienbo.units.frames import acts, tree_on
from tienbo.units.models import Body, BodySuccession, Grant, Role, Unit, UnitQuantity

pytestmark = [pytest.mark.django_db, pytest.mark.documents]

H2, H1 = Period(2025, 2), Period(2026, 1)


@pytest.fixture(scope="module")
def made(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """One district of each old province, with every office; made once for this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        site = site_create(path=tmp_path_factory.mktemp("demonstration"))
        yield province(site, seed=2026, districts=1, say=Say(as_json=True))
        transaction.set_rollback(True)


# ------------------------------------------------------------------ the same, counted again without the program


class Told:
    """What counts of one half-year under one root: contents as they were drawn, with what is said otherwise than by
    figures worked out here: nil is zero, unchanged is what was said a half-year before, official replaces estimate."""

    def __init__(self, made: Made, period: Period, root: str = PROVINCE_REF) -> None:
        rounds = {(one.period, one.root): one for one in made.rounds}
        self.made, self.period = made, period
        self.now = dict(rounds[period, root].told)
        earlier = rounds.get((period.previous(), root))
        later = rounds.get((Period.from_index(period.index + 1), root))
        self.before = dict(earlier.told) if earlier else {}
        self.official: dict[str, Mapping[str, Figure]] = {}
        if later is not None:  # restated by a return that was accepted, whatever was decided on that return later
            self.official = {ref: one.restated for ref, one in {**later.told, **later.asked}.items()}

    def kind(self, ref: str) -> str:
        return self.made.invented.reporters[ref].kind

    def one(self, ref: str, block: str, address: str) -> Decimal | None:
        """The figure of a unit; None where it told none."""
        content = self.now[ref]
        statement = content.statements.get(block)
        if statement == "nil":
            return Decimal(0)
        if statement == "not_applicable":
            return None
        if statement == "unchanged":
            content = self.before[ref]
        elif address in self.official.get(ref, {}):
            return self.official[ref][address].value
        figure = content.figures.get(address)
        return None if figure is None else figure.value

    def sum(self, block: str, *addresses: str, of: str = "") -> Decimal:
        found = [
            self.one(ref, block, address) for ref in self.now if self.kind(ref).startswith(of) for address in addresses
        ]
        return sum((one for one in found if one is not None), Decimal(0))

    def share(self, block: str, part: str, whole: str, of: str = "") -> Decimal:
        """Per cent, of the units that told both."""
        both = [
            (self.one(ref, block, part), self.one(ref, block, whole))
            for ref in self.now
            if self.kind(ref).startswith(of)
        ]
        parts = sum(a for a, b in both if a is not None and b is not None)
        wholes = sum(b for a, b in both if a is not None and b is not None)
        return parts * 100 / wholes

    def rows(self) -> list[Mapping[str, Figure]]:
        made: list[Mapping[str, Figure]] = []
        for ref, content in self.now.items():
            said = self.before[ref] if content.statements.get("agencies") == "unchanged" else content
            made += [row.figures for row in said.rows.get("agencies", ())]
        return made


def _bound_by_30(row: Mapping[str, Figure]) -> bool:
    return row["staff"].value > 0 and row["staff_women"].value * 10 >= row["staff"].value * 3


ASKED: Mapping[str, Callable[[Told], Decimal]] = {
    "training.classes": lambda told: (
        told.sum("training", "classes:total", of="commune")
        + told.sum("training", "classes:total", of="department")
        + told.sum("training", "classes:total", of="front")
        + told.sum("training", "classes:total", of="party")
        + told.sum("direction", "classes:total", of="force")
    ),
    "training.attendances": lambda told: told.sum("training", "attendances:total"),
    "com.attendances": lambda told: told.sum("communication", "event_attendances:total"),
    "media.items": lambda told: told.sum("media", "items:q1", "items:q2"),
    "jobs.new": lambda told: told.sum("economy", "jobs_new:total"),
    "jobs.women_share": lambda told: told.share("economy", "jobs_new:women", "jobs_new:total"),
    "staff.commune": lambda told: told.sum("government", "ubnd_staff:total"),
    "villages.heads_women_share": lambda told: told.share("government", "village_heads:women", "village_heads:total"),
    "committee.communes_with": lambda told: told.sum("committee", "communes_with:total"),
    "hdnd.commune.deputies": lambda told: told.sum("council", "deputies:total", of="commune"),
    "gbv.models.active": lambda told: told.sum("models", "models_active:total"),
    "supervision.done": lambda told: told.sum("supervision", "visits:total"),
    "budget.state": lambda told: told.sum("supervision", "budget_state:total"),
    "leaders.ubnd": lambda told: (
        told.sum("government", "ubnd_key:total", of="commune")
        + told.sum("province_bodies", "ubnd_key:total", of="department")
    ),
    "births.live": lambda told: told.sum("births", "live_births:total"),
    "rule30.agencies": lambda told: Decimal(len(told.rows())),
    "rule30.due": lambda told: Decimal(sum(_bound_by_30(row) for row in told.rows())),
    "rule30.met": lambda told: Decimal(
        sum(_bound_by_30(row) and row["leaders_women"].value >= 1 for row in told.rows())
    ),
}


def _values(made: Made, period: Period) -> dict[str, Value]:
    home = made.desk.home
    found = made.desk.reader().values(Question(tuple(ASKED), (period,), (home.pk,)))
    return {value.indicator: value for value in found}


@pytest.mark.parametrize("period", [H2, H1], ids=str)
@pytest.mark.parametrize("indicator", ASKED)
def test_the_provinces_figure_is_the_sum_of_what_was_sent(made: Made, indicator: str, period: Period) -> None:
    value = _values(made, period)[indicator]
    told = Told(made, period)
    if value.status is not Status.VALUE:
        assert ASKED[indicator](told) == 0
        assert value.units_reported == 0
        return
    assert value.value is not None
    assert round(value.value, 6) == round(ASKED[indicator](told), 6)


def test_enough_of_the_figures_compared_are_not_nothing(made: Made) -> None:
    filled = [one for one in _values(made, H1).values() if one.value]
    assert len(filled) >= len(ASKED) - 2


def test_coverage_counts_who_sent_something_that_was_accepted(made: Made) -> None:
    home = made.desk.home
    (value,) = made.desk.reader().values(Question(("direction.documents",), (H1,), (home.pk,)))
    last = made.rounds[-1]
    unanswered = [
        ref
        for ref, content in last.told.items()
        if "direction" not in content.statements and "documents:total" not in content.figures
    ]
    assert value.units_reported == len(last.told) - len(unanswered)
    assert value.units_due == len(last.told) + len(last.waiting) + len(last.asked) + len(last.silent) + len(
        set(last.refused) - set(last.told) - set(last.waiting) - set(last.asked)
    )


def test_official_figures_stand_where_estimates_did(made: Made) -> None:
    restated = [(ref, address) for ref, one in made.told(H1).items() for address in one.restated]
    assert restated
    for ref, address in restated:
        estimate, official = made.told(H2)[ref].figures[address], made.told(H1)[ref].restated[address]
        assert estimate.qualifier == "estimate"
        assert estimate.value <= official.value


def test_there_is_an_account_for_each_role_and_its_password_stands_in_one_file_only(made: Made) -> None:
    grants = Grant.objects.select_related("user", "unit")
    assert sorted(grant.role for grant in grants) == sorted([*Role.values, Role.PREPARER])
    listed = made.desk.site.path / "ACCOUNTS.txt"
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600
    text = listed.read_text(encoding="utf-8")
    asked = {made.keys[ref] for ref in made.rounds[-1].asked}
    for seated in made.accounts:
        user = User.objects.get(username=seated.account.name)
        assert user.check_password(seated.account.password)
        assert f"{seated.account.name} " in text
        assert seated.account.password in text
    assert {grant.unit.key for grant in grants if grant.unit.kind == "commune"} == asked
    assert len({seated.account.password for seated in made.accounts}) == len(made.accounts)


# --------------------------------------------------------------------------------------------------- the files


def test_every_file_with_a_mistake_is_refused_for_it_and_every_other_comes_in(made: Made) -> None:
    kinds = set()
    for one in made.rounds:
        assert {file.path.parent.name for file in one.files if file.state == "refused"} == {"co-loi"}
        codes = [{fault.code for fault in file.faults} for file in one.files if file.state == "refused"]
        assert len(codes) == len(one.refused)
        for wanted in one.refused.values():
            assert any(wanted in found for found in codes), wanted
        kinds |= set(one.refused.values())
    assert len(kinds) >= 3


def test_every_round_has_silent_units_late_ones_and_warnings_somewhere(made: Made) -> None:
    halves = [period for period, era in ROUNDS for _ in range(2 if era == "before" else 1)]
    assert [one.period for one in made.rounds] == halves
    assert all(one.silent and one.refused for one in made.rounds)
    assert made.rounds[-1].waiting
    assert made.rounds[-1].asked
    assert any(file.faults for one in made.rounds for file in one.files if file.state == "received")


def test_nothing_is_broken_behind_it(made: Made) -> None:
    assert [str(fault.code) for fault in audit(stores=made.desk.stores) if fault.code != "audit.system"] == []


def test_the_table_of_the_intake_tells_every_file_and_every_silent_unit(made: Made) -> None:
    table = next(path for path in made.written if path.suffix == ".csv")
    rows = list(csv.reader(table.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert len(rows) - 2 == sum(len(one.files) + len(one.silent) for one in made.rounds)


def test_every_page_says_that_figures_are_illustrative(made: Made) -> None:
    papers = [path for path in made.written if path.suffix == ".pdf"]
    assert len(papers) == 4
    for path in papers:
        for number, page in enumerate(PdfReader(path).pages, start=1):
            text = re.sub(r"\s+", " ", page.extract_text()).casefold()
            assert "số liệu minh họa" in text, (path.name, number)


def test_every_workbook_says_that_figures_are_illustrative(made: Made) -> None:
    blanks = [path for path in made.written if path.suffix == ".xlsx"]
    sent = [file.path for one in made.rounds for file in one.files if file.state == "received"]
    assert len(blanks) == 2
    for path in (*blanks, *sent[:: max(1, len(sent) // 12)]):
        assert "số liệu minh họa" in _words(path).casefold(), path.name
    assert all(COMING.code in path.name for path in blanks)


def _words(path: Path) -> str:
    with zipfile.ZipFile(path) as parts:
        texts = [name for name in parts.namelist() if "sheet" in name or "sharedStrings" in name]
        return "".join(parts.read(name).decode() for name in texts)


# ------------------------------------------------------------------------------------- compared across the merger


class Together(Told):
    """What the two old provinces told in one half-year, as if one had collected it: every unit of theirs went whole
    into the new province, so its figures of before are theirs added up."""

    def __init__(self, made: Made, period: Period) -> None:
        each = [Told(made, period, root) for root in made.invented.roots["before"]]
        self.made, self.period = made, period
        self.now = {ref: content for one in each for ref, content in one.now.items()}
        self.before = {ref: content for one in each for ref, content in one.before.items()}
        self.official = {ref: figures for one in each for ref, figures in one.official.items()}


def released(made: Made) -> FrozenValues:
    """The values of the six-month report that the demonstration wrote."""
    release = Release.objects.get(unit=made.desk.home, period_code=LAST.code)
    return FrozenValues.from_json(release.values_json)


@pytest.mark.parametrize("period", [Period(2024, 2), Period(2025, 1)], ids=str)
@pytest.mark.parametrize("indicator", ASKED)
def test_a_figure_of_before_the_merger_is_what_the_old_provinces_were_told(
    made: Made, indicator: str, period: Period
) -> None:
    value = released(made).get(indicator, made.desk.home.key, period.code)
    told = Together(made, period)
    expected = ASKED[indicator](told)
    if value.status is not Status.VALUE:
        assert expected == 0
        assert value.units_reported == 0
        return
    assert value.map_day == made.desk.edition.calendar.last_day(LAST).isoformat()
    assert value.estimated_share == 0
    assert value.value is not None
    assert value.low == value.high == value.value
    assert round(value.value, 6) == round(expected, 6)


def test_enough_of_the_figures_of_before_are_not_nothing(made: Made) -> None:
    held = released(made)
    filled = [one for one in ASKED if held.get(one, made.desk.home.key, "2025-H1").value]
    assert len(filled) >= len(ASKED) - 3


def test_the_report_compares_across_the_merger_and_says_on_which_map(made: Made) -> None:
    (paper,) = [path for path in made.written if path.name == f"bao-cao-tinh-{LAST.code}.pdf"]
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(paper).pages))
    assert "chưa so sánh được với cùng kỳ năm trước" not in text
    assert "so với cùng kỳ năm trước" in text
    assert "số liệu các kỳ trước được quy đổi theo địa giới hành chính tại ngày 14/6/2026" in text
    assert "việc sắp xếp đơn vị hành chính của dữ liệu minh họa (hiệu lực từ ngày 01/7/2025)" in text
    assert "Không có phần ước tính khi quy đổi." in text


def test_a_recast_figure_of_the_report_is_explained_by_its_predecessors(made: Made) -> None:
    value = released(made).get("jobs.new", made.desk.home.key, "2025-H1")
    day = date.fromisoformat(value.map_day)
    explained = made.desk.reader().explain("jobs.new", made.desk.home.pk, Period(2025, 1), day)
    assert explained.value == value
    assert sum((one.value.value or 0) * (one.best or 0) for one in explained.predecessors) == value.value


def test_no_predecessor_is_counted_beside_its_successor(made: Made) -> None:
    assert acts()
    gone = [(act.day, link) for act in acts() for link in act.links if link.predecessor != link.successor]
    assert gone
    for day, link in gone:
        assert link.predecessor not in tree_on(day)
        assert link.successor not in tree_on(day - timedelta(days=1))
    day = made.desk.edition.calendar.last_day(LAST)
    halves = {period: made.desk.edition.calendar.last_day(period) for period, _era in ROUNDS}
    for era in onto_on(day, made.desk.edition, halves).eras.values():
        for way in era.ways.values():
            for unit in era.tree.kinds:
                shares = [way.weight(unit, taker).best for taker in way.taking(unit)]
                assert sum(one for one in shares if one is not None) in (0, 1), unit


def test_the_command_line_reads_figures_on_the_map_of_a_day(
    made: Made, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "open", lambda _path: made.desk)
    names = {row.ref: row.label for row in made.invented.declared}
    old, other = (made.keys[ref] for ref in made.invented.roots["before"])
    site = ("--site", str(made.desk.site.path), "--indicator", "jobs.new")
    expected = Together(made, Period(2025, 1)).sum("economy", "jobs_new:total")

    def asked(*more: str) -> str:
        assert main(["values", *more, *site]) == 0
        return capsys.readouterr().out

    for day in ("2025-07-01", "1/7/2025"):
        told = asked("--unit", made.desk.home.key, "--period", "2025-H1", "--map-date", day)
        assert words.number(expected) in told
        assert "Theo địa giới hành chính tại ngày 01/7/2025." in told
        assert "Số liệu được quy đổi qua việc sắp xếp đơn vị hành chính của dữ liệu minh họa" in told
    gone = asked("--unit", made.desk.home.key, "--period", "2026-H1", "--map-date", "30/6/2025")
    assert "Không áp dụng: tại ngày 30/6/2025 không có đơn vị này, theo việc sắp xếp" in gone
    rows = [
        next(iter(csv.DictReader(asked("--unit", unit, "--period", period, *more, "--format", "csv").splitlines())))
        for unit in (old, other)
        for period, more in (("2026-H1", ("--map-date", "2025-06-30")), ("2025-H1", ()))
    ]
    assert sum(int(row["value"]) for row in rows[1::2]) == expected
    now = made.desk.reader().values(Question(("jobs.new",), (LAST,), (made.desk.home.pk,)))
    assert sum(int(row["value"]) for row in rows[::2]) == next(iter(now)).value
    assert rows[0]["map_day"] == "2025-06-30"
    assert rows[0]["acts"].endswith("(2025-07-01)")
    assert names[made.invented.roots["before"][0]] in asked_explain(made, old, capsys)


def asked_explain(made: Made, unit: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What explains an old province's figure of after the merger."""
    asked = ["explain", "--site", str(made.desk.site.path), "--unit", unit, "--period", "2026-H1"]
    assert main([*asked, "--indicator", "jobs.new", "--map-date", "30/6/2025"]) == 0
    return capsys.readouterr().out


def test_a_report_can_be_made_on_the_map_of_another_day(made: Made, tmp_path: Path) -> None:
    old = Unit.objects.get(key=made.keys[made.invented.roots["before"][0]])
    day, desk = date(2025, 6, 30), made.desk
    release = release_make(
        reader=desk.reader(of=old, period=LAST, map_day=day),
        unit=old,
        period=LAST,
        kind="six-month",
        office=desk.office(desk.home, LAST),
        actor=desk.actor,
        map_day=day,
    )
    document_write(release=release, path=tmp_path / "old.pdf")
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(tmp_path / "old.pdf").pages))
    assert "theo địa giới hành chính tại ngày 30/6/2025" in text
    (value,) = desk.reader(of=old, map_day=day).values(Question(("jobs.new",), (LAST,), (old.pk,), map_day=day))
    assert FrozenValues.from_json(release.values_json).get("jobs.new", old.key, LAST.code) == value


def test_a_count_of_units_has_the_people_who_live_in_them(made: Made) -> None:
    people = {one.unit_id: one.value for one in UnitQuantity.objects.filter(measure="population")}
    day, before = date(2025, 7, 1), Period(2025, 1)
    tree = tree_on(made.desk.edition.calendar.last_day(before))
    communes = [unit for unit, kind in tree.kinds.items() if kind == "commune"]
    assert sum(people[one] for one in communes) == people[made.desk.home.pk]
    question = Question(("media.communes_four_items_share",), (before,), (made.desk.home.pk,), map_day=day)
    (value,) = made.desk.reader(of=made.desk.home, map_day=day).values(question)
    roots = (made.keys[ref] for ref in made.invented.roots["before"])
    own = [Unit.objects.get(key=key).pk for key in roots]
    shares = Question(("media.communes_four_items_share",), (before,), tuple(communes))
    told = [
        one
        for root in own
        for one in replace(made.desk.reader(), scope=root, audience=Audience("statutory", root)).values(
            replace(shares, units=tuple(unit for unit in communes if root in tree.ancestors(unit)))
        )
        if one.status is Status.VALUE
    ]
    ids = {one.key: one.pk for one in Unit.objects.filter(kind="commune")}
    living = sum(people[ids[one.unit]] for one in told if one.value)
    assert value.population_share is not None
    assert abs(value.population_share - living / sum(people[ids[one.unit]] for one in told)) < Decimal("1e-9")


def test_every_unit_with_a_territory_has_a_committee_and_a_district_s_ended_with_it(made: Made) -> None:
    there = tree_on(made.desk.edition.calendar.last_day(LAST))
    held = set(Body.objects.filter(valid_to=None).values_list("unit_id", flat=True))
    assert held == {unit for unit, kind in there.kinds.items() if kind in ("province", "commune")}
    ended = BodySuccession.objects.filter(predecessor__unit__kind="district").values_list("kind", flat=True)
    assert set(ended) == {"none"}
    assert set(BodySuccession.objects.exclude(kind="none").values_list("kind", flat=True)) == {"replaced_by"}


def test_units_ended_by_the_merger_are_not_asked_again(made: Made) -> None:
    before = {ref for one in made.rounds for ref in one.told if one.period < H2}
    after = set(Told(made, H1).now)
    ended = before - after
    keys = Unit.objects.filter(key__in=[made.keys[ref] for ref in ended]).values_list("valid_to", flat=True)
    assert ended
    assert sum(day is not None for day in keys) > len(ended) * 0.8


def test_posts_and_elections_stand_beside_what_the_returns_say(made: Made) -> None:
    """Counted again from the returns as they were drawn: the province's deputies and list are those of the department
    of home affairs, members of each committee those of its commune; what was made to differ does, and nothing else."""
    told, home = made.told(LAST), made.desk.home
    refs = {made.keys[ref]: ref for ref in told}
    affairs = next(content for ref, content in told.items() if made.invented.reporters[ref].kind == DESK)
    wanted = [int(affairs.figures[f"{line}:{column}"].value) for line in ("candidates", "deputies_elected")
              for column in ("total", "women")]  # fmt: skip
    last = Election.objects.get(unit=home, kind="council.province")
    parts = parts_of(last)
    added = election_totals(parts, home.pk)
    assert [added.candidates, added.women, added.elected, added.women_elected] == wanted
    codes = Counter(fault.code for fault in election_faults(parts, home.pk))
    assert codes == {"posts.share_differs": 1, "posts.sources_differ": 1}
    assert last.closed_from is not None
    kept = Forecast.objects.get()
    assert (kept.election, kept.scores.get().observed, kept.seats) == (last, wanted[3], wanted[2])
    assert len(kept.learnt_from) == 2  # of the two provinces that went into it
    projection = IndicatorProjection.objects.get()
    assert (projection.unit, projection.indicator, projection.year) == (home, "births.sex_ratio", 2030)
    assert [one["place"] for one in projection.history] == [
        period.code for period in sorted({at for at, _era in ROUNDS})
    ]
    assert Election.objects.filter(unit__valid_to__isnull=False, day__year=2021).count() == 2
    for row in PostCount.objects.filter(group="party.commune", sex="f").select_related("unit"):
        assert row.persons == int(told[refs[row.unit.key]].figures["party_elected:women"].value)
    for table in (Post, Holding, PostCount, PublishedShare, ElectionResult, ListStage):
        sources = set(table.objects.values_list("source", flat=True))  # type: ignore[attr-defined]
        assert sources
        assert not [one for one in sources if "số liệu minh họa" not in one]
    vacant = [one for one in posts_on([home.pk], date(2026, 6, 14), edition=made.desk.edition) if one.vacant]
    assert len(vacant) == 1


def test_a_waiting_return_counts_once_it_is_submitted(made: Made) -> None:
    home, last = made.desk.home, made.rounds[-1]
    question = Question(("direction.documents",), (LAST,), (home.pk,))
    (accepted,) = made.desk.reader("accepted").values(question)
    (submitted,) = made.desk.reader("submitted").values(question)
    told = [one for one in last.waiting.values() if "documents:total" in one.figures or "direction" in one.statements]
    assert told
    assert submitted.units_reported - accepted.units_reported >= len(told)


def test_history_names_an_invented_person_not_who_ran_the_command(made: Made) -> None:
    names = {*Decision.objects.values_list("actor", flat=True), *Release.objects.values_list("made_by", flat=True)}
    assert names == {"Phạm Thị Giả Định"}
