"""`tienbo check` on a live site: sound data pass, and each planted damage is found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction
from tests.collection.conftest import H1, H2, House, house  # noqa: F401 - a fixture

from tienbo.collection.manifest import facts_catch_up
from tienbo.collection.models import (
    Decision,
    FactSegment,
    KeptEdition,
    Receipt,
    Return,
    Revision,
    SegmentRevision,
    Upload,
)
from tienbo.collection.services import campaign_open, return_prepare, returns_take, revision_ask_supplement
from tienbo.core.faults import Level
from tienbo.core.messages import speaking
from tienbo.processes.audit import audit
from tienbo.units.models import Placement, UnitName
from tienbo.units.services import unit_create
from tienbo.units.versions import units_touch

pytestmark = [pytest.mark.database, pytest.mark.django_db]

Table = type[Revision] | type[Decision] | type[Receipt] | type[KeptEdition] | type[Placement] | type[UnitName]


@contextmanager
def lawless(*tables: Table) -> Iterator[None]:
    """Takes the laws off tables, as somebody with the database's own tools could. Rolled back with the test."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        names = [table._meta.db_table for table in tables]
        marks = ", ".join("?" for _ in names)
        raw = connection.connection
        found = raw.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({marks})", names
        )
        laws = found.fetchall()
        for name, _ in laws:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, sql in laws:
            cursor.execute(sql)


@pytest.fixture
def sound(house: House) -> House:  # noqa: F811
    house.send("Xã An Bình", H2, accept=True, staff__total=40)
    house.send("Xã An Bình", accept=True, staff__total=41, staff__women=18)
    house.send("Xã An Bình", staff__total=42, staff__women=19)
    house.send("Xã Bình Minh", accept=True, staff__total=7)
    assert found(house) == []
    return house


def found(one: House) -> list[str]:
    """Codes of everything the audit finds; each has a sentence."""
    faults = list(audit(stores=one.stores))
    assert all(fault.sentence() for fault in faults)
    return [fault.code for fault in faults]


def last(one: House) -> Revision:
    return Revision.objects.latest("id")


def test_sound_data_pass(sound: House) -> None:
    assert found(sound) == []


def edition_changed(_: House) -> None:
    with lawless(KeptEdition):
        KeptEdition.objects.update(pack="sample", definitions="{}")


def bytes_gone(one: House) -> None:
    one.stores.files.path(Upload.objects.latest("id").sha256).unlink()


def bytes_changed(one: House) -> None:
    path = one.stores.files.path(Upload.objects.latest("id").sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])


def content_changed(one: House) -> None:
    text = last(one).content
    assert '"7"' in text
    with lawless(Revision):
        Revision.objects.filter(pk=last(one).pk).update(content=text.replace('"7"', '"9"'))


def content_unreadable(one: House) -> None:
    with lawless(Revision):
        Revision.objects.filter(pk=last(one).pk).update(content="{}")


def decided_on_something_else(_: House) -> None:
    with lawless(Decision):
        Decision.objects.filter(pk=Decision.objects.latest("id").pk).update(revision_sha256="0" * 64)


def receipt_gone(_: House) -> None:
    with lawless(Receipt):
        Receipt.objects.filter(pk=Receipt.objects.latest("id").pk).delete()


def accepted_without_a_decision(one: House) -> None:
    of = one.of("Xã An Bình")
    Return.objects.filter(pk=of.pk).update(accepted=of.latest)


def latest_is_not_the_last(one: House) -> None:
    of = one.of("Xã An Bình")
    Return.objects.filter(pk=of.pk).update(latest=of.accepted)


def a_number_left_out(one: House) -> None:
    with lawless(Revision):
        Revision.objects.filter(pk=last(one).pk).update(number=3)


def no_facts(one: House) -> None:
    SegmentRevision.objects.filter(revision=last(one)).delete()


def a_segment(one: House) -> Path:
    return one.stores.facts.path(FactSegment.objects.latest("id").name)


def segment_gone(one: House) -> None:
    a_segment(one).unlink()


def segment_damaged(one: House) -> None:
    a_segment(one).write_bytes(b"not facts")


def segment_of_other_revisions(one: House) -> None:
    """A manifest that puts two revisions in each other's segments."""
    first, second = SegmentRevision.objects.order_by("id")[:2]
    there, here = first.segment, second.segment
    SegmentRevision.objects.filter(pk=first.pk).update(segment=here)
    SegmentRevision.objects.filter(pk=second.pk).update(segment=there)


