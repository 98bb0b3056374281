"""Facts follow from revisions: derived at once, again after a loss, and alike each time."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from tests.collection.conftest import H1, H2, House, row

from tienbo.catalogue.returns import Figure
from tienbo.collection.manifest import (
    Numbers,
    _smallest,
    fact_set,
    facts_agree,
    facts_catch_up,
    facts_compact,
    facts_rebuild,
    facts_sweep,
    measures,
    one_writer,
    said_by,
    segment_write,
)
from tienbo.collection.models import FactSegment, Measured, Revision, SegmentRevision
from tienbo.collection.services import return_prepare, returns_take
from tienbo.core.faults import Refused
from tienbo.engine.facts import row_hash

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def filled(house: House) -> None:
    """Three segments: figures, rows, an estimate with its official figure, a word that was replaced."""
    schools = {"schools": [row("r01", "Trường A", staff=10, women=3, led=1)]}
    estimate = {"classes__total": Figure(Decimal(12), "estimate"), "as_of": date(2025, 11, 20)}
    house.send("Xã An Bình", H2, accept=True, staff__total=40, rows=schools, **estimate)
    house.send("Xã An Bình", accept=True, staff__total=41, statements={"training": "nil", "schools": "unchanged"})
    house.send("Xã Bình Minh", staff__total=7)
    house.send("Xã Bình Minh", staff__total=8)


def all_rows(house: House) -> str:
    return row_hash(fact_set(house.stores.facts, "everything"))


def test_a_rebuild_gives_the_same_rows_and_leaves_no_other_files(house: House) -> None:
    filled(house)
    said = house.facts("submitted")
    before, after = facts_rebuild(store=house.stores.facts)
    assert before == after == all_rows(house)
    assert house.facts("submitted") == said
    files = {path.name for path in house.stores.facts.folder.iterdir()}
    assert files == set(FactSegment.objects.filter(retired_at=None).values_list("name", flat=True))


def test_a_rebuild_of_one_segment_brings_it_back_to_life(house: House) -> None:
    # The same rows give the same file: its line in the manifest was retired a moment before.
    house.send("Xã An Bình", accept=True, staff__total=40)
    assert facts_rebuild(store=house.stores.facts)[0] is not None
    assert house.said() == {("Xã An Bình", "staff"): 40}


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: (path.chmod(0o600), path.write_bytes(b"PAR1 no more"))])
def test_a_rebuild_heals_a_segment_that_is_gone_or_damaged(house: House, damage: object) -> None:
    filled(house)
    said, rows = house.facts("submitted"), all_rows(house)
    name = FactSegment.objects.order_by("id").values_list("name", flat=True)[0]
    damage(house.stores.facts.path(name))  # type: ignore[operator]
    assert facts_rebuild(store=house.stores.facts) == (None, rows)
    assert house.facts("submitted") == said


def test_a_segment_that_is_gone_is_told_not_read_over(house: House) -> None:
    filled(house)
    name = FactSegment.objects.order_by("id").values_list("name", flat=True)[0]
    house.stores.facts.path(name).unlink()
    with pytest.raises(Refused) as refused:
        fact_set(house.stores.facts, "accepted")
    assert [(fault.code, fault.fields["name"]) for fault in refused.value.faults] == [("facts.segment_missing", name)]


def taken_without_facts(house: House, unit: str, **said: object) -> Revision:
    """A return committed by a process that died before its facts were written."""
    with transaction.atomic():
        content = house.content(unit, **said)
        coming = return_prepare(campaign=house.campaign(), unit=house.units[unit], content=content)
        (taken,) = returns_take(incoming=[coming], actor=house.actor, accept=True)
    return taken.revision


def test_what_a_stopped_process_owes_is_caught_up_once(house: House) -> None:
    house.send("Xã Bình Minh", accept=True, staff__total=7)
    taken_without_facts(house, "Xã An Bình", staff__total=40)
    assert ("Xã An Bình", "staff") not in house.said()
    assert facts_catch_up(store=house.stores.facts) == 1
    assert house.said() == {("Xã Bình Minh", "staff"): 7, ("Xã An Bình", "staff"): 40}
    assert facts_catch_up(store=house.stores.facts) == 0
    assert FactSegment.objects.count() == 2


@pytest.mark.parametrize("left", [None, b"", b"PAR1 and then zeros"])
def test_a_small_segment_that_did_not_survive_a_power_cut_is_derived_again(house: House, left: bytes | None) -> None:
    """It is not waited for until it is on the disk: gone, empty, or of the right name with other bytes."""
    filled(house)
    said, rows, live = house.facts("submitted"), all_rows(house), FactSegment.objects.filter(retired_at=None).count()
    path = house.stores.facts.path(str(FactSegment.objects.order_by("id").values_list("name", flat=True)[0]))
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    assert facts_catch_up(store=house.stores.facts) > 0
    assert (house.facts("submitted"), all_rows(house)) == (said, rows)
    assert FactSegment.objects.filter(retired_at=None).count() == live
    assert facts_catch_up(store=house.stores.facts) == 0


def test_numbers_that_were_taken_back_are_not_remembered(house: House) -> None:
    with transaction.atomic():
        house.send("Xã An Bình", accept=True, staff__total=40)
        taken_back = dict(Measured.objects.values_list("id", "series"))
        transaction.set_rollback(True)
    Measured.objects.bulk_create(Measured(id=one, series=f"another than {said}") for one, said in taken_back.items())
    house.send("Xã An Bình", accept=True, staff__total=40)
    assert house.said() == {("Xã An Bình", "staff"): 40}


def test_facts_caught_up_equal_facts_written_at_once(house: House) -> None:
    filled(house)
    rows = all_rows(house)
    SegmentRevision.objects.all().delete()
    FactSegment.objects.all().delete()
    assert facts_catch_up(store=house.stores.facts) == Revision.objects.count()
    assert all_rows(house) == rows


def test_a_revision_never_has_its_facts_twice(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=40)
    with pytest.raises(IntegrityError), transaction.atomic():
        segment_write(store=house.stores.facts, said=list(said_by(Revision.objects.all())))
    assert house.said() == {("Xã An Bình", "staff"): 40}


def test_compaction_makes_one_segment_that_says_the_same(house: House) -> None:
    filled(house)
    said, rows = house.facts("submitted"), all_rows(house)
    assert facts_compact(store=house.stores.facts, above=1)
    assert FactSegment.objects.filter(retired_at=None).count() == 1
    assert (house.facts("submitted"), all_rows(house)) == (said, rows)
    assert set(SegmentRevision.objects.values_list("segment__retired_at", flat=True)) == {None}
    assert len(facts_sweep(store=house.stores.facts)) == FactSegment.objects.exclude(retired_at=None).count()
    assert (house.facts("submitted"), all_rows(house)) == (said, rows)
    assert not facts_compact(store=house.stores.facts, above=1)


def test_compaction_after_a_receive_leaves_large_segments_alone(house: House) -> None:
    filled(house)
    largest = FactSegment.objects.order_by("-rows").first()
    assert largest is not None
    assert facts_compact(store=house.stores.facts, above=1, largest=largest.rows - 1)
    live = FactSegment.objects.filter(retired_at=None)
    assert largest in live
    assert live.count() == 2


def test_a_sweep_leaves_what_the_manifest_names_and_nothing_else(house: House) -> None:
    filled(house)
    folder = house.stores.facts.folder
    (folder / ".0123456789abcdef.tmp").write_bytes(b"half a segment")
    (folder / "0000.parquet").write_bytes(b"a segment whose transaction was lost")
    assert facts_sweep(store=house.stores.facts) == [".0123456789abcdef.tmp", "0000.parquet"]
    assert facts_agree(store=house.stores.facts)


def test_numbers_of_series_never_change(house: House) -> None:
    filled(house)
    before = dict(Measured.objects.values_list("series", "id"))
    house.send("Phường Cẩm Tú", accept=True, births__total=9, births__women=4, births__men=5)
    facts_rebuild(store=house.stores.facts)
    after = dict(Measured.objects.values_list("series", "id"))
    assert before.items() < after.items()
    assert set(after) - set(before) == {"births", "births[sex=f]", "births[sex=m]"}
    assert measures() == after
    with pytest.raises(IntegrityError), transaction.atomic():
        Measured.objects.filter(series="births").update(series="deaths")


def test_a_series_has_one_number_however_often_it_is_asked_for(house: House) -> None:
    first, second = Numbers(), Numbers()
    with transaction.atomic():
        one = first.of(["staff", "staff[sex=f]"])["staff"]
        assert second.of(["staff", "classes"])["staff"] == one
    assert Measured.objects.count() == 3


def test_what_an_element_does_not_owe_is_kept_and_does_not_count(house: House) -> None:
    # In the sample edition only departments report appraised drafts, only communes staff.
    house.send("Sở Nội vụ", accept=True, appraised__total=5)
    assert house.said() == {("Sở Nội vụ", "appraised"): 5}
    from tienbo.engine.engines import engine

    (path,) = fact_set(house.stores.facts, "accepted").paths
    assert engine().rows(f"SELECT counts FROM read_parquet('{path}')") == [(True,)]


HOLDING = """
import fcntl, sys, time
with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(1)
"""


def test_two_writers_wait_for_each_other(house: House) -> None:
    path = house.book("Xã An Bình", staff__total=40)
    with one_writer(house.stores.facts):
        pass  # makes the lock's file
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(house.folder / ".facts.lock")], stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        begun = time.monotonic()
        house.receive(path, accept=True)
        assert time.monotonic() - begun > 0.8
    assert house.said() == {("Xã An Bình", "staff"): 40}


def test_the_version_of_a_set_changes_with_every_decision_and_only_then(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=40)
    first = fact_set(house.stores.facts, "accepted")
    assert fact_set(house.stores.facts, "accepted") == first
    house.send("Xã Bình Minh", staff__total=40)
    assert fact_set(house.stores.facts, "accepted").version != first.version
    assert fact_set(house.stores.facts, "submitted").version != fact_set(house.stores.facts, "accepted").version


def test_an_estimate_keeps_its_cut_off_and_a_figure_has_none(house: House) -> None:
    house.send(
        "Xã An Bình",
        accept=True,
        staff__total=40,
        classes__total=Figure(Decimal(3), "estimate"),
        as_of=date(2026, 5, 31),
    )
    from tienbo.engine.engines import engine

    (path,) = fact_set(house.stores.facts, "accepted").paths
    rows = engine().rows(f"SELECT value, cut_off FROM read_parquet('{path}') ORDER BY value")
    assert rows == [(3, date(2026, 5, 31)), (40, None)]


def test_facts_of_one_period_are_told_from_those_of_another(house: House) -> None:
    house.send("Xã An Bình", H2, accept=True, staff__total=40)
    house.send("Xã An Bình", H1, accept=True, staff__total=41)
    assert (house.said("accepted", H2), house.said("accepted", H1)) == (
        {("Xã An Bình", "staff"): 40},
        {("Xã An Bình", "staff"): 41},
    )


@pytest.mark.parametrize(
    ("rows", "least", "made"),
    [
        ([1] * 9, 5, 9),
        ([1, 1, 1, 1, 1, 100, 300, 1000, 3000], 5, 5),
        ([1, 1, 1, 1, 1, 10, 30, 1000], 5, 7),
        ([5], 1, 1),
    ],
)
def test_the_smallest_segments_become_one_and_much_larger_ones_are_left(rows: list[int], least: int, made: int) -> None:
    assert _smallest(rows, least) == made
