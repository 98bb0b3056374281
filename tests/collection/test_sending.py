"""From a draft to a revision: prepared, approved here or on paper, sent once however often it is sent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.collection.conftest import H1, H2, House
from tests.conftest import PROOF

from tienbo.accounts.actors import operator
from tienbo.collection.draft_models import Draft, DraftSave, Prepared, Submission
from tienbo.collection.drafts import draft_open, draft_save, return_beside
from tienbo.collection.models import Approval, Receipt, Revision, SignedCopy
from tienbo.collection.sending import (
    Differs,
    Sent,
    SignedPaper,
    draft_prepare,
    draft_read,
    draft_send,
    evidence_add,
    evidence_of,
    prepared_newest,
    prepared_send,
)
from tienbo.core.faults import Refused
from tienbo.papers.cells import cells_of, digits, tidy, why

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NAME = "Xã An Bình"
ANN, HEAD = operator("Lê Thị Mây"), operator("Trần Văn Bình")
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
STAFF, WOMEN = "figure/staff:total", "figure/staff:women"


def drafted(house: House, **cells: str) -> Draft:
    draft = draft_open(campaign=house.campaign(), unit=house.units[NAME], form="commune", actor=ANN)
    change(draft, **cells)
    return draft


def change(draft: Draft, **cells: str) -> None:
    named = {f"figure/{name.replace('__', ':')}" if "__" in name else name: text for name, text in cells.items()}
    changes = {cell: (draft.cells.get(cell, ""), text) for cell, text in named.items()}
    draft_save(draft=draft, key=f"{draft.pk}-{draft.version}", changes=changes, actor=ANN)


def send(house: House, draft: Draft, key: str = "s1", **more: Any) -> Sent:
    return draft_send(
        draft=draft, key=key, sha256=more.pop("sha256", draft.sha256), actor=HEAD, stores=house.stores, **more
    )


def code_of(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    assert all(fault.sentence() for fault in refused.value.faults)
    return [fault.code for fault in refused.value.faults]


def test_a_page_and_a_workbook_that_say_the_same_are_the_same_return(house: House) -> None:
    draft = drafted(house, staff__total="40", staff__women="1.2")
    change(draft, staff__women="12", leaders__total="ước 7", as_of="20/5/2026")
    sent = send(house, draft)
    content = draft_read(Draft.objects.get()).content
    book = house.send(NAME, **{a.replace(":", "__"): f for a, f in content.figures.items()}, as_of=content.as_of)
    assert (book.state, book.revision, book.receipt) == ("again", sent.revision.pk, sent.receipt.code)


def test_what_was_sent_counts_as_facts_and_has_a_receipt_and_the_heads_approval(house: House) -> None:
    draft = drafted(house, staff__total="40", staff__women="12")
    sent = send(house, draft)
    assert house.said("submitted") == {(NAME, "staff"): 40, (NAME, "staff[sex=f]"): 12}
    assert sent.receipt.revision == sent.revision
    assert Approval.objects.get().approved_by == "Trần Văn Bình"
    assert return_beside(Draft.objects.get()) == (None, [])
    assert DraftSave.objects.order_by("-number").values_list("how", flat=True)[0] == "sent"


def test_the_same_sending_again_gives_the_same_receipt_and_another_content_is_refused(house: House) -> None:
    draft = drafted(house, staff__total="40")
    mark = draft.sha256
    first = send(house, draft)
    again = send(house, draft, sha256=mark)
    assert (again.again, again.receipt) == (True, first.receipt)
    held = Draft.objects.select_related("campaign__edition", "unit").get()
    change(held, staff__total="41")
    with pytest.raises(Differs) as refused:
        send(house, held)
    assert code_of(refused) == ["sending.other_content"]
    assert refused.value.cells == {STAFF: ("40", "41")}
    assert Revision.objects.count() == 1
    assert Draft.objects.get().cells[STAFF] == "41"  # both are kept
    second = send(house, held, "s2")
    assert second.revision.number == 2


def test_a_hash_that_is_not_the_drafts_is_refused_with_the_difference(house: House) -> None:
    draft = drafted(house, staff__total="40")
    seen = draft.sha256
    change(draft, staff__total="41")
    with pytest.raises(Differs) as refused:
        send(house, draft, sha256=seen)
    assert code_of(refused) == ["sending.not_the_draft"]
    assert refused.value.cells == {STAFF: ("40", "41")}
    assert Revision.objects.count() == Prepared.objects.count() == 0


def test_errors_keep_a_draft_from_being_sent_all_of_them_at_once_at_their_cells(house: House) -> None:
    draft = drafted(house, staff__total="40", staff__women="41", leaders__total="vài", classes__total="1,234")
    with pytest.raises(Refused) as refused:
        send(house, draft)
    assert set(code_of(refused)) == {
        "workbook.not_a_number", "workbook.number_ambiguous", "return.part_exceeds_whole"
    }  # fmt: skip
    read = draft_read(draft)
    assert {read.cell(fault) for fault in refused.value.faults} == {
        "figure/leaders:total", "figure/classes:total", "figure/staff:women"
    }  # fmt: skip
    assert Revision.objects.count() == 0


def test_a_sentence_explains_a_warning_and_goes_with_the_return(house: House) -> None:
    draft = drafted(house, staff__total="40")
    warning = next(fault for fault in draft_read(draft).faults if fault.code == "return.not_filled_in")
    change(draft, **{why(warning): "Xã không theo dõi số này."})
    sent = send(house, draft)
    told = [row["fields"].get("explained") for row in sent.revision.warnings if row["place"] == warning.place]
    assert told == ["Xã không theo dõi số này."]
    assert cells_of(draft_read(Draft.objects.get()).content)[why(warning)] == "Xã không theo dõi số này."


def test_the_head_approves_what_was_prepared_and_only_the_newest(house: House) -> None:
    draft = drafted(house, staff__total="40")
    first = draft_prepare(draft=draft, key="p1", sha256=draft.sha256, actor=ANN)
    assert draft_prepare(draft=draft, key="p1", sha256=first.sha256, actor=ANN) == first
    assert prepared_newest(draft) == first
    change(draft, staff__total="41")
    second = draft_prepare(draft=draft, key="p2", sha256=draft.sha256, actor=ANN)
    with pytest.raises(Refused) as refused:
        prepared_send(prepared=first, key="s1", actor=HEAD, stores=house.stores, approves=True)
    assert code_of(refused) == ["sending.not_the_newest"]
    with pytest.raises(Refused) as refused:
        prepared_send(prepared=second, key="s1", actor=ANN, stores=house.stores, approves=False)
    assert code_of(refused) == ["sending.needs_approval"]
    sent = prepared_send(prepared=second, key="s1", actor=HEAD, stores=house.stores, approves=True)
    assert sent.revision.approval.approved_by == "Trần Văn Bình"
    assert prepared_newest(draft) is None
    elsewhere = prepared_send(prepared=second, key="s2", actor=HEAD, stores=house.stores, approves=True)
    assert (elsewhere.again, elsewhere.receipt) == (True, sent.receipt)


def test_the_signed_copy_sends_what_was_prepared_and_is_kept_beside_it(house: House) -> None:
    draft = drafted(house, staff__total="40")
    prepared = draft_prepare(draft=draft, key="p1", sha256=draft.sha256, actor=ANN)
    paper = SignedPaper(b"no paper", "a.pdf")
    with pytest.raises(Refused):
        prepared_send(prepared=prepared, key="s1", actor=ANN, stores=house.stores, approves=False, signed=paper)
    assert Revision.objects.count() == 0
    paper = SignedPaper(PDF, "bản ký.pdf", date(2026, 6, 10))
    sent = prepared_send(prepared=prepared, key="s1", actor=ANN, stores=house.stores, approves=False, signed=paper)
    assert SignedCopy.objects.get().revision == sent.revision
    assert Approval.objects.count() == 0


def test_a_return_that_came_meanwhile_is_looked_at_before_the_draft_is_sent(house: House) -> None:
    draft = drafted(house, staff__total="40")
    house.send(NAME, staff__total=38)
    with pytest.raises(Differs) as refused:
        send(house, draft)
    assert code_of(refused) == ["sending.another_came"]
    assert refused.value.cells == {STAFF: ("40", "38")}
    assert Draft.objects.get().cells[STAFF] == "40"


def test_official_figures_replace_the_estimates_of_the_period_before(house: House) -> None:
    house.send(NAME, H2, staff__total=house.content(NAME, H2, staff__total=30).figures["staff:total"]._replace(
        qualifier="estimate"), as_of=date(2025, 12, 1))  # fmt: skip
    draft = drafted(house, staff__total="40", **{"official/staff:total": "31"})
    send(house, draft)
    assert house.said("submitted", H2)[NAME, "staff"] == 31


def test_evidence_is_kept_by_its_bytes_and_only_as_what_it_is(house: House) -> None:
    draft = drafted(house, staff__total="40")
    held = evidence_add(draft=draft, content=PDF, name="biên bản.pdf", actor=ANN, store=house.stores.files)
    assert evidence_add(draft=draft, content=PDF, name="b.pdf", actor=ANN, store=house.stores.files) == held
    mark = held.upload.sha256[:16]
    assert evidence_of(draft) == {mark: held}
    change(draft, **{f"proof/people/{mark}": "biên bản.pdf"})
    with pytest.raises(Refused):
        evidence_add(draft=draft, content=b"MZ\x90", name="a.pdf", actor=ANN, store=house.stores.files)


@settings(max_examples=2000 if PROOF else 15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("type"), st.integers(1, 3)),
            st.tuples(st.just("press"), st.integers(0, 1)),
            st.tuples(st.just("resend"), st.integers(0, 9)),
        ),
        min_size=2,
        max_size=10,
    )
)
def test_however_often_a_sending_is_repeated_it_has_one_effect(house: House, steps: list[tuple[str, int]]) -> None:
    """Sendings repeated, doubled and late: one revision and one receipt for each that was answered, never another."""
    with transaction.atomic():
        draft = drafted(house, staff__total="9")
        pressed: list[tuple[str, str]] = []
        answered: dict[str, str] = {}
        for number, (what, value) in enumerate(steps):
            held = Draft.objects.select_related("campaign__edition", "unit").get(pk=draft.pk)
            if what == "type" and held.cells[STAFF] != str(value):
                change(held, staff__total=str(value))
            elif what == "press":
                pressed.append((f"k{number}", held.sha256))
            elif what == "resend" and pressed:
                key, mark = pressed[value % len(pressed)]
                try:
                    sent = send(house, held, key, sha256=mark)
                except Differs:
                    assert key not in answered
                    assert held.sha256 != mark
                else:
                    assert answered.setdefault(key, sent.receipt.code) == sent.receipt.code
        assert Submission.objects.count() == len(answered)
        assert Receipt.objects.count() == Revision.objects.count() == len(set(answered.values()))
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("typed", "number", "spelled"),
    [
        ("1.234", "count", "1234"), ("1 234", "count", "1234"), ("ước 50", "count", "ước 50"),
        ("trên 3.000", "count", "trên 3000"), ("12,345", "decimal", "12,345"), ("12,5", "decimal", "12,5"),
        ("Có", "yes_no", "1"), ("vài", "count", "vài"), ("1.23", "count", "1.23"), ("12%", "percent", "12"),
    ],
)  # fmt: skip
def test_a_figure_is_spelled_in_one_way_and_what_cannot_be_read_stays(typed: str, number: Any, spelled: str) -> None:
    assert tidy(typed, number) == spelled
    assert tidy(spelled, number) == spelled


def test_digits_are_read_in_one_way() -> None:
    for text in ("0", "1234", "12.5", "12.345", "-3", "0.125", "1234567.891"):
        assert tidy(digits(Decimal(text)), "decimal") == digits(Decimal(text))


def test_the_draft_goes_on_after_sending_as_the_next_revision(house: House) -> None:
    draft = drafted(house, staff__total="40")
    send(house, draft)
    held = Draft.objects.select_related("campaign__edition", "unit").get()
    change(held, staff__total="42")
    assert send(house, held, "s2").revision.number == 2
    assert house.said("submitted")[NAME, "staff"] == 42
    assert held.campaign.period == H1