def facts_of_another_figure(one: House) -> None:
    """A segment well kept, by the manifest, of a figure that nobody said."""
    from dataclasses import replace
    from decimal import Decimal

    from tienbo.collection.manifest import Numbers, said_by, table_said
    from tienbo.engine.rows import rows_of

    (said,) = said_by([last(one)])
    series = said.rows.column("series").to_pylist()
    false = rows_of([(name, Decimal(70), "reported", "exact", "entered", "") for name in series])
    written = one.stores.facts.write(table_said([replace(said, rows=false)], Numbers().known))
    segment = FactSegment.objects.latest("id")
    FactSegment.objects.filter(pk=segment.pk).update(name=written.name, sha256=written.sha256)


def told_to_two_offices(one: House) -> None:
    """A unit whose return of a half-year was received in two campaigns, each by another office."""
    other = unit_create(kind="province", name="Tỉnh Núi Xanh", begins=date(2014, 1, 1))
    campaign = campaign_open(root=other, period=H1, edition=one.edition)
    said = one.content("Xã Bình Minh", H1, staff__total=8, staff__women=3)
    with transaction.atomic():
        incoming = return_prepare(campaign=campaign, unit=one.units["Xã Bình Minh"], content=said)
        returns_take(incoming=[incoming], actor=one.actor, accept=True)
    assert facts_catch_up(store=one.stores.facts) == 1


def a_circle(one: House) -> None:
    first, second = (Placement.objects.get(unit=one.units[name]) for name in ("Xã An Bình", "Xã Bình Minh"))
    with lawless(Placement):
        Placement.objects.filter(pk=first.pk).update(parent=second.unit)
        Placement.objects.filter(pk=second.pk).update(parent=first.unit)
    units_touch()


def a_unit_without_a_name(one: House) -> None:
    with lawless(UnitName):
        UnitName.objects.filter(unit=one.units["Xã An Bình"]).update(valid_from=date(2020, 1, 1))


@pytest.mark.parametrize(
    ("plant", "code"),
    [
        (edition_changed, "audit.edition"),
        (bytes_gone, "audit.upload_missing"),
        (bytes_changed, "audit.upload_missing"),
        (content_changed, "audit.revision_hash"),
        (content_unreadable, "audit.revision_unreadable"),
        (decided_on_something_else, "audit.decision_hash"),
        (receipt_gone, "audit.no_receipt"),
        (accepted_without_a_decision, "audit.pointer"),
        (latest_is_not_the_last, "audit.pointer"),
        (a_number_left_out, "audit.numbering"),
        (no_facts, "audit.no_facts"),
        (segment_gone, "audit.segment"),
        (segment_damaged, "audit.segment"),
        (segment_of_other_revisions, "audit.segment_rows"),
        (facts_of_another_figure, "audit.facts_differ"),
        (told_to_two_offices, "audit.counts_twice"),
        (a_circle, "audit.tree"),
        (a_unit_without_a_name, "units.check.nameless"),
    ],
)
def test_each_planted_damage_is_found(sound: House, plant: Callable[[House], None], code: str) -> None:
    plant(sound)
    assert code in found(sound)


def test_a_unit_told_twice_is_named_with_its_half_year_its_figure_and_both_offices(sound: House) -> None:
    told_to_two_offices(sound)
    (fault,) = (one for one in audit(stores=sound.stores) if one.code == "audit.counts_twice")
    assert fault.place == "Xã Bình Minh, 2026-H1"
    with speaking("vi"):
        sentence = fault.sentence()
    for words in ("Xã Bình Minh", "6 tháng đầu năm 2026", "Tỉnh Sông Mây, Tỉnh Núi Xanh", "1 chuỗi số liệu"):
        assert words in sentence
    # Kept out of what counts, the second word is only a warning: it still is its unit's last one there.
    again = Revision.objects.latest("id")
    revision_ask_supplement(revision=again, actor=sound.actor, note="Đã gửi về Tỉnh Sông Mây.")
    assert [(one.code, one.level) for one in audit(stores=sound.stores)] == [("audit.sent_twice", Level.WARNING)]


def test_a_law_taken_off_the_database_is_found(sound: House) -> None:
    with connection.cursor() as cursor:
        name = "decisions_are_never_rewritten_update"
        on = ' ON "collection_decision"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER "{name}"{on}')
    assert [code for code in found(sound) if code != "audit.system"] == []
    faults = list(audit(stores=sound.stores))
    assert any(name in fault.sentence() for fault in faults)
