"""A record is entered once, changed by versions that nothing rewrites, and counts for exactly what it says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tienbo.accounts.actors import Actor, actor_of, operator
from tienbo.accounts.models import User
from tienbo.catalogue.definitions import RegisterKind
from tienbo.catalogue.loading import load
from tienbo.core.faults import Fault, Level, Refused
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.registers.models import Record, RecordMeasure, RecordVersion
from tienbo.registers.queries import Listed, counted, counts, record_list
from tienbo.registers.saying import data_doubted, quarter_of, search_words
from tienbo.registers.services import data_at, record_add, record_change, record_move, record_withdraw
from tienbo.units.models import Role, Unit
from tienbo.units.services import grant_give, unit_create

BEGAN, TODAY = date(2025, 7, 1), date(2026, 6, 1)
H1, H2 = Period(2026, 1), Period(2026, 2)
DOER = operator("thử nghiệm")
CLASS = {
    "subject": "Kỹ năng lồng ghép giới",
    "begins_on": "5/3/2026",
    "ends_on": "6/3/2026",
    "place": "Hội trường UBND xã",
    "level": "village",
    "leads": "yes",
    "persons": "30",
    "persons_women": "19",
    "attendances": "60",
    "attendances_women": "38",
}


def kind(code: str = "training.class") -> RegisterKind:
    return load("vn").registers[code]


def commune(name: str = "Xã Đồng Tâm", parent: Unit | None = None) -> Unit:
    return unit_create(kind="commune", name=name, begins=BEGAN, parent=parent)


def add(unit: Unit, /, code: str = "training.class", actor: Actor = DOER, **typed: str) -> Record:
    said = typed if code != "training.class" else CLASS | typed
    return record_add(edition=load("vn"), kind=kind(code), unit=unit, typed=said, actor=actor, today=TODAY)


def change(record: Record, seen: int, actor: Actor = DOER, **typed: str) -> Record:
    return record_change(
        edition=load("vn"), kind=kind(record.kind), record=record, seen=seen, typed=typed, actor=actor, today=TODAY
    )


def move(record: Record, code: str, actor: Actor = DOER) -> Record:
    return record_move(
        edition=load("vn"),
        kind=kind(record.kind),
        record=record,
        seen=Record.objects.get(pk=record.pk).version,
        move=code,
        actor=actor,
        today=TODAY,
    )


def withdraw(record: Record, reason: str = "ghi hai lần") -> Record:
    seen = Record.objects.get(pk=record.pk).version
    return record_withdraw(
        edition=load("vn"), kind=kind(record.kind), record=record, seen=seen, reason=reason, actor=DOER
    )


def refused(act: Callable[[], object]) -> list[Fault]:
    with pytest.raises(Refused) as caught:
        act()
    return list(caught.value.faults)


def codes(act: Callable[[], object]) -> list[tuple[str, object]]:
    return [(fault.code, fault.fields.get("field")) for fault in refused(act)]


def person(unit: Unit, role: Role) -> Actor:
    user = User.objects.create_user(f"{role}-{unit.pk}", "Người giữ ghế")
    grant_give(user=user, unit=unit, role=role, begins=BEGAN)
    return actor_of(user)


# ---------------------------------------------------------------------------------------------------- counting


@pytest.mark.database
@pytest.mark.django_db
def test_a_half_year_of_classes_counts_what_was_worked_out_by_hand() -> None:
    """Five classes of one commune; the return of the first half of 2026 (15/12/2025 – 14/6/2026) counts two of them.

    | class | day        | led | state    | lượt | nữ | counts                                    |
    |-------|------------|-----|----------|------|----|-------------------------------------------|
    | A     | 15/12/2025 | yes | held     | 60   | 38 | H1, first day of the period               |
    | B     | 14/12/2025 | yes | held     | 40   | 10 | H2 of 2025, the day before                |
    | C     | 05/3/2026  | no  | held     | 25   | 20 | helped only: the lead counts it           |
    | D     | 20/5/2026  | yes | planned  | –    | –  | not held yet                              |
    | E     | 10/5/2026  | yes | held     | 33   | 33 | H1                                        |

    H1: 2 classes (A, E), 60 + 33 = 93 lượt, 38 + 33 = 71 of women. 2025-H2: 1 class, 40, 10.
    """
    unit = commune()
    for day, leads, came, women, state in (
        ("15/12/2025", "yes", "60", "38", "hold"),
        ("14/12/2025", "yes", "40", "10", "hold"),
        ("05/3/2026", "no", "25", "20", "hold"),
        ("20/5/2026", "yes", "", "", ""),
        ("10/5/2026", "yes", "33", "33", "hold"),
    ):
        record = add(unit, begins_on=day, ends_on=day, leads=leads, attendances=came, attendances_women=women)
        if state:
            move(record, state)
    assert counts(units=[unit.pk], period=H1) == {
        unit.pk: {
            "training.classes": Decimal(2),
            "training.attendances": Decimal(93),
            "training.attendances[sex=f]": Decimal(71),
            "training.attendances[eth=m]": None,  # nobody said how many
            "training.attendances[eth=m,sex=f]": None,
            # What reports tell: 30 persons a class, 19 of them women.
            "training.class:classes": Decimal(2),
            "training.class:persons": Decimal(60),
            "training.class:persons_women": Decimal(38),
        }
    }
    assert counts(units=[unit.pk], period=Period(2025, 2))[unit.pk]["training.attendances"] == 40
    year = counts(units=[unit.pk], period=Period(2026), series=["training.classes"])
    assert year == {unit.pk: {"training.classes": Decimal(2)}}


@pytest.mark.django_db
def test_what_a_kept_register_does_not_count_is_zero_and_what_is_not_kept_is_not_said() -> None:
    unit = commune()
    assert counted(edition=load("vn"), unit=unit.pk, period=H1) == {}
    add(unit)
    said = counted(edition=load("vn"), unit=unit.pk, period=H1)
    assert said["training.classes"] == 0
    assert "jobs.new" not in said


@pytest.mark.database
@pytest.mark.django_db
def test_what_a_record_leaves_blank_is_not_zero() -> None:
    """Two classes of 60: one says 5 lượt of minority persons, the other says nothing of them. 5 is not their count."""
    unit = commune()
    move(add(unit, attendances_minority="5"), "hold")
    assert counted(edition=load("vn"), unit=unit.pk, period=H1)["training.attendances[eth=m]"] == 5
    second = move(add(unit), "hold")
    said = counted(edition=load("vn"), unit=unit.pk, period=H1)
    assert said["training.attendances"] == 120
    assert "training.attendances[eth=m]" not in said
    assert counts(units=[unit.pk], period=H1)[unit.pk]["training.attendances[eth=m]"] is None
    change(second, 2, attendances_minority="0")
    assert counted(edition=load("vn"), unit=unit.pk, period=H1)["training.attendances[eth=m]"] == 5


@pytest.mark.django_db
def test_items_are_counted_in_the_quarter_they_went_out() -> None:
    unit = commune()
    base = {"name": "Tin bài", "sort": "items", "leads": "yes"}
    for day, items in (("14/3/2026", "3"), ("15/3/2026", "4"), ("16/12/2025", "1")):
        move(add(unit, "outreach.event", **base, held_on=day, items=items), "hold")
    said = counts(units=[unit.pk], period=H1)[unit.pk]
    assert said == {
        "media.items[quarter=q1]": Decimal(4),
        "media.items[quarter=q2]": Decimal(4),
        "outreach.event:items": Decimal(8),
    }


def test_a_half_year_has_two_quarters_of_three_months() -> None:
    span = load("vn").calendar.span(H2)
    assert quarter_of(date(2026, 9, 14), span) == "q1"
    assert quarter_of(date(2026, 9, 15), span) == "q2"


STEP = st.tuples(st.sampled_from(["add", "hold", "reopen", "cancel", "change", "withdraw"]), st.integers(0, 9))


class CountsEqualASeparateSum(TestCase):
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(STEP, max_size=14))
    def test_whatever_the_order_of_changes(self, steps: list[tuple[str, int]]) -> None:
        """The indexed counts are what one reads off the records themselves, with SQL that knows nothing of feeds."""
        unit = commune()
        held: list[Record] = []
        for step, number in steps:
            if step == "add" or not held:
                day = date(2026, 1, 1) + timedelta(days=number)
                leads = "yes" if number % 3 else "no"
                text = f"{day.day}/{day.month}/{day.year}"
                held.append(add(unit, begins_on=text, ends_on=text, leads=leads))
                continue
            record = held[number % len(held)]
            now = Record.objects.get(pk=record.pk)
            with suppress(Refused):  # of a record that was withdrawn, or does not stand where the move begins
                if step == "change":
                    came = str(60 + number)
                    change(now, now.version, attendances=came)
                elif step == "withdraw":
                    withdraw(now)
                else:
                    move(now, step)
        wanted = (0, 0)
        for row in Record.objects.filter(unit=unit, withdrawn=False, state="held"):
            if row.data["leads"] == "yes":
                wanted = (wanted[0] + 1, wanted[1] + int(row.data["attendances"]))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COALESCE(SUM(CASE WHEN series = 'training.classes' THEN value END), 0), "
                "COALESCE(SUM(CASE WHEN series = 'training.attendances' THEN value END), 0) "
                "FROM registers_recordmeasure WHERE unit_id = %s",
                [unit.pk],
            )
            assert tuple(map(int, cursor.fetchone())) == wanted
        said = counts(units=[unit.pk], period=H1).get(unit.pk, {})
        assert (said.get("training.classes", 0), said.get("training.attendances", 0)) == wanted
        for row in Record.objects.filter(unit=unit):
            assert data_at(row, row.version - 1) is not None
            folded: dict[str, str] = {}
            for version in row.versions.order_by("number"):
                for code, (seen, became) in version.changes.items():
                    assert folded.get(code, "") == seen
                    folded[code] = became
            assert {code: text for code, text in folded.items() if text} == row.data


# ---------------------------------------------------------------------------------------------------- faults


@pytest.mark.django_db
def test_every_fault_is_told_at_once_at_its_field() -> None:
    unit = commune()
    typed = {
        "subject": "",
        "ends_on": "4/3/2026",
        "level": "quan",
        "persons": "10",
        "persons_women": "12",
        "attendances": "-3",
        "attendances_women": "mười",
        "cost": "1,5",
    }
    assert codes(lambda: add(unit, **typed)) == [
        ("record.blank", "subject"),
        ("record.before", "ends_on"),
        ("record.unknown_choice", "level"),
        ("record.part_exceeds_whole", "persons_women"),
        ("record.negative", "attendances"),
        ("record.not_a_number", "attendances_women"),
        ("record.not_a_number", "cost"),
    ]
    assert not Record.objects.exists()
    with speaking("vi"):
        for fault in refused(lambda: add(unit, **typed)):
            assert fault.place == str(kind().by_code[fault.fields["field"]].label)
            assert fault.sentence()


@pytest.mark.django_db
def test_days_and_units_are_held_against_the_map_of_the_day() -> None:
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=BEGAN)
    unit = commune(parent=province)
    assert codes(lambda: add(unit, begins_on="1/6/2025", ends_on="1/6/2025")) == [("record.not_there", "begins_on")]
    assert codes(lambda: add(unit, begins_on="1/1/1801")) == [("record.no_period", "begins_on")]
    assert codes(lambda: add(unit, lead="Xã Không Có")) == [("record.unknown_unit", "lead")]
    other = commune("Xã Hòa Lạc", province)
    commune("Xã Hòa Lạc", unit_create(kind="province", name="Tỉnh Khác", begins=BEGAN))
    assert add(unit, lead="xã hoà lạc").data["lead"] == other.key
    commune("Xã Hòa Lạc", province)
    assert codes(lambda: add(unit, lead="Xã Hòa Lạc")) == [("record.named_alike", "lead")]
    assert codes(lambda: add(province)) == [("record.not_kept_here", None)]


@pytest.mark.django_db
def test_what_is_to_come_did_not_happen_and_what_a_state_asks_is_there() -> None:
    unit = commune()
    ahead = add(unit, begins_on="10/6/2026", ends_on="10/6/2026", attendances="", attendances_women="")
    assert codes(lambda: move(ahead, "hold")) == [
        ("record.to_come", "begins_on"),
        ("record.blank", "attendances"),
        ("record.blank", "attendances_women"),
    ]
    assert codes(lambda: move(ahead, "reopen")) == [("record.no_such_move", None)]


@pytest.mark.django_db
def test_numbers_of_persons_in_free_text_are_a_warning_that_may_be_answered() -> None:
    unit = commune()
    typed = CLASS | {"remark": "Liên hệ 0912 345 678, CCCD 001203004567"}
    (identity, telephone) = refused(lambda: add(unit, **typed))
    assert (identity.code, telephone.code) == ("record.identity", "record.telephone")
    assert identity.level is telephone.level is Level.WARNING
    kept = record_add(edition=load("vn"), kind=kind(), unit=unit, typed=typed, actor=DOER, today=TODAY, looked_at=True)
    assert kept.data["remark"] == typed["remark"]


@pytest.mark.parametrize(
    "text", ["Kế hoạch số 12/KH-UBND ngày 05/3/2026", "Kinh phí 120.000.000 đồng", "Giai đoạn 2021-2025", "QĐ 2282"]
)
def test_numbers_of_papers_and_money_are_not_taken_for_a_person_s(text: str) -> None:
    assert data_doubted(kind(), {"remark": text}) == []


# ------------------------------------------------------------------------------------------- changes and roles


@pytest.mark.django_db
def test_two_who_change_one_field_are_shown_both_values_and_other_fields_meet() -> None:
    record = add(commune())
    change(record, 1, place="Nhà văn hóa thôn 1")
    change(record, 1, cost="5000")
    now = Record.objects.get(pk=record.pk)
    assert (now.data["place"], now.data["cost"], now.version) == ("Nhà văn hóa thôn 1", "5000", 3)
    (fault,) = refused(lambda: change(record, 1, place="Trường tiểu học", persons="31"))
    assert (fault.code, fault.fields["field"]) == ("record.changed_meanwhile", "place")
    assert (fault.fields["theirs"], fault.fields["yours"]) == ("Nhà văn hóa thôn 1", "Trường tiểu học")
    assert Record.objects.get(pk=record.pk).data["persons"] == "30"


@pytest.mark.django_db
def test_what_says_the_same_makes_no_version() -> None:
    record = add(commune())
    assert change(record, 1, **CLASS).version == 1


@pytest.mark.django_db
def test_a_record_sent_twice_has_one_effect() -> None:
    unit, key = commune(), "record_" + "0" * 26
    sent = {"edition": load("vn"), "kind": kind(), "unit": unit, "actor": DOER, "key": key, "today": TODAY}
    assert record_add(typed=CLASS, **sent) == record_add(typed=CLASS, **sent)
    assert codes(lambda: record_add(typed=CLASS | {"place": "Nơi khác"}, **sent)) == [("record.key_used", None)]
    assert Record.objects.count() == 1


@pytest.mark.django_db
def test_a_state_is_moved_by_whom_it_is_up_to() -> None:
    unit = commune()
    preparer, head = person(unit, Role.PREPARER), person(unit, Role.HEAD)
    elsewhere = person(commune("Xã Khác"), Role.PREPARER)
    record = add(unit, actor=preparer)
    assert codes(lambda: move(record, "hold", head)) == [("record.move_by_others", None)]
    assert codes(lambda: change(record, 1, elsewhere, place="x")) == [("units.no_access", None)]
    move(record, "hold", preparer)
    assert codes(lambda: move(record, "reopen", preparer)) == [("record.move_by_others", None)]
    assert move(record, "reopen", head).state == "planned"
    assert not RecordMeasure.objects.exists()


@pytest.mark.django_db
def test_a_withdrawn_record_stays_with_its_reason_and_counts_no_more() -> None:
    record = move(add(commune()), "hold")
    assert codes(lambda: withdraw(record, " ")) == [("record.no_reason", None)]
    withdraw(record)
    assert not RecordMeasure.objects.exists()
    assert RecordVersion.objects.get(record=record, act="withdrawn").reason == "ghi hai lần"
    assert codes(lambda: change(record, 3, place="x")) == [("record.is_withdrawn", None)]
    assert list(record_list(kind=record.kind, units=[record.unit_id], withdrawn=True)) == [record]


@pytest.mark.database
@pytest.mark.django_db
def test_the_database_itself_keeps_versions_and_records() -> None:
    record = add(commune())
    for broken in (
        lambda: RecordVersion.objects.update(reason="khác"),
        lambda: RecordVersion.objects.all().delete(),
        lambda: Record.objects.filter(pk=record.pk).update(kind="khác"),
        lambda: RecordMeasure.objects.all().delete() and Record.objects.filter(pk=record.pk)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            broken()


def test_what_a_record_is_searched_by_fits_an_index() -> None:
    long = {"subject": "Tập huấn", "remark": "ສະພາແມ່ຍິງ " * 400}
    words = search_words(kind(), long)
    assert words.startswith("tap huan ")
    assert 1_990 < len(words.encode()) <= 2_000


@pytest.mark.database
@pytest.mark.django_db
def test_a_list_is_sifted_by_time_state_unit_and_words_without_marks() -> None:
    one, other = commune(), commune("Xã Hòa Lạc")
    first = add(one, subject="Phòng chống tảo hôn", begins_on="5/3/2026")
    second = move(add(other, begins_on="1/5/2026", ends_on="1/5/2026"), "hold")
    both = [one.pk, other.pk]
    assert list(record_list(kind="training.class", units=both)) == [second, first]
    assert list(record_list(kind="training.class", units=both, text="TAO hon")) == [first]
    assert list(record_list(kind="training.class", units=both, state="held")) == [second]
    assert list(record_list(kind="training.class", units=[one.pk])) == [first]
    assert list(record_list(kind="training.class", units=both, span=load("vn").calendar.span(H2))) == []


@pytest.mark.database
@pytest.mark.django_db
def test_pages_of_a_list_are_what_the_whole_list_says_however_it_is_read() -> None:
    """Nineteen records on five days, so that many share one: every slice of pages of seven, from either end, where all
    are read at once and where they are counted."""
    unit = commune()
    made = Record.objects.bulk_create(
        Record(key=f"record_{n:026d}", kind="training.class", edition="", unit=unit, state="held",
               occurred_on=date(2026, 3, 1 + n % 5), words=f"lop so {n} dat {n}% {'tao hon' * (n % 3 == 0)}")
        for n in range(19)
    )  # fmt: skip
    whole = [one.pk for one in sorted(made, key=lambda one: (one.occurred_on, one.pk), reverse=True)]
    rows = record_list(kind="training.class", units=[unit.pk])
    for at_once in (1, 7, 18, 19, 20, 50):
        for start in range(0, 28, 7):
            listed = Listed(rows, at_once=at_once)
            assert (len(listed), listed[start : start + 7]) == (19, whole[start : start + 7]), (at_once, start)
    assert list(Listed(rows, at_once=7)) == whole
    assert Listed(rows, at_once=7)[-1] == whole[-1]
    found = Listed(record_list(kind="training.class", units=[unit.pk], text="Tảo hôn"), at_once=10)
    assert found[0:10] == [pk for pk in whole if pk in {one.pk for one in made[::3]}]
    # What is looked for is what was typed: a sign of a pattern is none here.
    assert len(Listed(record_list(kind="training.class", units=[unit.pk], text="1%"), at_once=10)) == 2
    assert len(Listed(record_list(kind="training.class", units=[unit.pk], text="l_p"), at_once=10)) == 0
