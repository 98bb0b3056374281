"""A reorganisation from one sheet: what it is said to do it does, all of it or nothing; every fault at its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.catalogue.edition import make

from tienbo.accounts.actors import Actor, actor_of, operator
from tienbo.accounts.models import User
from tienbo.collection.services import campaign_open
from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.core.succession import transition
from tienbo.ground.files import FileStore
from tienbo.processes.reorganise import Applied, Proposal, reorganisation_apply, reorganisation_propose
from tienbo.processes.reorganise_sheet import COLUMNS, HEAD, sheet_blank, sheet_read
from tienbo.units.frames import acts, lives, unit_names
from tienbo.units.invariants import units_check
from tienbo.units.models import Grant, Reorganisation, ReorganisationSheet, Role, Succession, Unit, UnitCode, UnitName
from tienbo.units.queries import unit_on
from tienbo.units.services import grant_give, unit_create

pytestmark = [pytest.mark.database, pytest.mark.django_db]

BEGAN, DAY, TODAY = date(2020, 1, 1), date(2026, 3, 1), date(2026, 3, 20)
EVE = DAY - timedelta(days=1)
ACT = {
    "number": "12/NQ-HĐND",
    "title": "Sắp xếp đơn vị hành chính cấp xã",
    "issued_by": "Hội đồng nhân dân tỉnh",
    "adopted": "05/02/2026",
    "effective": "01/03/2026",
    "stage": "có hiệu lực",
    "source": "Công báo",
}


@dataclass
class Ground:
    """A province of six communes, and its neighbour of one with a name that both have."""

    folder: Path
    units: Mapping[str, Unit]
    actor: Actor = field(default_factory=lambda: operator("thử"))

    @property
    def files(self) -> FileStore:
        return FileStore(self.folder / "files")

    def data(self, rows: Sequence[Mapping[str, str]], **head: str) -> bytes:
        return sheet_blank(head={**ACT, **head}, rows=rows)

    def propose(self, *rows: Mapping[str, str], **head: str) -> Proposal:
        return reorganisation_propose(
            data=self.data(rows, **head), name="biểu.xlsx", actor=self.actor, edition=make(), today=TODAY
        )

    def apply(self, *rows: Mapping[str, str], seen: str = "", **head: str) -> Applied:
        with speaking("vi"):
            return reorganisation_apply(
                data=self.data(rows, **head), name="biểu.xlsx", actor=self.actor, edition=make(), files=self.files,
                today=TODAY, seen=seen,
            )  # fmt: skip

    def faults(self, *rows: Mapping[str, str], **head: str) -> list[tuple[str, str]]:
        """(code, cell) of every fault; nothing was written."""
        before = state()
        with pytest.raises(Refused) as refused:
            self.apply(*rows, **head)
        assert state() == before
        for fault in refused.value.faults:
            assert fault.sentence()
        return [(fault.code, fault.place.rpartition("!")[2]) for fault in refused.value.faults]


def state() -> tuple[object, ...]:
    tables = (Unit, UnitName, UnitCode, Reorganisation, Succession, Grant, ReorganisationSheet)
    return tuple(sorted(map(str, table.objects.values_list())) for table in tables)  # type: ignore[attr-defined]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    nation = unit_create(kind="nation", name="Việt Nam", begins=BEGAN)
    units = {"nation": nation}
    for name, code in (("Tỉnh Sông Mây", "98"), ("Tỉnh Núi Xanh", "99")):
        units[name] = unit_create(kind="province", name=name, begins=BEGAN, parent=nation, codes={"gso": code})
    named = ("Xã An Bình", "Xã Bình Minh", "Xã Cẩm Tú", "Xã Đông Hồ", "Thị trấn Én", "Xã Phú Lộc")
    for number, name in enumerate(named, start=98001):
        units[name] = unit_create(
            kind="commune", name=name, begins=BEGAN, parent=units["Tỉnh Sông Mây"], codes={"gso": str(number)}
        )
    units["kia"] = unit_create(
        kind="commune", name="Xã An Bình", begins=BEGAN, parent=units["Tỉnh Núi Xanh"], codes={"gso": "99001"}
    )
    return Ground(tmp_path, units)


def merge(before: str, after: str = "Xã Bình An", **more: str) -> dict[str, str]:
    new = {"after_is": "mới", "after_under": "Tỉnh Sông Mây"}
    under = "Tỉnh Sông Mây" if before == "Xã An Bình" else ""
    return {
        "event": "nhập",
        "before": before,
        "before_under": under,
        "after": after,
        "extent": "toàn bộ",
        **new,
        **more,
    }


def row(event: str, before: str = "", after: str = "", **more: str) -> dict[str, str]:
    return {"event": event, "before": before, "after": after, **more}


BOTH = (merge("Xã An Bình", after_code="gso:98101"), merge("Xã Bình Minh"))


# --------------------------------------------------------------------------------------------------- carried out


def test_two_communes_become_one_and_nothing_is_written_before_it_is_said(ground: Ground) -> None:
    before = state()
    said = ground.propose(*BOTH)
    assert state() == before
    assert [(one.name, one.code, one.to) for one in said.closes] == [
        ("Xã An Bình", "gso:98001", ("Xã Bình An",)),
        ("Xã Bình Minh", "gso:98002", ("Xã Bình An",)),
    ]
    (opened,) = said.opens
    assert (opened.name, opened.kind, opened.under, opened.code) == (
        "Xã Bình An",
        "commune",
        "Tỉnh Sông Mây",
        "gso:98101",
    )
    done = ground.apply(*BOTH, seen=said.mark)
    new = unit_on(scheme="gso", code="98101", on=DAY)
    assert new is not None
    assert unit_on(scheme="gso", code="98001", on=EVE) == ground.units["Xã An Bình"]
    assert unit_on(scheme="gso", code="98001", on=DAY) is None
    (act,) = acts()
    assert (act.key, act.day) == (done.act.key, DAY)
    assert {(link.predecessor, link.successor) for link in act.links} == {
        (ground.units[name].pk, new.pk) for name in ("Xã An Bình", "Xã Bình Minh")
    }
    assert units_check() == []


def test_the_act_is_on_record_with_who_and_the_very_bytes(ground: Ground) -> None:
    ground.apply(*BOTH)
    kept = ReorganisationSheet.objects.get()
    assert (kept.actor, kept.reorganisation.number) == ("thử", "12/NQ-HĐND")
    assert ground.files.get(kept.sha256) == ground.data(BOTH)
    assert [one["name"] for one in kept.did["closes"]] == ["Xã An Bình", "Xã Bình Minh"]


def test_the_same_sheet_is_not_carried_out_twice(ground: Ground) -> None:
    ground.apply(*BOTH)
    assert ground.faults(*BOTH) == [("reorganise.already", "biểu.xlsx")]
    assert ground.faults(row("đổi tên", "Xã Phú Lộc", "Xã Phú Lợi")) == [("reorganise.act_known", "B1")]


def test_what_changed_since_it_was_shown_is_shown_again(ground: Ground) -> None:
    said = ground.propose(*BOTH)
    user = User.objects.create_user("an", "An")
    grant_give(user=user, unit=ground.units["Xã Bình Minh"], role=Role.HEAD, begins=BEGAN)
    with pytest.raises(Refused) as refused:
        ground.apply(*BOTH, seen=said.mark)
    assert [one.code for one in refused.value.faults] == ["reorganise.changed_meanwhile"]


def test_csv_says_the_same_as_the_workbook(ground: Ground) -> None:
    lines = [[HEAD[key], value] for key, value in ACT.items()]
    lines += [list(COLUMNS.values()), *([one.get(key, "") for key in COLUMNS] for one in BOTH)]
    text = "\n".join(";".join(line) for line in lines)
    by_text = sheet_read(text.encode("utf-8-sig"), "biểu.csv")
    by_book = sheet_read(ground.data(BOTH), "biểu.xlsx")
    assert [{key: cell.text for key, cell in one.cells.items()} for one in by_text.rows] == [
        {key: cell.text for key, cell in one.cells.items()} for one in by_book.rows
    ]
    said = reorganisation_propose(
        data=text.encode("utf-8-sig"), name="biểu.csv", actor=ground.actor, edition=make(), today=TODAY
    )
    assert said.opens == ground.propose(*BOTH).opens


def test_a_code_passes_to_the_new_unit_the_day_its_holder_ends(ground: Ground) -> None:
    """17179 was Quỳnh Hồng until 30/11/2024, then Cầu Giát."""
    ground.apply(merge("Thị trấn Én", "Thị trấn Én", after_code="gso:98006"), merge("Xã Phú Lộc", "Thị trấn Én"))
    old, new = (unit_on(scheme="gso", code="98006", on=day) for day in (EVE, DAY))
    assert old == ground.units["Xã Phú Lộc"]
    assert new is not None
    assert unit_names(DAY)[new.pk] == "Thị trấn Én"
    assert new != ground.units["Thị trấn Én"]


def test_a_unit_is_renamed_retyped_and_given_a_code_under_its_key(ground: Ground) -> None:
    said = ground.propose(row("đổi loại", "Xã Cẩm Tú", after_type="phường", after_code="gso:98103"))
    assert [(one.what, one.before, one.after) for one in said.moves] == [
        ("name", "Xã Cẩm Tú", "Phường Cẩm Tú"),
        ("code", "gso:98003", "gso:98103"),
    ]
    ground.apply(row("đổi loại", "Xã Cẩm Tú", after_type="phường", after_code="gso:98103"))
    unit = ground.units["Xã Cẩm Tú"]
    assert unit_on(scheme="gso", code="98103", on=DAY) == unit
    assert unit_names(DAY)[unit.pk] == "Phường Cẩm Tú"
    (went,) = Succession.objects.all()
    assert (went.predecessor, went.successor, went.extent) == (unit, unit, "unchanged")


def test_a_unit_that_gives_a_part_keeps_the_rest(ground: Ground) -> None:
    given = row("điều chỉnh địa giới", "Xã Cẩm Tú", "Xã Đông Hồ", after_is="đang có", population="30%", area="12,5%")
    ground.apply(given)
    giver, taker = (ground.units[name].pk for name in ("Xã Cẩm Tú", "Xã Đông Hồ"))
    told = transition(acts(), lives(), source=EVE, target=DAY, measure="population")
    assert {unit: float(share.low) for unit, share in told.rows[giver].items()} == {giver: 0.7, taker: 0.3}
    area = transition(acts(), lives(), source=EVE, target=DAY, measure="area")
    assert {unit: float(share.low) for unit, share in area.rows[giver].items()} == {giver: 0.875, taker: 0.125}


def test_words_that_say_no_person_moved_need_no_share(ground: Ground) -> None:
    words = "Nhập một phần diện tích"
    ground.apply(row("điều chỉnh địa giới", "Xã Cẩm Tú", "Xã Đông Hồ", after_is="đang có", words=words))
    told = transition(acts(), lives(), source=EVE, target=DAY, measure="population")
    giver = ground.units["Xã Cẩm Tú"].pk
    assert {unit: share.low for unit, share in told.rows[giver].items()} == {giver: 1}
    assert set(Succession.objects.values_list("words", flat=True)) == {words, ""}


def test_a_unit_divided_in_bounds(ground: Ground) -> None:
    new = {"after_is": "mới", "after_under": "Tỉnh Sông Mây"}
    ground.apply(
        row("chia", "Xã Cẩm Tú", "Xã Cẩm Thượng", population="50–90%", **new),
        row("chia", "Xã Cẩm Tú", "Xã Cẩm Hạ", population="0,1 - 0,5", **new),
    )
    told = transition(acts(), lives(), source=EVE, target=DAY, measure="population")
    shares = sorted((float(s.low), float(s.high)) for s in told.rows[ground.units["Xã Cẩm Tú"].pk].values())
    assert shares == [(0.1, 0.5), (0.5, 0.9)]


def test_a_unit_is_dissolved_and_another_founded_from_nothing(ground: Ground) -> None:
    ground.apply(
        row("giải thể", "Xã Cẩm Tú"),
        row("thành lập", after="Đặc khu Hòn Xa", after_under="Tỉnh Sông Mây", after_code="gso:98200"),
    )
    told = transition(acts(), lives(), source=EVE, target=DAY, measure="population")
    assert ground.units["Xã Cẩm Tú"].pk in told.lost
    new = unit_on(scheme="gso", code="98200", on=DAY)
    assert new is not None
    assert (new.kind, unit_on(scheme="gso", code="98200", on=EVE)) == ("commune", None)


def test_a_province_goes_into_another_and_its_communes_with_it(ground: Ground) -> None:
    said = ground.apply(
        row("nhập", "Tỉnh Núi Xanh", "Tỉnh Sông Mây", after_is="đang có", extent="toàn bộ"),
        row("chuyển đơn vị cấp trên", before_code="gso:99001", after_under="Tỉnh Sông Mây"),
    ).proposal
    assert [(one.name, one.to) for one in said.closes] == [("Tỉnh Núi Xanh", ("Tỉnh Sông Mây",))]
    placed = ground.units["kia"].placements.order_by("valid_from")
    assert [one.parent for one in placed] == [ground.units["Tỉnh Núi Xanh"], ground.units["Tỉnh Sông Mây"]]
    assert units_check() == []


def test_a_plan_changes_nothing_until_it_is_in_force(ground: Ground) -> None:
    ground.apply(*BOTH, stage="dự kiến")
    assert acts() == ()
    assert unit_on(scheme="gso", code="98001", on=DAY) is not None
    assert ground.propose(*BOTH, title="Sắp xếp, bản chính thức").closes
    done = ground.apply(*BOTH, title="Sắp xếp, bản chính thức")
    assert [one.stage for one in done.act.stages.order_by("pk")] == ["planned", "in_force"]
    assert Reorganisation.objects.count() == 1
    assert len(acts()[0].links) == 2


def test_a_wrong_share_is_mended_by_a_later_act_and_what_was_said_can_still_be_asked(ground: Ground) -> None:
    given = row("điều chỉnh địa giới", "Xã Cẩm Tú", "Xã Đông Hồ", after_is="đang có", population="30%")
    ground.apply(given)
    known = Reorganisation.objects.get().stages.get().recorded_at
    mended = {"corrects": "12/NQ-HĐND", "number": "15/ĐC", "title": "Đính chính", "effective": ""}
    said = ground.propose({**given, "population": "25%"}, **mended)
    assert {one.shares for one in said.withdrawn} == {(("population", "30%"),), (("population", "70%"),)}
    assert {one.shares for one in said.goes} == {(("population", "25%"),), (("population", "75%"),)}
    done = ground.apply({**given, "population": "25%"}, **mended)
    assert done.act.kind == "correction"
    giver = ground.units["Xã Cẩm Tú"].pk
    now = transition(acts(), lives(), source=EVE, target=DAY, measure="population").rows[giver][giver]
    assert float(now.low) == 0.75
    then = transition(acts(known), lives(), source=EVE, target=DAY, measure="population").rows[giver]
    assert float(then[giver].low) == 0.7
    faults = ground.faults(row("đổi tên", "Xã Phú Lộc", "Xã Phú Lợi"), **{**mended, "number": "16/ĐC"})
    assert faults == [("reorganise.mends_only_shares", "B12")]


# ------------------------------------------------------------------------------------------------ what follows


def test_roles_follow_where_a_unit_goes_whole_into_one_and_are_asked_for_elsewhere(ground: Ground) -> None:
    an, binh, chi = (User.objects.create_user(name, name) for name in ("an", "binh", "chi"))
    grant_give(user=an, unit=ground.units["Xã An Bình"], role=Role.PREPARER, begins=BEGAN)
    grant_give(user=an, unit=ground.units["Xã Bình Minh"], role=Role.PREPARER, begins=BEGAN)
    grant_give(user=binh, unit=ground.units["Xã Bình Minh"], role=Role.HEAD, begins=BEGAN)
    grant_give(user=chi, unit=ground.units["Xã Cẩm Tú"], role=Role.HEAD, begins=BEGAN)
    new = {"after_is": "mới", "after_under": "Tỉnh Sông Mây"}
    rows = (*BOTH, row("chia", "Xã Cẩm Tú", "Xã Cẩm Thượng", **new), row("chia", "Xã Cẩm Tú", "Xã Cẩm Hạ", **new))
    before = list(Grant.objects.order_by("pk").values_list())
    said = ground.propose(*rows)
    told = {(one.grant.user.username, one.grant.unit_id): one for one in said.grants}
    assert [bool(one.to) for one in told.values()].count(True) == 3
    assert sum(one.already for one in told.values()) == 1  # an prepared for both, and gets one role
    chi_s = told["chi", ground.units["Xã Cẩm Tú"].pk]
    assert (chi_s.to, [said.name(one) for one in chi_s.among]) == (None, ["Xã Cẩm Thượng", "Xã Cẩm Hạ"])
    ground.apply(*rows)
    assert list(Grant.objects.order_by("pk").values_list())[: len(before)] == before
    made = Grant.objects.order_by("pk")[len(before) :]
    assert sorted((one.user.username, one.role, one.valid_from) for one in made) == [
        ("an", "preparer", DAY),
        ("binh", "head", DAY),
    ]
    assert {unit_names(DAY)[one.unit_id] for one in made} == {"Xã Bình An"}


def test_returns_of_units_that_close_and_the_closing_ones_are_named(ground: Ground) -> None:
    root = ground.units["Tỉnh Sông Mây"]
    campaign_open(root=root, period=Period(2025, 2), edition=make())
    said = ground.propose(*BOTH)
    told = [(said.name(one.unit), one.period.code, one.state, one.closing) for one in said.returns]
    assert told == [
        ("Xã An Bình", "2025-H2", "late", False),
        ("Xã An Bình", "2026-H1", "not_begun", True),
        ("Xã Bình Minh", "2025-H2", "late", False),
        ("Xã Bình Minh", "2026-H1", "not_begun", True),
    ]


def test_campaigns_of_a_root_that_closes_stay_and_the_next_are_its_heir_s(ground: Ground) -> None:
    old = ground.units["Tỉnh Núi Xanh"]
    campaign_open(root=old, period=Period(2025, 2), edition=make())
    said = ground.propose(
        row("nhập", "Tỉnh Núi Xanh", "Tỉnh Sông Mây", after_is="đang có", extent="toàn bộ"),
        row("chuyển đơn vị cấp trên", before_code="gso:99001", after_under="Tỉnh Sông Mây"),
    )
    assert [(one.root, one.period.code, one.heir) for one in said.campaigns] == [
        (old.pk, "2025-H2", ground.units["Tỉnh Sông Mây"].pk)
    ]


def test_an_office_redraws_what_stands_below_it_and_nothing_else(ground: Ground) -> None:
    user = User.objects.create_user("binh", "Bình")
    grant_give(user=user, unit=ground.units["Tỉnh Sông Mây"], role=Role.OFFICE, begins=BEGAN)
    ground.actor = actor_of(user)
    assert ground.propose(*BOTH).closes
    assert ground.faults(row("đổi tên", before_code="gso:99001", after="Xã An Lạc")) == [
        ("reorganise.not_yours", "B12")
    ]
    assert ground.faults(row("đổi tên", "Tỉnh Sông Mây", "Tỉnh Sông Xa")) == [("reorganise.not_yours", "B12")]
    commune = User.objects.create_user("xa", "Xã")
    grant_give(user=commune, unit=ground.units["Xã An Bình"], role=Role.OFFICE, begins=BEGAN)
    ground.actor = actor_of(commune)
    assert {code for code, _ in ground.faults(*BOTH)} == {"reorganise.not_yours"}


# ------------------------------------------------------------------------------------------------------- faults


def test_a_code_needs_its_scheme_and_its_day(ground: Ground) -> None:
    assert ground.faults(row("giải thể", before_code="98003")) == [("reorganise.code_needs_scheme", "D12")]
    assert ground.faults(row("giải thể", before_code="gs0:98003")) == [("reorganise.unknown_scheme", "D12")]
    assert ground.faults(row("giải thể", before_code="gso:98003@2025-01-01")) == [("reorganise.other_day", "D12")]
    assert ground.faults(row("giải thể", before_code="gso:98777")) == [("reorganise.no_holder", "D12")]
    assert ground.faults(row("giải thể", "Xã Cẩm Tú"), effective="") == [("reorganise.missing", "B5")]


def test_a_code_in_the_place_of_a_name_is_told_where_it_belongs(ground: Ground) -> None:
    for text in ("98003", "gso:98003", "98003@2025-01-01"):
        with pytest.raises(Refused) as refused:
            ground.propose(row("giải thể", text))
        (fault,) = refused.value.faults
        assert (fault.code, fault.place) == ("reorganise.code_for_a_name", "Biểu sắp xếp!B12")
        assert "gso:98003@2026-02-28" in fault.sentence()
    assert ground.faults(row("giải thể", "99999")) == [("reorganise.not_found", "B12")]


def test_a_name_that_only_others_of_other_days_had_is_told_their_days(ground: Ground) -> None:
    gone = date(2024, 1, 1)
    for _ in range(2):
        unit_create(kind="commune", name="Xã Đã Hết", begins=BEGAN, ends=gone, parent=ground.units["Tỉnh Sông Mây"])
    with pytest.raises(Refused) as refused:
        ground.propose(row("giải thể", "Xã Đã Hết"))
    (fault,) = refused.value.faults
    assert (fault.code, fault.place) == ("reorganise.other_days", "Biểu sắp xếp!B12")
    with speaking("vi"):
        assert "đến hết ngày 31/12/2023" in fault.sentence()


def test_a_name_with_two_holders_is_asked_for_with_its_candidates(ground: Ground) -> None:
    with pytest.raises(Refused) as refused:
        ground.propose(row("giải thể", "Xã An Bình"))
    (fault,) = refused.value.faults
    assert (fault.code, fault.place) == ("reorganise.two_holders", "Biểu sắp xếp!B12")
    assert "Tỉnh Sông Mây" in fault.sentence()
    assert "Tỉnh Núi Xanh" in fault.sentence()


def test_shares_that_do_not_sum(ground: Ground) -> None:
    new = {"after_is": "mới", "after_under": "Tỉnh Sông Mây"}
    rows = (
        row("chia", "Xã Cẩm Tú", "Xã Cẩm Thượng", population="70%", **new),
        row("chia", "Xã Cẩm Tú", "Xã Cẩm Hạ", population="20%", **new),
    )
    assert ground.faults(*rows) == [("succession.shares_do_not_sum", "A12")]
    bounds = ({**rows[0], "population": "10–20%"}, {**rows[1], "population": "10–20%"})
    assert ground.faults(*bounds) == [("succession.bounds_exclude_one", "A12")]
    assert ("reorganise.unreadable_share", "L12") in ground.faults({**rows[0], "population": "70"}, rows[1])


def test_a_successor_that_opens_late(ground: Ground) -> None:
    late = DAY + timedelta(days=31)
    unit_create(kind="commune", name="Xã Mới Sau", begins=late, parent=ground.units["Tỉnh Sông Mây"])
    rows = (merge("Xã Cẩm Tú", "Xã Mới Sau", after_is="đang có", after_under=""),)
    assert ground.faults(*rows) == [("succession.opens_late", "A12")]


def test_units_in_a_ring(ground: Ground) -> None:
    rows = (
        merge("Xã Cẩm Tú", "Xã Đông Hồ", after_is="đang có"),
        merge("Xã Đông Hồ", "Xã Cẩm Tú", after_is="đang có"),
    )
    assert "succession.cycle" in {code for code, _ in ground.faults(*rows)}
    placed = (
        row("chuyển đơn vị cấp trên", "Xã Cẩm Tú", after_under="Xã Đông Hồ"),
        row("chuyển đơn vị cấp trên", "Xã Đông Hồ", after_under="Xã Cẩm Tú"),
    )
    assert [code for code, _ in ground.faults(*placed)] == ["reorganise.circle"]


def test_a_unit_outside_its_parent(ground: Ground) -> None:
    """The error of the published table: Tân An under another province than its own."""
    wrong = row("giải thể", "Xã Cẩm Tú", before_under="Tỉnh Núi Xanh")
    assert ground.faults(wrong) == [("reorganise.not_under", "C12")]
    across = merge("Xã Cẩm Tú", "Xã Mới", after_under="Tỉnh Núi Xanh")
    assert ground.faults(across) == [("reorganise.outside_parent", "A12")]
    part = row("điều chỉnh địa giới", "Tỉnh Sông Mây", "Tỉnh Núi Xanh", after_is="đang có", extent="một phần")
    assert ground.propose(across, part).opens


def test_a_day_outside_a_unit_s_life(ground: Ground) -> None:
    early = {"effective": "01/01/2019"}
    rows = (merge("Xã Cẩm Tú", "Xã Đông Hồ", after_is="đang có", after_under=""),)
    assert {code for code, _ in ground.faults(*rows, **early)} >= {"succession.predecessor_not_alive"}
    assert ("reorganise.not_alive", "B12") in ground.faults(row("đổi tên", "Xã Cẩm Tú", "Xã Cẩm"), **early)
    ground.apply(*BOTH)
    gone = row("nhập", "Xã Bình Minh", "Xã Cẩm Tú", after_is="đang có", extent="toàn bộ")
    later = {"number": "13/NQ", "effective": "01/06/2026"}
    assert ("succession.predecessor_not_alive", "A12") in ground.faults(gone, **later)


def test_units_still_under_one_that_closes_and_codes_that_are_not_free(ground: Ground) -> None:
    closing = row("nhập", "Tỉnh Núi Xanh", "Tỉnh Sông Mây", after_is="đang có", extent="toàn bộ")
    assert ground.faults(closing) == [("reorganise.has_children", "B12")]
    held = merge("Xã Cẩm Tú", after_code="gso:98004")
    assert ground.faults(held) == [("reorganise.code_held", "H12")]
    named = row("thành lập", after="Xã Đông Hồ", after_under="Tỉnh Sông Mây")
    assert [code for code, _ in ground.faults(named)] == ["reorganise.name_taken"]


def test_every_fault_is_told_at_once(ground: Ground) -> None:
    new = {"after_is": "mới", "after_under": "Tỉnh Sông Mây"}
    faults = ground.faults(
        row("giải thể", before_code="98003"),
        row("sáp nhập lung tung", "Xã Đông Hồ", "Xã Bình Minh"),
        row("giải thể", "Xã An Bình"),
        row("chia", "Thị trấn Én", "Xã Én Trên", population="70%", **new),
        row("chia", "Thị trấn Én", "Xã Én Dưới", population="20%", **new),
        row("giải thể", "Xã Không Có"),
    )
    assert faults == [
        ("reorganise.code_needs_scheme", "D12"),
        ("reorganise.unknown_word", "A13"),
        ("reorganise.two_holders", "B14"),
        ("succession.shares_do_not_sum", "A15"),
        ("reorganise.not_found", "B17"),
    ]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04nothing", b"\xff\xfe\x00", "một;hai\n".encode(), b"a" * 20])
def test_what_is_no_sheet_is_refused_in_words(ground: Ground, data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        reorganisation_propose(data=data, name="x", actor=ground.actor, edition=make(), today=TODAY)
    assert all(fault.sentence() for fault in refused.value.faults)


def test_a_blank_is_a_sheet_with_nothing_in_it(ground: Ground) -> None:
    with pytest.raises(Refused) as refused:
        reorganisation_propose(data=sheet_blank(), name="x", actor=ground.actor, edition=make(), today=TODAY)
    assert [fault.code for fault in refused.value.faults] == ["reorganise.no_rows"]
