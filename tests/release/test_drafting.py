"""The merge desk and paragraphs by hand: chosen words reach the paper, the last word counts, history stays, and a
release keeps the words it was made with."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from tests.collection.conftest import H1, House, house

from tienbo.accounts.actors import operator
from tienbo.catalogue.definitions import Outline
from tienbo.core.faults import Refused
from tienbo.engine.evaluate import Audience
from tienbo.release.desk import addressees, beside, groups, matching, standing
from tienbo.release.drafting import (
    LONGEST,
    Wording,
    draft_of,
    draft_open,
    entries_of,
    entry_add,
    entry_drop,
    entry_edit,
    entry_move,
    paragraph_write,
    paragraphs_of,
)
from tienbo.release.frozen import Office
from tienbo.release.models import Release, ReportDraft, ReportEntry
from tienbo.release.reading import Reader
from tienbo.release.records import document_record, record_of
from tienbo.release.services import document_write, paper_of, release_make

__all__ = ["house"]
pytestmark = [pytest.mark.database, pytest.mark.django_db]
OTHER = operator("người khác")
RESULTS, HIGHLIGHTS = "Kết quả", "Kết quả › Nổi bật"


def outline(house: House) -> Outline:
    return house.edition.outlines["six_month"]


def open_draft(house: House) -> ReportDraft:
    return draft_open(unit=house.root, period=H1, outline=outline(house), actor=house.actor)


def make(house: House) -> Release:
    reader = Reader(
        stores=house.stores,
        edition=house.edition,
        audience=Audience("statutory", house.root.pk),
        scope=house.root.pk,
    )
    return release_make(
        reader=reader,
        unit=house.root,
        period=H1,
        kind="six-month",
        office=Office("committee", "Sông Mây"),
        actor=house.actor,
    )


def wrote(house: House, unit: str, text: str, **more: Any) -> None:
    house.send(unit, accept=True, staff__total=40, staff__women=10, texts={"highlight": text}, **more)


def listed(house: House) -> list[Any]:
    return groups(unit=house.root, period=H1, edition=house.edition, basis="accepted")


def add(house: House, text: str, **more: Any) -> ReportEntry:
    wording = Wording(text, **more)
    return entry_add(draft=open_draft(house), heading="highlight", wording=wording, actor=house.actor)


def texts(house: House) -> list[str]:
    return [row.text for row in entries_of(draft_of(house.root, H1, outline(house)))]


def lines(release: Release) -> list[str]:
    return list(paper_of(release).lines())


# -------------------------------------------------------------------------------------------------------- desk


def test_equal_wordings_are_one_group_whatever_their_case_and_stops(house: House) -> None:
    wrote(house, "Xã An Bình", "Mở lớp cho trưởng thôn. Thành lập tổ tư vấn.")
    wrote(house, "Xã Bình Minh", "- mở lớp cho Trưởng thôn;")
    found = listed(house)
    assert [(one.text, [writer.name for writer in one.writers]) for one in found] == [
        ("Mở lớp cho trưởng thôn", ["Xã An Bình", "Xã Bình Minh"]),
        ("Thành lập tổ tư vấn", ["Xã An Bình"]),
    ]


def test_only_what_counts_at_the_basis_is_on_the_desk(house: House) -> None:
    house.send("Xã An Bình", staff__total=40, texts={"highlight": "Chưa tiếp nhận."})
    assert listed(house) == []
    sent = groups(unit=house.root, period=H1, edition=house.edition, basis="submitted")
    assert [one.text for one in sent] == ["Chưa tiếp nhận"]


def test_wordings_are_found_by_words_without_marks_and_by_who_wrote_them(house: House) -> None:
    wrote(house, "Xã An Bình", "Mở lớp cho trưởng thôn.")
    wrote(house, "Xã Bình Minh", "Thành lập tổ tư vấn.")
    assert [one.text for one in matching(listed(house), "truong THON")] == ["Mở lớp cho trưởng thôn"]
    assert [one.text for one in matching(listed(house), "binh minh tu van")] == ["Thành lập tổ tư vấn"]


def test_wordings_that_say_nearly_the_same_stand_behind_one_another(house: House) -> None:
    wrote(house, "Xã An Bình", "Mở lớp tập huấn cho trưởng thôn. Thành lập tổ tư vấn.")
    wrote(house, "Xã Bình Minh", "Mở lớp tập huấn cho các trưởng thôn.")
    assert [(one.text, alike) for one, alike in beside(listed(house))] == [
        ("Mở lớp tập huấn cho trưởng thôn", False),
        ("Mở lớp tập huấn cho các trưởng thôn", True),
        ("Thành lập tổ tư vấn", False),
    ]


def test_a_text_whose_return_was_sent_anew_says_whose(house: House) -> None:
    wrote(house, "Xã An Bình", "Mở lớp cho trưởng thôn.")
    (group,) = listed(house)
    source = {**group.writers[0].source, "group": group.code}
    add(house, group.text, units=(group.writers[0].unit,), sources=(source,))
    (one,) = standing(entries_of(open_draft(house)), listed(house))
    assert (one.moved, one.taken) == ((), frozenset({group.code}))
    wrote(house, "Xã An Bình", "Mở hai lớp cho trưởng thôn.")
    (one,) = standing(entries_of(open_draft(house)), listed(house))
    assert (one.moved, one.taken) == (("Xã An Bình",), frozenset())


# ------------------------------------------------------------------------------------------------------ entries


def test_a_text_is_kept_on_one_line_without_dash_and_stop(house: House) -> None:
    add(house, "  - Mở lớp\n cho trưởng thôn. ")
    assert texts(house) == ["Mở lớp cho trưởng thôn"]


@pytest.mark.parametrize(("text", "code"), [(" .- ", "draft.empty"), ("x" * (LONGEST + 1), "draft.too_long")])
def test_an_empty_or_endless_text_is_refused_in_words(house: House, text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        add(house, text)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert refused.value.faults[0].sentence()
    assert texts(house) == []


def test_the_last_word_counts_and_every_earlier_one_stays(house: House) -> None:
    first = add(house, "Một")
    edited = entry_edit(draft=open_draft(house), entry=first.entry, seen=first.pk, wording=Wording("Hai"), actor=OTHER)
    assert texts(house) == ["Hai"]
    (one,) = standing(entries_of(open_draft(house)), [])
    assert [(row.text, row.said_by) for row in one.before] == [("Một", "tester")]
    with pytest.raises(DatabaseError, match="never_rewritten"):
        ReportEntry.objects.filter(pk=edited.pk).update(text="Ba")


def test_what_somebody_else_changed_meanwhile_is_not_written_over(house: House) -> None:
    first = add(house, "Một")
    entry_edit(draft=open_draft(house), entry=first.entry, seen=first.pk, wording=Wording("Hai"), actor=OTHER)
    with pytest.raises(Refused) as refused:
        entry_edit(draft=open_draft(house), entry=first.entry, seen=first.pk, wording=Wording("Ba"), actor=house.actor)
    assert "người khác" in refused.value.faults[0].sentence()
    assert texts(house) == ["Hai"]


def test_a_text_taken_out_is_out_and_cannot_be_edited(house: House) -> None:
    first, _second = add(house, "Một"), add(house, "Hai")
    entry_drop(draft=open_draft(house), entry=first.entry, actor=house.actor)
    assert texts(house) == ["Hai"]
    for entry in (first.entry, "entry_" + "0" * 26, "'; DROP TABLE"):
        with pytest.raises(Refused, match=r"draft\.gone"):
            entry_move(draft=open_draft(house), entry=entry, by=1, actor=house.actor)


def test_texts_are_moved_up_and_down_and_stop_at_the_ends(house: House) -> None:
    one, _two, three = add(house, "Một"), add(house, "Hai"), add(house, "Ba")
    entry_move(draft=open_draft(house), entry=three.entry, by=-1, actor=house.actor)
    assert texts(house) == ["Một", "Ba", "Hai"]
    entry_move(draft=open_draft(house), entry=one.entry, by=-1, actor=house.actor)
    assert texts(house) == ["Một", "Ba", "Hai"]
    entry_move(draft=open_draft(house), entry=one.entry, by=1, actor=house.actor)
    assert texts(house) == ["Ba", "Một", "Hai"]


def test_a_text_is_cited_from_units_that_wrote_it_and_no_others(house: House) -> None:
    key, other = house.units["Xã An Bình"].key, house.units["Xã Bình Minh"].key
    first = add(house, "Một", units=(key,), sources=({"unit": key, "revision": 1, "sha256": ""},))
    wording = Wording("Một", units=(key, other))
    made = entry_edit(draft=open_draft(house), entry=first.entry, seen=first.pk, wording=wording, actor=house.actor)
    assert made.units == [key]


def test_addressees_so_far_are_offered_once_each(house: House) -> None:
    add(house, "Một", addressee="UBND tỉnh")
    add(house, "Hai", addressee="UBND tỉnh")
    assert addressees([], entries_of(open_draft(house))) == ["UBND tỉnh"]


# --------------------------------------------------------------------------------------------------- paragraphs


def write(house: House, text: str, *, section: str = RESULTS, place: str = "before", seen: int = 0) -> None:
    paragraph_write(
        draft=open_draft(house),
        outline=outline(house),
        section=section,
        place=place,
        text=text,
        seen=seen,
        actor=house.actor,
    )


def test_a_place_is_found_by_its_titles(house: House) -> None:
    assert [at for at, _section in outline(house).places()][:2] == [RESULTS, HIGHLIGHTS]


def test_a_paragraph_by_hand_is_changed_and_taken_away(house: House) -> None:
    write(house, "Năm nay có 12 xã mới.")
    (row,) = paragraphs_of(open_draft(house))
    write(house, "Năm nay có 13 xã mới.", seen=row.pk)
    (row,) = paragraphs_of(open_draft(house))
    assert row.text == "Năm nay có 13 xã mới."
    write(house, "", seen=row.pk)
    assert paragraphs_of(open_draft(house)) == []


def test_a_place_the_outline_does_not_have_takes_no_words_and_gives_up_those_it_had(house: House) -> None:
    with pytest.raises(Refused, match=r"draft\.unknown_section"):
        write(house, "Lời.", section="Kết quả › Không có")
    with pytest.raises(Refused, match=r"draft\.unknown_section"):
        write(house, "Lời.", place="beside")
    write(house, "", section="Kết quả › Không có")


def test_the_same_text_again_is_no_new_word(house: House) -> None:
    write(house, "Lời.")
    (row,) = paragraphs_of(open_draft(house))
    write(house, "Lời.", seen=row.pk)
    assert open_draft(house).paragraphs.count() == 1


def test_a_paragraph_changed_meanwhile_is_not_written_over(house: House) -> None:
    write(house, "Lời của một người.")
    with pytest.raises(Refused, match=r"draft\.changed"):
        write(house, "Lời của người kia.", seen=0)


# ---------------------------------------------------------------------------------------------------- the paper


def test_what_is_chosen_is_cited_in_its_order_and_the_rest_is_not(house: House) -> None:
    wrote(house, "Xã An Bình", "Mở lớp cho trưởng thôn. Thành lập tổ tư vấn.")
    assert any("Thành lập tổ tư vấn" in line for line in lines(make(house)))
    key = house.units["Xã An Bình"].key
    add(house, "Mở lớp, có 30 người dự", units=(key,))
    add(house, "Ban hành kế hoạch")
    said = lines(make(house))
    assert not any("Thành lập tổ tư vấn" in line for line in said)
    at = said.index("Mở lớp, có 30 người dự (Xã An Bình).")
    assert said[at + 1] == "Ban hành kế hoạch."


def test_a_heading_emptied_again_is_cited_from_the_returns_as_before(house: House) -> None:
    wrote(house, "Xã An Bình", "Mở lớp cho trưởng thôn.")
    before = make(house)
    first = add(house, "Khác")
    assert make(house).key != before.key
    entry_drop(draft=open_draft(house), entry=first.entry, actor=house.actor)
    assert make(house).key == before.key, "the same words and figures are the same release"


def test_paragraphs_by_hand_stand_before_and_after_what_is_computed(house: House) -> None:
    wrote(house, "Xã An Bình", "Mở lớp cho trưởng thôn.")
    write(house, "Mở đầu mục.\n- Gạch đầu dòng.")
    write(house, "Kết mục.", place="after")
    said = lines(make(house))
    first, last = said.index("Mở đầu mục."), said.index("Kết mục.")
    assert said[first - 1].endswith("KẾT QUẢ")
    assert said[first + 1] == "Gạch đầu dòng."
    assert first + 1 < last < next(i for i, line in enumerate(said) if "Nổi bật" in line)


def test_a_section_with_nothing_computed_stands_for_its_words_by_hand(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=40, staff__women=10)
    assert not any("Nổi bật" in line for line in lines(make(house)))
    write(house, "Không có gì nổi bật hơn kỳ trước.", section=HIGHLIGHTS)
    said = lines(make(house))
    assert any("Nổi bật" in line for line in said)
    assert "Không có gì nổi bật hơn kỳ trước." in said


def test_a_release_keeps_the_words_it_was_made_with(house: House, tmp_path: Path) -> None:
    wrote(house, "Xã An Bình", "Mở lớp cho trưởng thôn.")
    chosen = add(house, "Lời thứ nhất")
    write(house, "Đoạn thứ nhất.")
    first = make(house)
    papers = [tmp_path / f"first.{suffix}" for suffix in ("docx", "pdf", "pptx")]
    for paper in papers:
        document_write(release=first, path=paper)
    entry_edit(draft=open_draft(house), entry=chosen.entry, seen=chosen.pk, wording=Wording("Lời thứ hai"), actor=OTHER)
    second = make(house)
    assert second.key != first.key
    assert any("Lời thứ hai" in line for line in lines(second))
    for paper in papers:
        later = tmp_path / f"later{paper.suffix}"
        document_write(release=Release.objects.get(key=first.key), path=later)
        assert later.read_bytes() == paper.read_bytes()


def test_words_of_another_period_or_unit_are_not_this_papers(house: House) -> None:
    add(house, "Một")
    assert draft_of(house.root, H1.previous(), outline(house)) is None
    assert draft_of(house.units["Xã An Bình"], H1, outline(house)) is None
    other = replace_code(outline(house))
    assert draft_of(house.root, H1, other) is None


def replace_code(made: Outline) -> Outline:
    return made.model_copy(update={"code": "khac"})


# ------------------------------------------------------------------------------------------------------ records

PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


def record(house: House, release: Release, **more: Any) -> Any:
    asked = {"number": "245/BC-BVSTBPN", "dated": date(2026, 7, 20), **more}
    return document_record(release=release, actor=house.actor, store=house.stores.files, **asked)


def test_number_day_and_signed_file_are_recorded_and_a_later_record_counts(house: House) -> None:
    house.send("Xã An Bình", accept=True, staff__total=40)
    release = make(house)
    record(house, release, signed=("ky.pdf", PDF))
    first = record_of(release)
    assert first is not None
    assert first.signed is not None
    assert house.stores.files.get(first.signed.sha256) == PDF
    record(house, release, number="246/BC-BVSTBPN")
    last = record_of(release)
    assert last is not None
    assert (last.number, last.signed) == ("246/BC-BVSTBPN", first.signed), "the signed file stays"
    assert release.records.count() == 2
    record(house, release, number="246/BC-BVSTBPN")
    assert release.records.count() == 2, "the same again has no effect"
    with pytest.raises(DatabaseError, match="never_rewritten"):
        release.records.update(number="1")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"number": " "}, "record.no_number"),
        ({"number": "1" * 61}, "record.long_number"),
        ({"dated": date(2999, 1, 1)}, "record.in_the_future"),
        ({"signed": ("ky.pdf", b"MZ not a paper")}, "scan.not_a_paper"),
        ({"signed": ("ky.pdf", PDF[:8])}, "scan.cut_off"),
    ],
)
def test_a_record_that_cannot_be_is_refused_in_words(house: House, wrong: dict[str, Any], code: str) -> None:
    house.send("Xã An Bình", accept=True, staff__total=40)
    release = make(house)
    with pytest.raises(Refused) as refused:
        record(house, release, **wrong)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert refused.value.faults[0].sentence()
    assert record_of(release) is None
