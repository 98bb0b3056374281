"""What the kinds of registers count: stocks and flows, rows by their own days, each clock apart; worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest
from tests.registers.test_registers import BEGAN, DOER, H1, H2, add, codes, commune, kind, move

from tienbo.catalogue.definitions import RegisterKind
from tienbo.catalogue.loading import load
from tienbo.core.periods import Period
from tienbo.registers.kind_rows import LEFT, copy_leaves
from tienbo.registers.models import Record
from tienbo.registers.queries import counted, counts
from tienbo.registers.rows import row_keys
from tienbo.registers.services import record_change
from tienbo.units.models import Unit
from tienbo.units.services import unit_create

ONE, TWO, THREE = row_keys(3)
H2_2025 = Period(2025, 2)


def said(unit: Unit, period: Period, *series: str) -> list[object]:
    found = counts(units=[unit.pk], period=period).get(unit.pk, {})
    return [found.get(name) for name in series]


def department(kind_of: str = "department.justice") -> Unit:
    return unit_create(kind=kind_of, name="Sở Tư pháp", begins=BEGAN)


def model(unit: Unit, begun: str, **typed: str) -> Record:
    base = {"name": "Câu lạc bộ", "sort": "family_club", "entered_on": "2/9/2025", "is_pilot": "no", "begun_on": begun}
    return move(add(unit, "gbv.model", **(base | typed)), "start")


@pytest.mark.database
@pytest.mark.django_db
def test_models_are_a_stock_at_the_end_of_a_half_year_and_new_ones_a_flow() -> None:
    """| model | begun | ended | 2025-H2 (to 14/12/2025) | 2026-H1 (to 14/6/2026) |
    |---|---|---|---|---|
    | A | 10/5/2013 | – | stands | stands |
    | B | 14/12/2025 | 14/6/2026 | stands, new | ended on the last day: stands no more |
    | C | 15/12/2025 | 15/6/2026 | – | stands, new |
    | D | 1/2/2026 | 1/5/2026 | – | new, stands no more |

    Stock: 2 (A, B), then 2 (A, C). New: 1 (B), then 2 (C, D). Over the year 2026 the stock is that of its end: A.
    """
    unit = commune()
    model(unit, "10/5/2013")
    model(unit, "14/12/2025", ended_on="14/6/2026")
    model(unit, "15/12/2025", ended_on="15/6/2026", is_pilot="yes")
    model(unit, "1/2/2026", ended_on="1/5/2026")
    model(unit, "1/1/2026", sort="addresses", addresses="4")
    names = ("gbv.models.active", "gbv.models.new", "gbv.model:pilots", "gbv.addresses")
    assert said(unit, H2_2025, *names) == [2, 1, None, None]
    assert said(unit, H1, *names) == [2, 2, 1, 4]
    assert said(unit, H2, *names) == [1, None, None, 4]
    assert said(unit, Period(2026), *names) == [1, 2, None, 4]
    # Nothing was written in the second half of the year; what stands is still asked about, and what is new is zero.
    asked = counted(edition=load("vn"), unit=unit.pk, period=H2)
    assert (asked["gbv.models.active"], asked["gbv.models.new"]) == (1, 0)


@pytest.mark.django_db
def test_a_committee_is_as_many_as_the_decision_in_force_says() -> None:
    unit = commune()
    base = {"number": "12/QĐ-UBND", "sort": "founding", "issuer": "UBND xã"}
    first = add(unit, "committee.decision", **base, decided_on="20/8/2025", members="15", members_women="9")
    first = move(first, "issue")
    second = add(
        unit,
        "committee.decision",
        **(base | {"sort": "renewal"}),
        decided_on="2/3/2026",
        members="17",
        members_women="10",
    )
    move(second, "issue")
    record_change(
        edition=load("vn"), kind=kind("committee.decision"), record=first, seen=2,
        typed={"replaced_on": "2/3/2026"}, actor=DOER, today=date(2026, 6, 1),
    )  # fmt: skip
    names = ("committee.members", "committee.members[sex=f]", "committee.renewed")
    assert said(unit, H2_2025, *names) == [15, 9, 1]
    assert said(unit, H1, *names) == [17, 10, 1]
    assert codes(lambda: add(unit, "committee.decision", **base, decided_on="1/3/2026")) == [
        ("record.blank", "members"),
        ("record.blank", "members_women"),
    ]


@pytest.mark.database
@pytest.mark.django_db
def test_plan_against_done_and_recommendations_by_their_own_days() -> None:
    """Three visits planned: 1/6 and 14/6/2026 (H1), 15/6/2026 (H2). One inspection held, with three recommendations:
    due 1/6/2026 and carried out, due 10/6/2026 and not, due 1/7/2026 and carried out early. In H1: planned 2, done 1,
    made 3, carried out of those due 1; in H2: planned 1, carried out 1."""
    province = unit_create(kind="province", name="Tỉnh Bình Yên", begins=BEGAN)
    unit = commune(parent=province)
    plan = {"name": "Kế hoạch kiểm tra năm 2026", "number": "5/KH", "issued_on": "2/3/2026", "sort": "committee"}
    for key, day in ((ONE, "1/6/2026"), (TWO, "14/6/2026"), (THREE, "15/6/2026")):
        plan |= {f"visits/{key}/unit": "Xã Đồng Tâm", f"visits/{key}/planned_on": day}
    move(add(unit, "supervision.plan", **plan), "issue")
    visit = {
        "name": "Kiểm tra công tác bình đẳng giới",
        "sort": "committee",
        "leads": "yes",
        "unit": "Xã Đồng Tâm",
        "in_plan": "yes",
        "plan": "5/KH",
        "held_on": "20/5/2026",
    }
    for key, due, done in ((ONE, "1/6/2026", "yes"), (TWO, "10/6/2026", "no"), (THREE, "1/7/2026", "yes")):
        told = {
            "text": "Bổ sung quy hoạch nữ",
            "due_on": due,
            "done": done,
            "done_on": "30/5/2026" if done == "yes" else "",
        }
        visit |= {f"recommendations/{key}/{column}": text for column, text in told.items()}
    held = move(add(unit, "supervision.visit", **visit), "hold")
    names = ("supervision.planned", "supervision.done", "supervision.recommendations", "supervision.carried_out")
    assert said(unit, H1, *names) == [2, 1, 3, 1]
    assert said(unit, H2, *names) == [1, None, None, 1]
    assert said(unit, H1, "supervision.plan:committee", "supervision.visit:committee_in_plan") == [2, 1]
    # A finding is of a unit; it is concluded with all four contents, by who approves.
    assert codes(lambda: move(held, "conclude"))[:4] == [
        ("record.blank", code) for code in ("direction", "mainstreaming", "coordination", "cadres")
    ]


@pytest.mark.django_db
def test_proposals_and_drafts_have_clocks_of_their_own_and_count_apart() -> None:
    """Received in 2025-H2 and appraised in 2026-H1: it counts where it was appraised. Of three drafts appraised one
    needs no mainstreaming: appraised in all 3, for gender equality 2, asked to add 1. One proposal."""
    unit = department()
    base = {
        "name": "Quy định chính sách",
        "level": "council",
        "part": "appraises",
        "drafter": "Sở Nội vụ",
        "begun_on": "1/12/2025",
        "relevant": "yes",
    }
    weighed = {"appraised_on": "5/2/2026", "appraiser": "Sở Tư pháp", "appraisal_number": "7/BC-STP"}
    weighed |= {f"has_{what}": "yes" for what in ("issues", "impact", "resources", "figures")}
    for conclusion in ("enough", "supplement", "none"):
        draft = add(unit, "appraisal.draft", **base, **weighed, conclusion=conclusion)
        move(move(draft, "analyse"), "appraise")
    told = {code: text for code, text in weighed.items() if not code.startswith("has_")}
    proposal = add(unit, "appraisal.proposal", **base, **told, conclusion="enough", first_impact="Tác động tích cực")
    move(move(proposal, "analyse"), "appraise")
    names = ("appraisal.drafts_all", "appraisal.drafts", "appraisal.drafts_supplement", "appraisal.proposals")
    assert said(unit, H1, *names) == [3, 2, 1, 1]
    assert said(unit, H2_2025, *names, "mainstreaming.drafts") == [None] * 5
    assert codes(lambda: move(draft, "verify")) == [("record.no_such_move", None)]
    plain = add(unit, "appraisal.draft", **(base | {"relevant": "no"}), reason="Thủ tục nội bộ")
    assert move(plain, "clear").state == "no_issue"
    assert codes(lambda: add(unit, "appraisal.draft", **(base | {"relevant": "no"}))) == [("record.blank", "reason")]


@pytest.mark.django_db
def test_documents_budget_and_services_count_what_the_forms_ask() -> None:
    unit = commune()
    paper = {
        "abstract": "Kế hoạch công tác năm 2026",
        "sort": "plan",
        "directs": "yes",
        "leads": "yes",
        "dated_on": "10/1/2026",
    }
    move(add(unit, "document.issued", **paper, number="3/KH-UBND", issuer="UBND xã"), "issue")
    move(
        add(unit, "document.issued", **(paper | {"directs": "no", "sort": "report"}), number="4/BC", issuer="UBND xã"),
        "issue",
    )
    add(unit, "document.issued", **paper)  # a draft counts for nothing
    for source, spent in (("state", "12000"), ("programme", "8000"), ("sponsor", "5000")):
        told = {"purpose": "Tập huấn", "source": source, "use": "training", "spent_on": "3/4/2026", "spent": spent}
        move(add(unit, "committee.budget", **told), "spend")
    add(unit, "gbv.service", name="Quý I", counted_on="31/3/2026", detected="3", served="2", in_need="2", helped="2")
    names = ("direction.documents", "budget.state", "budget.other", "gbv.victims.detected", "gbv.victims.helped")
    assert said(unit, H1, *names) == [1, 20000, 5000, 3, 2]
    assert codes(lambda: add(unit, "gbv.service", name="x", counted_on="1/4/2026", detected="1", served="2")) == [
        ("record.part_exceeds_whole", "served")
    ]


def test_no_register_asks_for_a_person_s_case_birth_or_vote() -> None:
    """Privacy is structural: what is never kept has no field. Registers of violence have no free text but a title."""
    for register in load("vn").registers.values():
        every = [one for field in register.fields for one in (field, *field.columns)]
        for field in every:
            words = str(field.label).lower()
            assert not any(
                word in words for word in ("ngày sinh", "năm sinh", "phiếu bầu", "căn cước", "điện thoại", "họ và tên")
            )
        if register.sensitivity == "C3":
            assert [one.code for one in every if one.kind in ("text", "long_text", "rows")] == [register.title]


def test_whatever_a_register_has_is_copied_or_said_to_stay() -> None:
    """A part that definitions get some day is neither forgotten in a copy nor lost without a word."""
    copied = {
        "code", "name", "record_name", "kept_by", "counted_in", "fields", "title", "occurred", "states", "moves",
        "columns", "search", "feeds", "tallies", "evidence", "section", "sensitivity", "cites", "note",
    }  # fmt: skip
    of_the_document = {"confidence"}  # how far its documents were seen: the copy rests on one of its own
    assert copied | of_the_document | set(LEFT) == set(RegisterKind.model_fields)
    assert not copied & set(LEFT)
    edition = load("vn")
    assert {code for code, one in edition.registers.items() if copy_leaves(one)} == {
        "appraisal.draft", "appraisal.plan", "appraisal.proposal", "committee.decision", "document.received",
        "gbv.model", "meeting", "outreach.event", "outreach.kit", "supervision.visit", "training.class",
    }  # fmt: skip
