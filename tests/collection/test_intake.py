"""Files come in: each wholly in or wholly out, once, whatever lies beside it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from tests.catalogue.edition import make, put
from tests.collection.conftest import H1, H2, SEAL, House, codes, row

from tienbo.catalogue.returns import Figure
from tienbo.collection.models import Campaign, Decision, FactSegment, Receipt, Return, Revision, Upload
from tienbo.core.periods import Period
from tienbo.ground.files import sha256
from tienbo.ground.keys import new_key
from tienbo.processes.workbooks import workbooks_blank
from tienbo.units.models import Unit
from tienbo.units.services import unit_create, unit_end, unit_place

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def counts() -> tuple[int, int, int, int]:
    return Upload.objects.count(), Revision.objects.count(), Receipt.objects.count(), Decision.objects.count()


def test_a_workbook_becomes_a_revision_a_receipt_and_facts(house: House) -> None:
    path = house.book("Xã An Bình", staff__total=40, staff__women=18)
    (result,) = house.receive(path)
    assert (result.state, result.period, result.unit) == ("received", "2026-H1", house.units["Xã An Bình"].key)
    of = house.of("Xã An Bình")
    assert of.latest is not None
    assert (of.latest.number, of.accepted, of.latest.receipt.code) == (1, None, result.receipt)
    assert house.stores.files.get(sha256(path.read_bytes())) == path.read_bytes()
    assert house.said("submitted") == {("Xã An Bình", "staff"): 40, ("Xã An Bình", "staff[sex=f]"): 18}
    assert house.said("accepted") == {}


def test_with_accept_what_comes_in_counts_at_once(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=40)
    assert house.said() == {("Xã An Bình", "staff"): 40}
    acts = list(Decision.objects.order_by("id").values_list("act", "actor"))
    assert acts == [("submit", "tester"), ("accept", "tester")]


def test_the_same_file_twice_has_one_effect_and_one_receipt(house: House) -> None:
    path = house.book("Xã An Bình", staff__total=40)
    (first,) = house.receive(path)
    before = counts(), house.said("submitted")
    copy = shutil.copy(path, path.with_name("bản sao.xlsx"))
    for again in (path, copy):
        (second,) = house.receive(again)
        assert (second.state, second.receipt, second.revision) == ("again", first.receipt, first.revision)
    assert (counts(), house.said("submitted")) == before


def test_the_same_file_twice_in_one_receive_has_one_effect(house: House) -> None:
    path = house.book("Xã An Bình", staff__total=40)
    copy = path.with_name("bản sao.xlsx")
    shutil.copy(path, copy)
    first, second = house.receive(path, copy)
    assert [first.state, second.state] == ["received", "again"]
    assert first.receipt == second.receipt
    assert counts()[:3] == (1, 1, 1)


def test_the_same_content_in_another_file_has_one_effect(house: House) -> None:
    path = house.book("Xã An Bình", staff__total=40)
    other = path.with_name("mở ra và lưu lại.xlsx")
    rezipped(path, other)
    (first,) = house.receive(path)
    (second,) = house.receive(other)
    assert (second.state, second.receipt) == ("again", first.receipt)
    assert counts()[:3] == (2, 1, 1)


def test_a_folder_received_again_changes_nothing_though_it_holds_old_and_new_words(house: House) -> None:
    old = house.book("Xã An Bình", staff__total=40)
    same = old.with_name("000.xlsx")
    rezipped(old, same)
    new = house.book("Xã An Bình", staff__total=41)
    house.receive(old, same, new)
    before = counts()
    assert house.said("submitted") == {("Xã An Bình", "staff"): 41}
    assert [one.state for one in house.receive(old, same, new)] == ["again"] * 3
    assert counts() == before
    assert house.said("submitted") == {("Xã An Bình", "staff"): 41}


def test_a_unit_may_return_to_what_it_said_first(house: House) -> None:
    for total in (40, 41):
        house.send("Xã An Bình", staff__total=total)
    result = house.send("Xã An Bình", staff__total=40, prepared_by="Người khác")
    assert result.state == "received"
    assert house.said("submitted") == {("Xã An Bình", "staff"): 40}
    assert house.of("Xã An Bình").revisions.count() == 3


def test_two_workbooks_of_one_unit_in_one_receive_are_pointed_out(house: House) -> None:
    one = house.book("Xã An Bình", staff__total=40)
    two = house.book("Xã An Bình", staff__total=41)
    first, second = house.receive(one, two)
    assert "intake.two_of_one_unit" not in {fault.code for fault in first.faults}
    (pointed,) = [fault for fault in second.faults if fault.code == "intake.two_of_one_unit"]
    assert pointed.fields["other"] == one.name
    assert house.said("submitted") == {("Xã An Bình", "staff"): 41}


def test_a_good_file_beside_bad_ones_goes_in(house: House) -> None:
    good = house.book("Xã An Bình", staff__total=40)
    bad = house.book("Xã Bình Minh", staff__total=10, staff__women=11)
    noise = house.folder / "không phải bảng tính.xlsx"
    noise.write_bytes(b"no workbook at all")
    gone = house.folder / "không có.xlsx"
    results = house.receive(bad, noise, gone, good)
    assert [one.state for one in results] == ["refused", "refused", "refused", "received"]
    assert codes(results[0]) == ["return.part_exceeds_whole"]
    assert codes(results[2]) == ["intake.not_a_file"]
    assert all(fault.sentence() for one in results for fault in one.faults)
    assert house.said("submitted") == {("Xã An Bình", "staff"): 40}
    assert Upload.objects.count() == 3  # bytes of what was refused are kept too


def test_a_corrected_workbook_is_a_second_revision_and_the_first_stays(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=40)
    house.send("Xã An Bình", staff__total=41)
    assert list(house.of("Xã An Bình").revisions.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert house.said("accepted") == {("Xã An Bình", "staff"): 40}
    assert house.said("submitted") == {("Xã An Bình", "staff"): 41}


def test_receipts_are_unique_and_can_be_read_aloud(house: House) -> None:
    paths = [house.book(name, staff__total=40) for name in ("Xã An Bình", "Xã Bình Minh", "Phường Cẩm Tú")]
    receipts = {one.receipt for one in house.receive(*paths)}
    assert len(receipts) == 3
    assert all(len(one) == 11 and not set(one) & set("01IO") for one in receipts)


def test_many_files_are_read_by_other_processes_with_the_same_effect(house: House) -> None:
    units = list(house.units)[:3]
    paths = [house.book(units[n % 3], staff__total=40 + n, texts={"highlight": f"Lần {n}"}) for n in range(27)]
    results = house.receive(*paths, processes=2)
    assert [one.path for one in results] == paths
    assert {one.state for one in results} == {"received"}
    assert house.said("submitted") == {(units[n % 3], "staff"): 40 + n for n in (24, 25, 26)}


def test_how_far_the_reading_is_is_told_before_the_first_group_is_stored(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tienbo.collection.intake.TOLD", 0.0)
    told: list[tuple[int, int]] = []
    paths = [house.book(name, staff__total=40) for name in list(house.units)[:3]]
    house.receive(*paths, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (2, 3), (3, 3)]  # the last is told of when it is stored


# ---------------------------------------------------------------------------------------------- who and what


def test_a_unit_that_does_not_report_is_refused_by_name(house: House) -> None:
    house.units = {**house.units, "Hội Thử": unit_create(kind="front", name="Hội Thử", begins=date(2014, 1, 1))}
    result = house.send("Hội Thử", staff__total=1)
    assert codes(result) == ["intake.unit_not_due"]
    assert "Hội Thử" in result.faults[-1].sentence()


def test_a_unit_of_another_province_is_refused(house: House) -> None:
    other = unit_create(kind="province", name="Tỉnh Núi Xanh", begins=date(2014, 1, 1))
    commune = unit_create(kind="commune", name="Xã Xa", begins=date(2014, 1, 1), parent=other)
    house.units = {**house.units, "Xã Xa": commune}
    assert codes(house.send("Xã Xa", staff__total=1)) == ["intake.unit_not_due"]


def test_a_unit_this_site_does_not_know_is_refused(house: House) -> None:
    house.units = {**house.units, "Xã Lạ": Unit(key=new_key("unit"), kind="commune")}
    path = house.book("Xã Lạ", staff__total=40)
    (result,) = house.receive(path)
    assert codes(result) == ["intake.unknown_unit"]


def test_a_workbook_of_another_period_is_refused_when_one_was_named(house: House) -> None:
    (result,) = house.receive(house.book("Xã An Bình", H2, staff__total=40), period=H1)
    assert codes(result) == ["workbook.other_period"]
    assert Revision.objects.count() == 0


def test_a_workbook_on_the_wrong_form_is_refused(house: House) -> None:
    house.units = {**house.units, "Sở Nội vụ": house.units["Xã An Bình"], "Xã An Bình": house.units["Sở Nội vụ"]}
    assert codes(house.send("Xã An Bình", staff__total=40)) == ["intake.form_does_not_fit"]


def test_a_workbook_of_another_edition_is_refused_and_the_campaign_keeps_its_own(house: House) -> None:
    path = house.book("Xã An Bình", staff__total=40)
    pinned = house.campaign().edition.fingerprint
    changed = make(put("indicators", "staff.women", name={"vi": "Tên khác", "en": "Another name"}))
    house.edition = changed
    assert house.campaign().edition.fingerprint == pinned
    from tienbo.collection.services import edition_keep

    edition_keep(changed)
    other = house.book("Xã Bình Minh", staff__total=40)
    assert codes(house.receive(other)[0]) == ["campaign.other_edition"]
    assert house.receive(path)[0].state == "received"


def test_a_unit_that_ended_inside_the_period_may_send_a_closing_return(house: House) -> None:
    path = house.book("Xã An Bình", H1, staff__total=40)
    unit_end(unit=house.units["Xã An Bình"], on=date(2026, 3, 1))
    (result,) = house.receive(path, accept=True)
    assert result.state == "received"
    assert house.said() == {("Xã An Bình", "staff"): 40}


def test_a_unit_that_ended_before_the_period_may_not(house: House) -> None:
    path = house.book("Xã An Bình", H1, staff__total=40)
    unit_end(unit=house.units["Xã An Bình"], on=date(2025, 12, 15))  # the period's first day: gone on it
    assert codes(house.receive(path)[0]) == ["intake.ended_before"]


def test_a_campaign_is_opened_by_the_first_return_with_the_due_day_of_its_regime(house: House) -> None:
    house.send("Xã An Bình", staff__total=40)
    campaign = Campaign.objects.get(period_code="2026-H1")
    assert (campaign.root, campaign.due_on) == (house.root, date(2026, 6, 25))  # the sample regime's, for first halves


# ------------------------------------------------------------------------------------ unchanged and restated


def test_unchanged_carries_over_the_accepted_return(house: House) -> None:
    house.send("Xã An Bình", H2, accept=True, staff__total=40, staff__women=18)
    result = house.send("Xã An Bình", statements={"people": "unchanged"})
    assert result.state == "received"
    assert house.facts("submitted") == {
        ("Xã An Bình", "staff"): (40, "exact", "unchanged"),
        ("Xã An Bình", "staff[sex=f]"): (18, "exact", "unchanged"),
    }


def test_unchanged_without_an_accepted_return_is_refused_with_a_place(house: House) -> None:
    house.send("Xã An Bình", H2, staff__total=40)  # submitted, not accepted
    result = house.send("Xã An Bình", statements={"people": "unchanged"})
    assert [(fault.code, fault.place) for fault in result.faults if fault.level.value == "error"] == [
        ("return.nothing_to_carry_over", "Biểu 01")
    ]


def test_unchanged_half_year_after_half_year_goes_back_to_the_figures(house: House) -> None:
    first = Period.parse("2025-H1")
    house.send("Xã An Bình", first, accept=True, staff__total=40)
    house.send("Xã An Bình", H2, accept=True, statements={"people": "unchanged"})
    house.send("Xã An Bình", H1, accept=True, statements={"people": "unchanged"})
    assert house.said("accepted", H1) == {("Xã An Bình", "staff"): 40}


def test_a_unit_that_goes_on_under_another_province_carries_over_and_restates_what_it_sent_before(house: House) -> None:
    estimate = {"classes__total": Figure(Decimal(12), "estimate"), "as_of": date(2025, 11, 20)}
    before = house.content("Xã An Bình", H2, staff__total=40, **estimate)
    house.send("Xã An Bình", H2, accept=True, staff__total=40, **estimate)
    merged = date(2026, 1, 1)
    heir = unit_create(kind="province", name="Tỉnh Sông Biển", begins=merged)
    unit_place(unit=house.units["Xã An Bình"], parent=heir, on=merged)
    moved = replace(house, root=heir)
    blank = workbooks_blank(home=heir, edition=house.edition, period=H1, folder=house.folder / "blank", seal=SEAL)
    sheet = load_workbook(blank[house.units["Xã An Bình"].key]).worksheets[0]
    assert any(cell.value == 40 for line in sheet.iter_rows() for cell in line), "last period stands beside"
    official = {"classes:total": Figure(Decimal(14))}
    result = moved.send("Xã An Bình", accept=True, before=before, restated=official, statements={"people": "unchanged"})
    assert result.state == "received", result.faults
    assert house.said("accepted", H1)["Xã An Bình", "staff"] == 40
    assert house.facts("accepted", H2)["Xã An Bình", "classes"][:2] == (14, "exact")


def test_unchanged_rows_and_their_counts_are_carried_over(house: House) -> None:
    # Two schools: 10 staff of whom 3 women, led by one: 3/10 is 30 %; 10 staff of whom 2 women: below.
    rows = {"schools": [row("r01", "Trường A", staff=10, women=3, led=1), row("r02", "Trường B", staff=10, women=2)]}
    house.send("Xã An Bình", H2, accept=True, rows=rows)
    house.send("Xã An Bình", accept=True, statements={"schools": "unchanged"})
    told = {series: value for (_unit, series), value in house.said().items() if "row" not in series}
    assert told == {"schools": 2, "schools.due": 1, "schools.met": 1, "school.staff": 20}


def test_unchanged_of_none_is_none_and_of_not_applicable_is_not_applicable(house: House) -> None:
    house.send("Xã An Bình", H2, accept=True, statements={"schools": "nil"})
    house.send("Xã Bình Minh", H2, accept=True, statements={"schools": "not_applicable"})
    for name in ("Xã An Bình", "Xã Bình Minh"):
        assert house.send(name, accept=True, statements={"schools": "unchanged"}).state == "received"
    assert house.said()["Xã An Bình", "schools"] == 0
    assert house.said()["Xã Bình Minh", "schools"] is None


def test_unchanged_keeps_meaning_what_counted_when_it_was_said(house: House) -> None:
    house.send("Xã An Bình", H2, accept=True, staff__total=40)
    house.send("Xã An Bình", H2, accept=True, staff__total=44)
    house.send("Xã An Bình", accept=True, statements={"people": "unchanged"})
    assert house.said() == {("Xã An Bình", "staff"): 44}
    house.send("Xã An Bình", H2, accept=True, staff__total=50)
    from tienbo.collection.manifest import facts_rebuild

    facts_rebuild(store=house.stores.facts)
    assert house.said() == {("Xã An Bình", "staff"): 44}


def test_files_that_refer_to_an_earlier_period_wait_for_it_in_one_receive(house: House) -> None:
    later = house.book("Xã An Bình", H1, statements={"people": "unchanged"})
    earlier = house.book("Xã An Bình", H2, staff__total=40)
    results = house.receive(later, earlier, accept=True)
    assert [one.state for one in results] == ["received", "received"]
    assert house.said() == {("Xã An Bình", "staff"): 40}


ESTIMATE = Figure(Decimal(12), "estimate")


def restating(house: House, total: int, **more: object) -> object:
    before = house.content("Xã An Bình", H2, classes__total=ESTIMATE, as_of=date(2025, 11, 20))
    return house.send("Xã An Bình", H1, before=before, restated={"classes:total": Figure(Decimal(total))}, **more)


def test_official_figures_make_a_new_revision_of_the_earlier_return_and_the_difference_stays(house: House) -> None:
    house.send("Xã An Bình", H2, accept=True, classes__total=ESTIMATE, staff__total=40, as_of=date(2025, 11, 20))
    assert house.facts("accepted", H2)["Xã An Bình", "classes"] == (12, "estimate", "entered")
    result = restating(house, 14, accept=True, staff__total=41)
    assert result.restated == "2025-H2"
    assert house.facts("accepted", H2)["Xã An Bình", "classes"] == (14, "exact", "entered")
    assert house.said("accepted", H2)["Xã An Bình", "staff"] == 40
    first, second = house.of("Xã An Bình", H2).revisions.order_by("number")
    assert (first.made, second.made) == ("sent", "restated")
    assert ('["12","estimate"' in first.content, '["14","exact"' in second.content) == (True, True)


def test_official_figures_do_not_lose_what_was_corrected_but_not_yet_accepted(house: House) -> None:
    estimate = {"classes__total": ESTIMATE, "as_of": date(2025, 11, 20)}
    house.send("Xã An Bình", H2, accept=True, staff__total=40, **estimate)
    house.send("Xã An Bình", H2, staff__total=42, **estimate)
    restating(house, 14)
    assert house.said("submitted", H2) == {("Xã An Bình", "staff"): 42, ("Xã An Bình", "classes"): 14}


def test_official_figures_without_an_earlier_return_are_refused_and_the_neighbour_goes_in(house: House) -> None:
    before = house.content("Xã An Bình", H2, classes__total=ESTIMATE, as_of=date(2025, 11, 20))
    bad = house.book("Xã An Bình", H1, before=before, restated={"classes:total": Figure(Decimal(14))})
    good = house.book("Xã Bình Minh", staff__total=40)
    results = house.receive(bad, good)
    assert [one.state for one in results] == ["refused", "received"]
    (fault,) = [fault for fault in results[0].faults if fault.level.value == "error"]
    assert fault.code == "return.nothing_to_restate"
    assert "!" in fault.place  # the cell of the official figure


def test_official_figures_that_break_the_earlier_return_are_refused(house: House) -> None:
    women = Figure(Decimal(20), "estimate")
    said = {"attendances__total": 50, "attendances__women": women, "as_of": date(2025, 11, 20)}
    house.send("Xã An Bình", H2, accept=True, **said)
    before = house.content("Xã An Bình", H2, **said)
    result = house.send("Xã An Bình", before=before, restated={"attendances:women": Figure(Decimal(51))})
    assert codes(result) == ["return.part_exceeds_whole"]
    assert house.of("Xã An Bình", H2).revisions.count() == 1


def test_a_corrected_workbook_with_the_same_official_figures_restates_once(house: House) -> None:
    house.send("Xã An Bình", H2, accept=True, classes__total=ESTIMATE, as_of=date(2025, 11, 20))
    restating(house, 14, staff__total=41)
    restating(house, 14, staff__total=42)
    assert house.of("Xã An Bình", H2).revisions.count() == 2


def test_unchanged_beside_an_official_figure_means_the_official_figure(house: House) -> None:
    said = {"staff__total": Figure(Decimal(40), "estimate"), "as_of": date(2025, 11, 20)}
    house.send("Xã An Bình", H2, accept=True, **said)
    result = house.send(
        "Xã An Bình",
        accept=True,
        before=house.content("Xã An Bình", H2, **said),
        restated={"staff:total": Figure(Decimal(43))},
        statements={"people": "unchanged"},
    )
    assert result.state == "received"
    assert house.facts("accepted", H1) == {("Xã An Bình", "staff"): (43, "exact", "unchanged")}


def test_a_group_that_fails_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise OSError("no space left on device")

    path = house.book("Xã An Bình", staff__total=40)
    monkeypatch.setattr(house.stores.facts.__class__, "write", broken)
    with pytest.raises(OSError, match="no space"):
        house.receive(path)
    assert (Return.objects.count(), Revision.objects.count(), FactSegment.objects.count()) == (0, 0, 0)
    monkeypatch.undo()
    assert house.receive(path)[0].state == "received"


def rezipped(path: object, other: object) -> None:
    """The same workbook in other bytes, as saving it again makes them."""
    import zipfile

    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w", zipfile.ZIP_STORED) as new:  # type: ignore[call-overload]
        for name in old.namelist():
            new.writestr(name, old.read(name))
