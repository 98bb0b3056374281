"""Forms ask what they are to ask, say why, can be answered where there is nothing to tell, and ask for no person."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tienbo.catalogue.definitions import Block, Form, Indicator, Line, OverTime, Sensitivity
from tienbo.catalogue.loading import PACKS, Edition, read
from tienbo.catalogue.returns import layout
from tienbo.catalogue.rules.walk import asked
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind

FIRST, SECOND = Period.parse("2026-H1"), Period.parse("2026-H2")

EVERYBODY = ("total", "women", "minority", "minority_women")
"""The columns of a line that counts people."""

COMMUNE: dict[str, dict[str, tuple[str, ...]]] = {
    "the committee and its members": {
        "committee.communes": ("total",),
        "committee.communes_with": ("total",),
        "committee.members": ("total", "women"),
        "committee.renewed": ("total",),
        "committee.meetings": ("total",),
    },
    "staff and leaders by sex and body": {
        "leaders.ubnd.key": EVERYBODY,
        "leaders.ubnd.divisions": EVERYBODY,
        "staff.ubnd": EVERYBODY,
        "leaders.hdnd.key": EVERYBODY,
        "leaders.hdnd.boards": EVERYBODY,
        "front.commune.leaders": EVERYBODY,
    },
    "the People's Council": {"hdnd.commune.elected": EVERYBODY, "hdnd.commune.deputies": EVERYBODY},
    "Party committee, village heads, cell secretaries": {
        "party.commune.elected": EVERYBODY,
        "party.commune.members": EVERYBODY,
        "party.commune.standing": EVERYBODY,
        "party.commune.secretaries": EVERYBODY,
        "villages.heads": EVERYBODY,
        "party.cells.secretaries": EVERYBODY,
    },
    "planning, training and appointment": {
        "planning.people": EVERYBODY,
        "planning.trained": EVERYBODY,
        "cadres.appointed": EVERYBODY,
        "cadres.trained": EVERYBODY,
        "candidates.hdnd.commune": EVERYBODY,
    },
    "classes and attendances": {"training.classes": ("total",), "training.attendances": EVERYBODY},
    "jobs": {"jobs.new": EVERYBODY},
    "outreach": {
        "com.events": ("total",),
        "com.attendances": ("total", "women"),
        "com.action_month": ("total",),
        "com.action_month_events": ("total",),
        "population.total": ("total", "women"),
        "outreach.people": ("total", "women"),
        "organisations.total": ("total",),
        "organisations.committed": ("total",),
        "village_rules.adopted": ("total",),
        "village_rules.fair": ("total",),
    },
    "news items in each quarter": {"media.items": ("q1", "q2")},
    "models and services against gender-based violence": {
        "gbv.models.active": ("total",),
        "gbv.models.new": ("total",),
        "gbv.addresses": ("total",),
        "gbv.victims.detected": ("total", "women"),
        "gbv.victims.served": ("total", "women"),
        "gbv.victims.in_need": ("total",),
        "gbv.victims.helped": ("total",),
        "gbv.perpetrators.detected": ("total", "women"),
        "gbv.perpetrators.counselled": ("total", "women"),
        "da8.groups": ("total",),
        "da8.addresses": ("total",),
        "da8.clubs": ("total",),
        "da8.livelihoods": ("total",),
    },
    "direction and supervision": {
        "direction.documents": ("total",),
        "mainstreaming.plans": ("total",),
        "supervision.planned": ("total",),
        "supervision.done": ("total",),
        "supervision.recommendations": ("total",),
        "supervision.carried_out": ("total",),
    },
    "budget": {"budget.state": ("total",), "budget.other": ("total",)},
}

STAFF = {
    "committee.members": ("total", "women"),
    "staff.agency": EVERYBODY,
    "leaders.agency.key": EVERYBODY,
    "leaders.agency.divisions": EVERYBODY,
}
DEPARTMENT = {
    "own staff and leaders": STAFF,
    "planning, training and appointment": {
        "planning.people": EVERYBODY,
        "planning.trained": EVERYBODY,
        "cadres.appointed": EVERYBODY,
        "cadres.trained": EVERYBODY,
    },
    "gender in its own proposals and drafts": {
        "mainstreaming.plans": ("total",),
        "mainstreaming.proposals": ("total",),
        "mainstreaming.proposals_gender": ("total",),
        "mainstreaming.drafts": ("total",),
        "mainstreaming.drafts_gender": ("total",),
    },
    "activities": {
        "direction.documents": ("total",),
        "training.classes": ("total",),
        "training.attendances": EVERYBODY,
        "com.events": ("total",),
        "com.action_month": ("total",),
        "organisations.committed": ("total",),
        "supervision.done": ("total",),
        "budget.state": ("total",),
    },
}

SECTORS = {
    "so_nganh_noi_vu": ("leaders.ubnd.key", "leaders.hdnd.key", "hdnd.province.elected", "candidates.hdnd.province"),
    "so_nganh_y_te": (
        "births.live",
        "maternal.deaths",
        "births.adolescent",
        "women.adolescent",
        "trafficking.in_need",
        "trafficking.supported",
        "social_facilities.public",
        "social_facilities.gbv",
    ),
    "so_nganh_giao_duc": (
        "education.primary.cohort",
        "education.primary.completed",
        "education.lower_secondary.cohort",
        "education.lower_secondary.completed",
        "education.gender_taught",
        "vocational.enrolled",
    ),
    "so_nganh_tai_chinh": ("enterprises.all", "enterprises.women", "cooperatives.all", "cooperatives.women"),
    "so_nganh_thong_ke": ("labour.employed", "labour.wage", "labour.agriculture"),
    "so_nganh_van_hoa": ("stations.all", "stations.monthly", "media.agencies", "media.agencies_applying"),
    "so_nganh_tu_phap": ("appraisal.proposals", "appraisal.drafts", "appraisal.drafts_all"),
}

FORMS: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "xa": COMMUNE,
    "so_nganh": DEPARTMENT,
    **dict.fromkeys(SECTORS, DEPARTMENT),
    "mat_tran_doan_the": {
        "own staff and leaders": STAFF,
        "their work": {
            "front.opinions": ("total",),
            "training.classes": ("total",),
            "com.events": ("total",),
            "organisations.committed": ("total",),
            "supervision.done": ("total",),
            "budget.state": ("total",),
        },
    },
    "co_quan_dang_to_chuc": {
        "own staff and leaders": STAFF,
        "Party committee of the province": {
            "party.province.elected": EVERYBODY,
            "party.province.members": EVERYBODY,
            "party.province.standing": EVERYBODY,
            "party.province.secretaries": EVERYBODY,
        },
        "planning, as its owner agrees": {"party.planning.people": ("total", "women")},
    },
    "luc_luong": {
        "work without headcounts": {
            "direction.documents": ("total",),
            "training.classes": ("total",),
            "com.events": ("total",),
            "com.action_month": ("total",),
        },
    },
}

WITH_ROWS = {form for form in FORMS if form != "luc_luong"}
"""Forms that ask unit by unit, so that the 30 % rule is tested on each."""


@pytest.fixture(scope="module")
def edition() -> Edition:
    edition, _faults = read(PACKS / "vn")
    return edition


def lines_of(form: Form) -> Iterator[tuple[Block, Line]]:
    for sheet in form.sheets:
        for block in sheet.blocks:
            for line in block.lines:
                yield block, line


@pytest.mark.parametrize("form", FORMS)
def test_a_form_asks_what_it_is_to_ask(edition: Edition, form: str) -> None:
    shape = layout(edition, form, SECOND)
    found: dict[str, set[str]] = {}
    for slot in shape.slots.values():
        found.setdefault(slot.element.code, set()).add(slot.column.code)
    for what, wanted in FORMS[form].items():
        for element, columns in wanted.items():
            assert found.get(element, set()) == set(columns), f"{form}: {what}: {element}"
    for element in SECTORS.get(form, ()):
        assert element in found, f"{form}: {element}"


def test_a_first_half_year_leaves_the_yearly_lines_out(edition: Edition) -> None:
    slots = layout(edition, "xa", FIRST).slots
    assert "members:women" in slots
    assert not [slot for slot in slots.values() if slot.element.frequency == "year"]
    assert "planned:women" not in slots
    assert "planned:women" in layout(edition, "xa", SECOND).slots


@pytest.mark.parametrize("form", sorted(WITH_ROWS))
def test_units_are_named_in_rows_and_counted_under_the_30_percent_rule(edition: Edition, form: str) -> None:
    (block,) = (block for sheet in edition.forms[form].sheets for block in sheet.blocks if block.fields)
    assert [field.kind for field in block.fields].count("name") == 1
    assert [count.element for count in block.counts] == ["rule30.agencies", "rule30.due", "rule30.met"]
    assert block.rows >= 14
    assert block.note is not None
    assert re.search(r"không ghi tên người", block.note.vi)


def test_police_and_military_are_asked_for_no_number_of_people(edition: Edition) -> None:
    form = edition.forms["luc_luong"]
    assert {
        element.measure for element in map(edition.elements.get, {one.element for one in asked(form)}) if element
    } <= {
        "document",
        "class",
        "event",
        "agency",
    }
    assert not [block for sheet in form.sheets for block in sheet.blocks if block.fields]
    assert [column.code for column in form.columns] == ["total"]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_form_leaves_room_for_words_and_proposals_by_addressee(edition: Edition, form: str) -> None:
    texts = [text for sheet in edition.forms[form].sheets for block in sheet.blocks for text in block.texts]
    headings = {text.heading for text in texts}
    assert {"highlight", "limitation", "cause_objective", "cause_subjective", "next", "proposal"} <= headings
    proposals = [text for text in texts if text.heading == "proposal"]
    assert len({text.addressee.vi for text in proposals if text.addressee}) == len(proposals) >= 2
    assert all(text.addressee is None for text in texts if text.heading != "proposal")


def test_every_form_has_a_head_a_receiver_and_two_signers(edition: Edition) -> None:
    for form in edition.forms.values():
        assert form.number
        assert form.receiver.vi
        assert form.cites
        assert [signer.vi for signer in form.signers] == ["NGƯỜI LẬP BIỂU", "THỦ TRƯỞNG ĐƠN VỊ"]
    for form in ("xa", "so_nganh"):
        assert edition.forms[form].issued_with.vi.startswith("Ban hành kèm theo")
    for form in ("mat_tran_doan_the", "co_quan_dang", "co_quan_dang_to_chuc", "luc_luong"):
        assert "đề nghị phối hợp" in edition.forms[form].issued_with.vi  # asked, never instructed


def test_every_line_cites_why_it_is_asked(edition: Edition) -> None:
    for form in edition.forms.values():
        for _block, line in lines_of(form):
            assert line.why, f"{form.code}: {line.code}"
            assert set(line.why) <= edition.documents.keys()


LED = re.compile(r"chủ trì")
JOINT = {
    "training.classes",
    "training.attendances",
    "com.events",
    "com.attendances",
    "com.action_month_events",
    "direction.documents",
    "supervision.done",
    "front.opinions",
    "mainstreaming.proposals",
    "mainstreaming.drafts",
}
"""What may have several organisers: counted once, by the one that leads."""


def test_what_has_several_organisers_is_counted_by_the_lead(edition: Edition) -> None:
    seen = set()
    for form in edition.forms.values():
        if form.code == "huyen_2014":  # published figures of one district: nobody else counted them
            continue
        for block, line in lines_of(form):
            if line.element in JOINT:
                seen.add(line.element)
                said = " ".join(text.vi for text in (block.title, block.note, line.label, line.note) if text)
                assert LED.search(said), f"{form.code}: {line.code}"
    assert seen == JOINT


NO_NIL_OR_UNCHANGED = {
    # A share that was published without its count is neither zero nor the same again; where there is a count, the
    # block does not apply.
    ("huyen_2014", "jobs_published"),
}


def test_a_unit_with_nothing_new_says_so_once_for_a_block(edition: Edition) -> None:
    """ "không phát sinh" for what happens, "không thay đổi" for what there is; rows may be unchanged too."""
    silent = set()
    for form in edition.forms.values():
        for sheet in form.sheets:
            for block in sheet.blocks:
                if block.texts:
                    continue
                if not (block.may_be_nil or block.may_be_unchanged):
                    silent.add((form.code, block.code))
                elements = [edition.elements[one.element] for one in asked(form) if one.block is block]
                if block.may_be_unchanged:
                    assert all(element.over_time is OverTime.LAST for element in elements)
    assert silent == NO_NIL_OR_UNCHANGED


def test_a_sector_that_moved_is_asked_of_the_department_that_has_it(edition: Edition) -> None:
    """Social protection and vocational education: labour until 2024, then health and education."""

    def elements(form: str, period: str) -> set[str]:
        return {slot.element.code for slot in layout(edition, form, Period.parse(period)).slots.values()}

    moved = {"trafficking.in_need", "social_facilities.public", "vocational.enrolled"}
    assert moved <= elements("so_nganh_lao_dong", "2024-H2")
    assert not moved & (elements("so_nganh_y_te", "2024-H2") | elements("so_nganh_giao_duc", "2024-H2"))
    assert moved <= elements("so_nganh_y_te", "2025-H2") | elements("so_nganh_giao_duc", "2025-H2")
    labour = edition.form_for("department.labour", Period.parse("2024-H2"))
    assert labour is not None
    assert labour.code == "so_nganh_lao_dong"


def test_the_nation_is_asked_once_a_year_for_what_only_it_publishes(edition: Edition) -> None:
    owed = edition.form_for("nation", SECOND)
    assert owed is not None
    assert owed.code == "trung_uong"
    assert edition.form_for("nation", FIRST) is None
    assert all(not line.required for _block, line in lines_of(owed))


# ------------------------------------------------------------------------------- what a province can compute

NOT_FROM_FORMS = {
    "com.awareness_change": "a survey against the baseline of 2025; the text does not say points or per cent",
    "gbv.seeking_help_share": "a survey of all victims; no register has the denominator",
    "education.gender_content": "a judgement; the education department says yes or no for its schools",
    "leaders.minority_women": "a judgement: the document sets no level",
}
"""Indicators of targets that a province is held to and no form of a province feeds, with the reason."""


def test_every_target_of_a_province_is_computed_from_forms_or_says_why_not(edition: Edition) -> None:
    left: set[str] = set()
    for target in edition.targets.values():
        if target.example or "provincial" not in target.levels:
            continue
        for code in (target.indicator, *target.also):
            indicator = edition.indicators[code]
            if "provincial" in indicator.levels and not _fed(edition, indicator):
                assert indicator.derived != "terms", code
                left.add(code)
    assert left == NOT_FROM_FORMS.keys()


def test_what_the_nation_alone_publishes_is_on_its_own_form(edition: Edition) -> None:
    published = {one.element for one in asked(edition.forms["trung_uong"])}
    alone = {
        term.series.element
        for indicator in edition.indicators.values()
        if indicator.derived == "external" and indicator.levels == ("national",)
        for term in indicator.terms
    }
    assert published == alone


def _fed(edition: Edition, indicator: Indicator) -> bool:
    """Whether units below the nation are asked, in a second half-year, for every series of the indicator."""
    series: dict[str, set[str]] = {}
    for form in edition.forms.values():
        if form.is_used(SECOND) and "nation" not in form.for_kinds:
            for one in asked(form):
                rule = edition.elements[one.element].rule(SECOND)
                if rule is not None and any(is_kind(kind, rule.by) for kind in form.for_kinds):
                    series.setdefault(one.element, set()).add(one.series)
    if not indicator.terms:
        return False
    for term in indicator.terms:
        wanted = [str(term.series)]
        if term.each is not None:
            wanted = [str(term.series.with_member(term.each, one)) for one in edition.breakdowns[term.each].members]
        if not set(wanted) <= series.get(term.series.element, set()):
            return False
    return True


# ------------------------------------------------------------------------------------------------- people

PERSONAL = re.compile(
    r"họ (và )?tên|họ, tên|tên người|(?<!chức )danh tính|ngày sinh|năm sinh|tháng sinh|quê quán|"
    r"căn cước|cccd|cmnd|số điện thoại|"
    r"nơi ở|nơi cư trú|địa chỉ nhà|hồ sơ|diễn biến|tình tiết|nội dung vụ|vụ việc|lý lịch|phiếu|tín nhiệm|bỏ phiếu|"
    r"xếp loại|đánh giá cán bộ|nhận xét cán bộ|số cccd",
    re.IGNORECASE,
)
DENIED = re.compile(r"không ghi (tên người|thông tin nhận dạng)")
"""A note that forbids what the words name."""


def test_nothing_asks_for_a_name_a_birth_date_a_case_or_a_vote(edition: Edition) -> None:
    for element in edition.elements.values():
        said = " ".join(text.vi for text in (element.name, element.note) if text)
        assert not PERSONAL.search(DENIED.sub("", said)), element.code
    for form in edition.forms.values():
        for sheet in form.sheets:
            for block in sheet.blocks:
                words = [block.title, block.note, *(line.label for line in block.lines)]
                words += [line.note for line in block.lines]
                words += [field.label for field in block.fields]
                words += [text.label for text in block.texts]
                for text in filter(None, words):
                    assert not PERSONAL.search(DENIED.sub("", text.vi)), f"{form.code}: {text.vi}"


def test_the_words_that_would_ask_for_a_person_are_recognised() -> None:
    for text in ("Họ và tên nạn nhân", "Ngày sinh", "Tóm tắt diễn biến vụ việc", "Số phiếu tín nhiệm", "Nơi cư trú"):
        assert PERSONAL.search(text)
    assert not PERSONAL.search(DENIED.sub("", "Ghi tên cơ quan, trường học; không ghi tên người."))


def test_rows_are_of_agencies_and_hold_counts_only(edition: Edition) -> None:
    """The one free text of a row is the name of an agency; whatever else is typed is a number."""
    for form in edition.forms.values():
        for sheet in form.sheets:
            for block in sheet.blocks:
                named = [field for field in block.fields if field.kind == "name"]
                assert all("cơ quan" in field.label.vi.casefold() for field in named)
                assert all(field.kind in ("count", "yes_no") for field in block.fields if field not in named)


VERY_SENSITIVE = re.compile(r"^(planning|party\.planning|gbv\.(victims|perpetrators)|trafficking)\b")


def test_violence_and_planning_are_class_c3_and_nothing_else_is(edition: Edition) -> None:
    c3 = {code for code, element in edition.elements.items() if element.sensitivity is Sensitivity.C3}
    assert c3 == {code for code in edition.elements if VERY_SENSITIVE.match(code)}
    assert len(c3) == 11
    assert all(edition.elements[code].cites for code in c3)


def test_blocks_of_class_c3_say_so_to_whoever_fills_them_in(edition: Edition) -> None:
    for form in edition.forms.values():
        for sheet in form.sheets:
            for block in sheet.blocks:
                elements = [edition.elements[line.element] for line in block.lines]
                if any(element.sensitivity is Sensitivity.C3 for element in elements):
                    said = " ".join(text.vi for text in (block.title, block.note) if text)
                    assert "chỉ ghi số lượng" in said.casefold(), f"{form.code}: {block.code}"


def test_small_counts_of_deaths_and_appointments_are_not_public(edition: Edition) -> None:
    for code in ("maternal.deaths", "births.adolescent", "cadres.appointed"):
        assert edition.elements[code].sensitivity is Sensitivity.C2
    for code, element in edition.elements.items():
        if code.startswith(("staff.", "agencies.", "leaders.agency", "cadres.")):
            assert element.sensitivity in (Sensitivity.C1, Sensitivity.C2), code
