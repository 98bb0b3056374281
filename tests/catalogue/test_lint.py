"""Each rule is broken once, and then says so; a good edition breaks none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from tests.catalogue.edition import Raw, added, at, like, make, put

from tienbo.catalogue.fingerprint import canonical, from_canonical
from tienbo.catalogue.lint import RULES, lint
from tienbo.catalogue.loading import PACKS, Edition, load, read
from tienbo.core.faults import SENTENCES, Level
from tienbo.core.messages import speaking

Change = Callable[[Raw], object]

PEOPLE = "forms/commune/sheets/one/blocks/people"
TRAINING = "forms/commune/sheets/two/blocks/training"
OTHER = "forms/commune/sheets/two/blocks/other"
SCHOOLS = "forms/commune/sheets/two/blocks/schools"
CLASS = "registers/class"
LED = "norms/led"
PAPER = {
    "code": "summons",
    "name": {"vi": "Giấy triệu tập", "en": "Summons"},
    "subject": "{subject} {venue}",
    "states": ["held"],
    "parts": [{"text": "{issuer}"}],
    "cites": ["nq28_2021"],
}
SORTED = {"rows": "talks", "text": "x", "where": [{"field": "topic", "one_of": ["never"]}]}
LOST = {"register": "class", "said": {"abstract": "x"}}
TASKS = {
    **dict.fromkeys(("text", "kind", "due_on", "lead", "units", "partners", "group"), "topic"),
    "rows": "talks",
    "states": ["held"],
    "cause": {"vi": "Kết luận {notice}", "en": "Conclusions {notice}"},
    "made_on": "begins",
}
"""Tasks of the rows of a class, whose cause names a field that is none."""
UNREACHED = {**TASKS, "states": ["given"], "cause": {"vi": "Lớp {subject}", "en": "Class {subject}"}}
TALLY = {"code": "held", "name": {"vi": "Lớp đã mở", "en": "Classes held"}, "states": ["held"]}
RECORDS = {"kind": "records", "of_register": "class", "columns": ["subject"]}
RESULTS = "outlines/six_month/sections/0"


COUNTED = {"series": "models", "count_units": True, "test": {"op": ">=", "value": 1}}


def text(vi: str, en: str = "Some words") -> dict[str, str]:
    return {"vi": vi, "en": en}


def target(**values: Any) -> Change:
    return put("targets", "T-1", **values)


def without(kind: str, code: str) -> Change:
    def change(raw: Raw) -> None:
        raw[kind] = [row for row in raw[kind] if row["code"] != code]

    return change


def line(element: str) -> dict[str, Any]:
    return {"code": element + "_line", "label": text("Một dòng"), "element": element, "columns": ["total"]}


def both(*changes: Change) -> Change:
    def change(raw: Raw) -> None:
        for one in changes:
            one(raw)

    return change


def no_regimes(raw: Raw) -> None:
    raw["regimes"] = []


def ages_of_nobody(raw: Raw) -> None:
    standing = {"code": "first_time", "name": text("lần đầu"), "months_left": 60}
    occasion = {"code": "province", "name": text("tỉnh"), "month": "2025-09"}
    rules = {"code": "c2025", "name": text("Nhiệm kỳ"), "retirement": "nd135"}
    raw["age_rules"] = [{**rules, "standings": [standing], "occasions": [occasion]}]


def _rules_of_release(k: int, codes: tuple[str, ...] = ("government", "partner", "public")) -> Change:
    def change(raw: Raw) -> None:
        raw["release_rules"] = [{"code": c, "name": text(c), "k": k if c == "public" else 7} for c in codes]

    return change


def counts_of(**more: Any) -> Change:
    def change(raw: Raw) -> None:
        raw["body_kinds"] = [{"code": "council", "name": text("Hội đồng")}]
        raw["count_groups"] = [{"code": "deputies", "name": text("Đại biểu"), **more}]

    return change


def reconciled(raw: Raw) -> None:
    raw["reconciliations"] = [{"code": "r", "name": text("R"), "indicator": "agencies.man", "units": ["commune"]}]


def two_clusters(raw: Raw) -> None:
    made = {"name": text("Cụm"), "province": "01", "members": ["a", "b", "c", "d", "e"]}
    raw["clusters"] = [
        {**made, "code": "c1", "first": "2025-07-01"},
        {**made, "code": "c2", "first": "2026-01-01", "members": ["e", "f", "g", "h", "i"]},
    ]


def a_day_of_no_election(raw: Raw) -> None:
    raw["election_days"] = [{"code": "e2021", "day": "2021-05-23", "terms": {"senate": "I"}}]


def a_group_of_nobody(raw: Raw) -> None:
    raw["body_kinds"] = [{"code": "council", "name": text("HĐND")}]
    kind = {"code": "council", "name": text("Bầu cử"), "body": "council", "deputies": "senators"}
    raw["election_kinds"] = [kind]


def pipeline(retirement: str, *bands: tuple[int, int]) -> Change:
    stages = [{"code": code, "name": text(code)} for code in ("staff", "planned", "appointed")]
    ages = [{"code": f"b{n}", "name": text("tuổi"), "least": a, "below": b} for n, (a, b) in enumerate(bands)]
    made = {"code": "way", "name": text("Nguồn"), "retirement": retirement, "stages": stages, "bands": ages}

    def change(raw: Raw) -> None:
        raw["retirement_ages"] = [{"code": "known", "months": {2021: [664, 723]}}]
        raw["pipelines"] = [made]

    return change


# (rule, the one code it must give and nothing else may, the change that breaks it)
def names_what_is_closed(raw: Raw) -> None:
    """A field that names records of a register which not everybody reads: here its own."""
    named = {"code": "before", "label": text("Lớp trước"), "kind": "record"}
    added(f"{CLASS}/fields", {**named, "names": {"register": "class", "title": "subject"}})(raw)
    put("registers", "class", sensitivity="C2")(raw)


EXAMPLES: list[tuple[str, str, Change]] = [
    ("elements_exist", "lint.unknown_element", put("indicators", "models.count", numerator=["modells"])),
    ("elements_exist", "lint.unknown_element", added(f"{PEOPLE}/lines", line("stuff"))),
    ("breakdowns_exist", "lint.unknown_breakdown", put("elements", "staff", breakdowns=["sex", "eth", "age"])),
    ("measures_exist", "lint.unknown_measure", put("elements", "committee", measure="modells")),
    ("members_are_declared", "lint.undeclared_member", put("indicators", "models.count", numerator=["models[sex=f]"])),
    ("members_are_declared", "lint.undeclared_member", at(f"{OTHER}/lines/models/columns", ["total", "women"])),
    ("members_are_declared", "lint.undeclared_member", at(f"{SCHOOLS}/fields/women/members", {"sex": "x"})),
    (
        "one_member_of_a_breakdown",
        "lint.two_members",
        put("indicators", "staff.women", numerator=["staff[sex=f,sex=m]"]),
    ),
    (
        "each_is_a_breakdown_of_its_element",
        "lint.each_of_nothing",
        at("indicators/agencies.women/numerator/0/each", "sex"),
    ),
    (
        "each_is_a_breakdown_of_its_element",
        "lint.each_of_nothing",
        put("indicators", "models.count", numerator=[COUNTED | {"each": "sex"}]),
    ),
    ("formula_fits_the_kind", "lint.no_formula", put("indicators", "models.count", numerator=[])),
    (
        "formula_fits_the_kind",
        "lint.formula_of_a_judgement",
        put("indicators", "law.mainstreamed", numerator=["models"]),
    ),
    ("unit_fits_the_formula", "lint.ratio_without_denominator", put("indicators", "staff.women", denominator=[])),
    ("unit_fits_the_formula", "lint.count_with_denominator", put("indicators", "staff.women", unit="count")),
    (
        "summed_terms_share_a_measure",
        "lint.measures_mixed",
        put("indicators", "models.count", numerator=["attendances", "trained"]),
    ),
    (
        "summed_terms_share_their_time",
        "lint.flow_and_stock",
        put("indicators", "models.count", numerator=["models", "models.new"]),
    ),
    (
        "attendances_are_not_persons",
        "lint.attendance_over_persons",
        put("indicators", "staff.women", numerator=["attendances"]),
    ),
    (
        "attendances_are_not_persons",
        "lint.attendance_over_persons",
        put("indicators", "staff.women", unit="per_1000", numerator=["attendances"]),
    ),
    (
        "a_share_is_of_the_same_thing",
        "lint.share_of_another_measure",
        put("indicators", "staff.women", numerator=["schools"]),
    ),
    (
        "a_share_is_of_the_whole",
        "lint.share_of_the_others",
        put("indicators", "staff.women", denominator=["staff[sex=m]"]),
    ),
    ("a_ratio_is_not_of_itself", "lint.ratio_of_itself", put("indicators", "staff.women", numerator=["staff"])),
    (
        "parts_of_a_ratio_share_their_reporters",
        "lint.parts_from_different_reporters",
        put("indicators", "schools.norm", unit="per_100", numerator=["appraised"]),
    ),
    (
        "what_is_added_over_units_is_additive",
        "lint.not_additive",
        put("elements", "hours", reporting=[{"by": ["commune"], "at_parent": "sum"}]),
    ),
    ("terms_travel_alike", "lint.travels_apart", put("elements", "schools.met", travels_by="none")),
    ("a_zero_base_is_explained", "lint.zero_base_missing", put("indicators", "training.women", zero_base=None)),
    (
        "what_is_very_sensitive_is_asked_by_law",
        "lint.c3_without_cites",
        both(put("elements", "victims", cites=[]), at(f"{OTHER}/lines/victims/why", ["nq28"])),
    ),
    ("elements_are_used", "lint.unreferenced", like("elements", "models", code="models.old")),
    (
        "used_elements_are_asked",
        "lint.never_asked",
        put("elements", "models", reporting=[{"by": ["commune", "district"]}]),
    ),
    ("documents_exist", "lint.unknown_document", put("elements", "staff", cites=["nq82"])),
    ("documents_exist", "lint.unknown_document", at(f"{PEOPLE}/lines/staff/why", ["nq82"])),
    ("documents_exist", "lint.unknown_document", target(document="nq82")),
    ("age_rules_count_by_ages", "lint.unknown_retirement", ages_of_nobody),
    ("nothing_is_looser_outside", "lint.looser_outside", _rules_of_release(5)),
    ("nothing_is_looser_outside", "lint.no_release_rule", _rules_of_release(9, ("government", "public"))),
    ("a_commune_is_in_one_cluster", "lint.in_two_clusters", two_clusters),
    ("bodies_are_of_a_kind", "lint.unknown_body_kind", counts_of(bodies=["council", "front"])),
    ("shares_are_counted_by_a_rule", "lint.unknown_counting_rule", counts_of(rule="persons")),
    ("election_days_are_of_elections", "lint.unknown_election_kind", a_day_of_no_election),
    ("what_is_reconciled_is_defined", "lint.unknown_reconciled", reconciled),
    ("elections_elect_a_group", "lint.unknown_count_group", a_group_of_nobody),
    ("counts_of_the_pipeline_are_of_its_stages", "lint.unknown_pipeline_part", counts_of(stage="dreamt_of")),
    ("counts_are_divided_by_what_is_known", "lint.unknown_post_breakdown", counts_of(by=["sex"])),
    ("age_rules_count_by_ages", "lint.unknown_retirement", pipeline("nobody")),
    ("age_bands_follow_one_another", "lint.age_bands", pipeline("known", (18, 40), (41, 63))),
    ("age_bands_follow_one_another", "lint.age_bands", pipeline("known", (40, 40))),
    ("documents_are_told_apart", "lint.documents_alike", put("documents", "ct35_2024", issued_on=None)),
    ("documents_are_told_apart", "lint.documents_alike", put("documents", "ct35_2024", issued_on="2019-05-30")),
    ("documents_are_dated", "lint.document_date", put("documents", "nq28", issued_on="3/3/2021")),
    ("documents_are_dated", "lint.document_date", put("documents", "nq28", issued_on="2021-02-30")),
    ("groups_exist", "lint.unknown_group", target(group="readers")),
    ("groups_exist", "lint.unknown_group", put("indicators", "models.count", group="readers")),
    ("targets_have_an_indicator", "lint.unknown_indicator", target(indicator="agencies.man")),
    ("targets_have_an_indicator", "lint.unknown_indicator", target(also=["agencies.man"])),
    ("also_is_in_the_same_unit", "lint.also_of_another_unit", target(also=["births.ratio"])),
    ("target_parents_exist", "lint.unknown_target", put("targets", "T-4", parent="T-9")),
    ("target_parents_exist", "lint.target_circle", target(parent="T-4")),
    (
        "operators_agree_with_the_direction",
        "lint.operator_against_direction",
        put("targets", "T-2", values={"2025": {"op": ">=", "value": 111}}),
    ),
    (
        "operators_agree_with_the_direction",
        "lint.operator_against_direction",
        target(values={"2025": {"op": "==", "value": 60}}),
    ),
    (
        "words_agree_with_the_operator",
        "lint.strict_limit",
        put("targets", "T-2", values={"2030": {"op": "<=", "value": 109}}),
    ),
    (
        "words_agree_with_the_operator",
        "lint.strict_limit",
        target(name=text("Trên 60% cơ quan"), values={"2025": {"op": ">=", "value": 60}}),
    ),
    ("targets_have_values", "lint.target_without_value", target(values={"2025": {"op": ">="}})),
    ("targets_have_values", "lint.target_without_years", target(values={})),
    (
        "targets_have_values",
        "lint.value_of_a_judgement",
        put("targets", "T-5", values={"2025": {"op": "==", "value": 1}}),
    ),
    ("target_values_are_possible", "lint.target_out_of_range", target(values={"2025": {"op": ">=", "value": 160}})),
    ("target_values_are_possible", "lint.target_out_of_range", target(values={"2025": {"op": ">=", "value": 0.6}})),
    (
        "target_values_are_possible",
        "lint.target_out_of_range",
        target(values={"2025": {"op": ">=", "value": 25, "upper": 20}}),
    ),
    (
        "target_values_are_possible",
        "lint.target_out_of_range",
        put("targets", "T-3", values={"2025": {"op": ">=", "value": 2.5}}),
    ),
    (
        "rates_improve_downwards",
        "lint.rate_upwards",
        put("targets", "T-2", name=text("Tỷ số"), direction="at_least", values={"2025": {"op": ">=", "value": 111}}),
    ),
    (
        "targets_go_forward",
        "lint.target_goes_back",
        target(values={"2025": {"op": ">=", "value": 75}, "2030": {"op": ">=", "value": 60}}),
    ),
    (
        "targets_go_forward",
        "lint.target_goes_back",
        put("targets", "T-2", values={"2025": {"op": "<", "value": 109}, "2030": {"op": "<=", "value": 111}}),
    ),
    (
        "targets_follow_their_document",
        "lint.target_before_document",
        target(values={"2020": {"op": ">=", "value": 60}}),
    ),
    ("targets_are_held_where_computed", "lint.target_below_indicator", target(levels=["national", "district"])),
    (
        "national_totals_are_not_held_below",
        "lint.total_held_below",
        put("targets", "T-3", levels=["national", "commune"]),
    ),
    ("local_targets_name_their_unit", "lint.target_without_unit", put("targets", "T-4", owner_unit=None)),
    ("periods_are_half_years", "lint.unreadable_period", put("forms", "department", first="2014")),
    ("periods_are_half_years", "lint.unreadable_period", put("regimes", "nd09", first="từ 2019")),
    (
        "periods_are_half_years",
        "lint.unreadable_period",
        put("elements", "models", reporting=[{"by": ["commune"]}, {"by": ["commune"], "first": "2014-H3"}]),
    ),
    ("periods_are_half_years", "lint.period_order", put("forms", "department", last="2013-H2")),
    ("regimes_partition_time", "lint.no_regime", no_regimes),
    ("regimes_partition_time", "lint.regime_days", put("regimes", "nd09", due=[[6, 31], [12, 25]])),
    ("regimes_partition_time", "lint.regime_order", put("regimes", "nd09", half_starts=[[6, 15], [5, 1]])),
    ("regimes_partition_time", "lint.regime_order", put("regimes", "nd09", first="2010-H1")),
    ("codes_are_unique_in_a_form", "lint.code_twice", at("forms/commune/sheets/two/blocks/words/code", "training")),
    ("columns_exist", "lint.unknown_column", at(f"{PEOPLE}/columns", ["total", "women", "eth", "eth_women", "young"])),
    ("columns_exist", "lint.unknown_column", at(f"{TRAINING}/lines/classes/columns", ["total", "men"])),
    (
        "columns_exist",
        "lint.line_without_column",
        added(
            "forms/department/sheets/one/blocks",
            {"code": "bare", "title": text("Trống"), "may_be_nil": True, "lines": [line("appraised")]},
        ),
    ),
    ("parts_have_a_whole", "lint.unknown_line", at(f"{PEOPLE}/lines/leaders/part_of", "stuff")),
    ("parts_have_a_whole", "lint.part_of_another_measure", at(f"{TRAINING}/lines/trained/part_of", "attendances")),
    ("nothing_is_part_of_itself", "lint.part_of_circle", at(f"{PEOPLE}/lines/staff/part_of", "leaders")),
    ("nothing_is_part_of_itself", "lint.part_of_circle", at(f"{SCHOOLS}/fields/women/part_of", "led")),
    ("row_figures_exist", "lint.unknown_field", at(f"{SCHOOLS}/fields/led/part_of", "girls")),
    ("row_figures_exist", "lint.unknown_field", at(f"{SCHOOLS}/counts/1/where/0/over", "name")),
    ("row_figures_exist", "lint.unknown_field", at(f"{SCHOOLS}/counts/3/sum_of", "girls")),
    (
        "rows_have_a_name",
        "lint.rows_without_name",
        added(f"{SCHOOLS}/fields", {"code": "other", "label": text("Tên khác"), "kind": "name"}),
    ),
    (
        "row_figures_are_used",
        "lint.field_without_element",
        added(f"{SCHOOLS}/fields", {"code": "doors", "label": text("Số cửa")}),
    ),
    (
        "check_addresses_exist",
        "lint.unknown_address",
        at("forms/commune/checks/parts/left", ["births:women", "births:girls"]),
    ),
    ("nothing_is_asked_twice", "lint.asked_twice", added(f"{OTHER}/lines", {**line("models"), "code": "again"})),
    ("nothing_is_asked_twice", "lint.asked_twice", added(f"{SCHOOLS}/counts", {"element": "schools"})),
    ("a_kind_has_one_form", "lint.forms_overlap", like("forms", "department", code="department_new", first="2025-H2")),
    ("forms_ask_those_who_report", "lint.not_its_reporter", put("forms", "commune", for_kinds=["commune", "school"])),
    (
        "forms_ask_those_who_report",
        "lint.asked_before_its_time",
        both(
            put("forms", "department", last="2018-H2"),
            put("elements", "appraised", reporting=[{"by": ["department"], "first": "2019-H1"}]),
        ),
    ),
    ("only_stocks_stay_unchanged", "lint.unchanged_flow", at(f"{TRAINING}/may_be_unchanged", True)),
    (
        "answers_fit_the_measure",
        "lint.answer_does_not_fit",
        at("forms/commune/sheets/two/blocks/time/lines/hours/answer", "count"),
    ),
    (
        "nil_is_a_count_of_zero",
        "lint.nil_share",
        at("forms/commune/sheets/two/blocks/time/may_be_nil", True),
    ),
    (
        "blocks_can_make_a_statement",
        "lint.no_statement",
        at("forms/commune/sheets/one/blocks/council/may_not_apply", False),
    ),
    ("answers_fit_the_measure", "lint.answer_does_not_fit", at(f"{OTHER}/lines/models/answer", "decimal")),
    ("lines_say_why", "lint.line_without_reason", put("elements", "models", cites=[])),
    ("sentences_name_values", "lint.unknown_value", at(f"{RESULTS}/sentences/0/needs", ["staff.men"])),
    ("sentences_name_values", "lint.unknown_value", at(f"{RESULTS}/sentences/0/text", text("Năm {nam}", "Year {nam}"))),
    (
        "sentences_name_values",
        "lint.unknown_part",
        at(f"{RESULTS}/sentences/0/text", text("Nữ {staff.women|half}", "Women {staff.women|half}")),
    ),
    (
        "sentences_name_values",
        "lint.unknown_split",
        at(f"{RESULTS}/sentences/0/text", text("Nữ {staff.women[age=old]}", "Women {staff.women[age=old]}")),
    ),
    ("sentences_name_values", "lint.unknown_need", at(f"{RESULTS}/sentences/0/needs", ["@sunshine"])),
    (
        "places_are_closed",
        "lint.broken_place",
        at(f"{RESULTS}/sentences/0/text", text("[[Nữ {unit}", "[[Women {unit}")),
    ),
    (
        "sentences_name_values",
        "lint.unknown_part",
        at(f"{RESULTS}/sentences/0/text", text("Nữ {staff.women|half}", "Women {staff.women|half}")),
    ),
    (
        "sentences_name_values",
        "lint.unknown_split",
        at(f"{RESULTS}/sentences/0/text", text("Nữ {models.count[sex=f]}", "Women {models.count[sex=f]}")),
    ),
    ("sentences_name_values", "lint.unknown_need", at(f"{RESULTS}/sentences/0/needs", ["@sunshine"])),
    ("places_are_closed", "lint.broken_place", at("outlines/six_month/subject", text("Kết quả {period", "Results"))),
    ("places_are_closed", "lint.broken_place", at(f"{RESULTS}/sentences/0/text", text("Nữ: staff.women}", "Women"))),
    (
        "languages_say_the_same_values",
        "lint.places_differ",
        at(f"{RESULTS}/sentences/0/text", text("{unit}", "A unit")),
    ),
    ("tables_and_charts_name_what_exists", "lint.unknown_printed", at(f"{RESULTS}/tables/1/indicators", ["staff.men"])),
    ("tables_and_charts_name_what_exists", "lint.unknown_printed", at(f"{RESULTS}/tables/0/groups", ["readers"])),
    ("tables_and_charts_name_what_exists", "lint.nothing_printed", at(f"{RESULTS}/tables/1/indicators", [])),
    (
        "restricted_figures_are_not_shown_by_unit",
        "lint.secret_by_unit",
        both(
            like("indicators", "models.count", code="victims.count", numerator=["victims"]),
            at(
                f"{RESULTS}/charts",
                [{"kind": "bars", "title": text("Theo xã", "By commune"), "indicators": ["victims.count"]}],
            ),
        ),
    ),
    (
        "titles_are_words",
        "lint.words_only",
        at("outlines/six_month/subject", text("Nữ chiếm {staff.women}", "Women are {staff.women}")),
    ),
    (
        "named_documents_are_cited",
        "lint.uncited_document",
        at(
            "outlines/six_month/closing",
            [{"text": text("Theo Nghị quyết số 28/NQ-CP.", "Under Resolution 28/NQ-CP.")}],
        ),
    ),
    ("headings_are_written_somewhere", "lint.heading_never_written", at(f"{RESULTS}/texts", ["proposal"])),
    ("reports_are_sent_to_somebody", "lint.no_recipients", put("outlines", "six_month", recipients=[])),
    ("reports_can_be_signed", "lint.nobody_signs", put("outlines", "six_month", for_kinds=["province", "commune"])),
    ("reports_can_be_signed", "lint.nobody_signs", without("signing_profiles", "committee")),
    ("reports_can_be_signed", "lint.empty_signature", put("signing_profiles", "committee", signature=[])),
    ("texts_are_in_both_languages", "lint.text_missing", put("elements", "models", name=text("Mô hình", ""))),
    ("texts_are_translated", "lint.text_untranslated", put("elements", "models", name=text("Mô hình", "Mô hình"))),
    (
        "texts_are_spelled_in_one_way",
        "lint.text_decomposed",
        put("elements", "models", name=text(unicodedata.normalize("NFD", "Mô hình"))),
    ),
    ("texts_are_spelled_in_one_way", "lint.text_with_eth", put("elements", "models", name=text("Ðơn vị"))),
    ("texts_are_spelled_in_one_way", "lint.text_ragged", put("elements", "models", name=text("Mô  hình"))),
    ("what_is_needed_is_not_retired", "lint.register_retired", at(f"{CLASS}/fields/subject/retired", True)),
    (
        "no_field_asks_for_a_person",
        "lint.register_asks_for_a_person",
        added(f"{CLASS}/fields", {"code": "birth", "label": text("Năm sinh của người dự")}),
    ),
    ("documents_exist", "lint.unknown_document", put("registers", "class", cites=["nq82"])),
    ("groups_exist", "lint.unknown_group", put("registers", "class", section="leading")),
    (
        "codes_are_said_once",
        "lint.register_says_twice",
        added(f"{CLASS}/fields", {"code": "remark", "label": text("Ghi chú khác")}),
    ),
    ("named_fields_exist", "lint.register_unknown_field", put("registers", "class", columns=["subject", "venue"])),
    (
        "named_fields_exist",
        "lint.register_unknown_field",
        at(f"{CLASS}/feeds/0/where", [{"field": "leads", "one_of": ["yes"]}]),
    ),
    ("named_states_exist", "lint.register_unknown_state", at(f"{CLASS}/feeds/0/states", ["held", "done"])),
    ("named_states_exist", "lint.register_unknown_state", at(f"{CLASS}/evidence/0/required_in", ["done"])),
    (
        "named_states_exist",
        "lint.register_unknown_state",
        added(f"{CLASS}/moves", {"code": "drop", "name": text("Bỏ"), "from": ["planned"], "to": "dropped"}),
    ),
    (
        "every_state_is_reached",
        "lint.register_state_unreached",
        added(f"{CLASS}/states", {"code": "dropped", "name": text("Không tổ chức")}),
    ),
    ("a_record_has_a_title", "lint.register_no_title", at(f"{CLASS}/fields/subject/required", False)),
    ("a_record_has_a_day", "lint.register_no_day", put("registers", "class", occurred="ends")),
    ("a_part_is_of_a_count", "lint.register_part_of_no_count", at(f"{CLASS}/fields/women/part_of", "remark")),
    ("a_part_is_of_a_count", "lint.register_part_of_no_count", at(f"{CLASS}/fields/remark/part_of", "came")),
    (
        "registers_count_in_what_is_defined",
        "lint.register_unknown_measure",
        added(f"{CLASS}/fields", {"code": "cost", "label": text("Kinh phí"), "kind": "money", "measure": "dong"}),
    ),
    (
        "tests_can_be_passed",
        "lint.register_unknown_answer",
        at(f"{CLASS}/feeds/0/where", [{"field": "level", "one_of": ["w"]}]),
    ),
    (
        "what_is_led_to_is_there",
        "lint.register_leads_nowhere",
        put("registers", "class", crossed={"by": "level", "tallies": ["nothing"]}),
    ),
    (
        "what_is_led_to_is_there",
        "lint.register_field_of_another_kind",
        put("registers", "class", clock={"begins": "begins", "due": "begins", "ends": "subject"}),
    ),
    ("what_is_led_to_is_there", "lint.register_names_what_is_closed", names_what_is_closed),
    (
        "codes_are_said_once",
        "lint.register_says_twice",
        added(f"{CLASS}/fields/talks/columns", {"code": "topic", "label": text("Chủ đề khác")}),
    ),
    (
        "a_part_is_of_a_count",
        "lint.register_part_of_no_count",
        at(f"{CLASS}/fields/talks/columns/women/part_of", "topic"),
    ),
    (
        "named_fields_exist",
        "lint.register_unknown_field",
        at(f"{CLASS}/fields/talks/columns/women/part_of", "came"),  # of the record, not of the row
    ),
    (
        "tests_can_be_passed",
        "lint.register_unknown_answer",
        at(f"{CLASS}/fields/talks/columns/place/needed_where/0/one_of", ["maybe"]),
    ),
    ("named_fields_exist", "lint.register_unknown_field", put("registers", "class", tasks=TASKS)),
    ("named_fields_exist", "lint.register_unknown_field", put("registers", "class", papers=[PAPER])),
    (
        "tests_can_be_passed",
        "lint.register_unknown_answer",
        put("registers", "class", papers=[{**PAPER, "subject": "x", "parts": [SORTED]}]),
    ),
    (
        "papers_are_entered_where_they_can_be",
        "lint.paper_entered_nowhere",
        put("registers", "class", papers=[{**PAPER, "subject": "x", "entered": LOST}]),
    ),
    ("named_states_exist", "lint.register_unknown_state", put("registers", "class", tasks=UNREACHED)),
    ("what_is_fed_is_defined", "lint.feed_unknown_element", at(f"{CLASS}/feeds/0/series", "clases")),
    ("what_is_fed_is_defined", "lint.feed_undeclared_member", at(f"{CLASS}/feeds/2/series", "attendances[eth=m]")),
    ("what_is_fed_is_defined", "lint.feed_undeclared_member", at(f"{CLASS}/feeds/0/by_quarter", True)),
    ("what_is_fed_fits", "lint.feed_of_no_number", at(f"{CLASS}/feeds/1/sum", "remark")),
    ("what_is_fed_fits", "lint.feed_of_another_measure", at(f"{CLASS}/feeds/0/sum", "came")),
    (
        "what_is_fed_fits",
        "lint.feed_of_a_stock",
        both(at(f"{CLASS}/feeds/0/series", "models"), put("registers", "class", counted_in="model")),
    ),
    ("what_is_fed_fits", "lint.feed_of_other_reporters", put("registers", "class", kept_by=["front"])),
    (
        "what_is_counted_is_there",
        "lint.counting_of_what_is_no_day",
        put("registers", "class", tallies=[{**TALLY, "by_day": "subject"}]),
    ),
    (
        "what_is_counted_is_there",
        "lint.counting_of_no_rows",
        put("registers", "class", tallies=[{**TALLY, "of": "remark"}]),
    ),
    (
        "what_is_counted_is_there",
        "lint.counting_of_no_rows",
        put("registers", "class", tallies=[{**TALLY, "sum": "talks/heard"}]),  # of rows that are not counted
    ),
    (
        "tables_of_records_can_be_made",
        "lint.unknown_printed",
        added("outlines/six_month/sections/0/tables", {**RECORDS, "columns": ["venue"]}),
    ),
    (
        "tables_of_records_can_be_made",
        "lint.nothing_printed",
        added("outlines/six_month/sections/0/tables", {**RECORDS, "columns": []}),
    ),
    (
        "tables_of_records_can_be_made",
        "lint.secret_register",
        both(put("registers", "class", sensitivity="C3"), added("outlines/six_month/sections/0/tables", RECORDS)),
    ),
    (
        "a_series_is_fed_once",
        "lint.fed_twice",
        added(f"{CLASS}/feeds", {"series": "classes", "states": ["held"]}),
    ),
    ("what_comes_from_a_register_is_fed", "lint.fed_by_nothing", put("elements", "models", source="register")),
    ("norms_compare_their_figures", "lint.norm_unknown_figure", at(f"{LED}/test/figure", "leader")),
    (
        "norms_look_at_what_is_measured",
        "lint.norm_unknown_series",
        at(f"{LED}/figures/women/from/0/series", "staff[sex=x]"),
    ),
    (
        "norms_look_at_what_is_measured",
        "lint.norm_unknown_series",
        at(f"{LED}/figures/models/from/0/series", "modells"),
    ),
    ("norms_are_told_by_somebody", "lint.norm_told_by_nobody", at(f"{LED}/kinds", ["commune", "ward"])),
    (
        "norms_name_what_is_published",
        "lint.norm_unknown_published",
        added(f"{LED}/figures/leaders/from", {"counted": {"group": "deputies"}}, {"body": "council"}),
    ),
    ("norms_of_rows_look_at_rows", "lint.norm_of_rows", at(f"{LED}/subject", "row")),
    ("norms_ask_each_of_a_breakdown", "lint.norm_each_of_nothing", at(f"{LED}/each", "sex")),
    ("norms_compare_like_with_like", "lint.norm_measures_mixed", at(f"{LED}/when/0/over", "models")),
    ("norms_compare_like_with_like", "lint.norm_out_of_range", at(f"{LED}/when/0/value", "30")),
    ("norms_have_rules", "lint.norm_without_rule", at(f"{LED}/rules", [])),
    ("norms_have_rules", "lint.norm_rule_of_local", at(f"{LED}/local", True)),
    ("norms_name_their_indicator", "lint.norm_unknown_indicator", at(f"{LED}/indicator", "agencies.men")),
    ("documents_exist", "lint.unknown_document", at(f"{LED}/rules/0/document", "nq82")),
    ("groups_exist", "lint.unknown_group", at(f"{LED}/group", "leader")),
]


def test_a_good_edition_breaks_no_rule() -> None:
    assert lint(make()) == []


@pytest.mark.parametrize(("rule", "code", "change"), EXAMPLES, ids=[f"{rule}-{code}" for rule, code, _ in EXAMPLES])
def test_a_broken_definition_is_found_by_exactly_its_rule(rule: str, code: str, change: Change) -> None:
    edition = make(change)
    assert {fault.code for fault in lint(edition)} == {code}
    assert [fault.code for one in RULES if one.__name__ == rule for fault in one(edition)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_a_breaking_example_and_says_what_it_is(rule: Callable[[Edition], object]) -> None:
    assert rule.__name__ in {name for name, _, _ in EXAMPLES}
    assert rule.__doc__


def test_every_lint_sentence_is_given_by_some_example() -> None:
    worded = {code for code in SENTENCES if code.startswith("lint.")}
    assert worded == {code for _, code, _ in EXAMPLES}


def test_a_fault_says_where_and_names_the_definition() -> None:
    edition = make(put("targets", "T-1", document="nq82"))
    (fault,) = lint(edition)
    assert fault.place == "targets.yaml:1"
    with speaking("en"):
        assert fault.sentence() == "T-1 cites the document nq82, which is not defined."


@pytest.mark.parametrize(("rule", "code", "change"), EXAMPLES, ids=[f"{rule}-{code}" for rule, code, _ in EXAMPLES])
def test_every_fault_can_be_said(rule: str, code: str, change: Change) -> None:
    with speaking("en"):
        for fault in lint(make(change)):
            assert "{" not in re.sub("“[^”]*”", "", fault.sentence())  # quotations may have braces of their own


# What is right although it looks like what is wrong.
ALLOWED: list[tuple[str, Change]] = [
    (
        "deaths per live births are a declared rate",
        put("indicators", "births.ratio", unit="per_100000", numerator=["trained"], denominator=["births"]),
    ),
    (
        "parts that a unit answers for itself may come from different owners",
        both(
            put("indicators", "births.ratio", unit="per_1000", numerator=["appraised"]),
            put("elements", "appraised", reporting=[{"by": ["department"], "at_parent": "own"}]),
            put("elements", "births", reporting=[{"by": ["commune"], "at_parent": "own"}]),
        ),
    ),
    (
        "the reporters of a ratio may change together",
        both(
            *(
                put("elements", code, reporting=[{"by": ["commune"]}, {"by": ["commune", "ward"], "first": "2150-H1"}])
                for code in ("schools.due", "schools.met")
            ),
        ),
    ),
    ("all of something is written with an equals sign", target(values={"2030": {"op": "==", "value": 100}})),
    ("about is a word of the law", target(values={"2030": {"op": "~", "value": 60}})),
    (
        "about may be a range",
        put("targets", "T-1", direction="approximately", values={"2030": {"op": ">=", "value": 10, "upper": 15}}),
    ),
    (
        "the same figure may become strict",
        put(
            "targets",
            "T-2",
            name=text("Tỷ số"),
            values={"2025": {"op": "<=", "value": 42}, "2030": {"op": "<", "value": 42}},
        ),
    ),
    ("one number in two years, both dated", put("documents", "ct35_2019", issued_on="2019")),
    ("a name that is no word may be the same in both languages", put("elements", "models", name=text("UBND", "UBND"))),
    (
        "a published percentage stands without its parts",
        both(
            put("elements", "hours", over_units="none"),
            put("indicators", "hours.ratio", unit="percent", denominator=[]),
        ),
    ),
]


@pytest.mark.parametrize(("why", "change"), ALLOWED, ids=[why for why, _ in ALLOWED])
def test_what_is_meant_is_not_refused(why: str, change: Change) -> None:
    assert [fault for fault in lint(make(change)) if fault.level is Level.ERROR] == []


def test_the_pack_of_viet_nam_keeps_every_rule() -> None:
    edition, faults = read(PACKS / "vn")
    faults += lint(edition)
    wrong = [f"{fault.place}: {fault.code} {dict(fault.fields)}" for fault in faults if fault.level is Level.ERROR]
    assert wrong == []


def test_the_pack_comes_back_whole_from_its_canonical_text() -> None:
    """What a site keeps of an edition is read again by processes that read returns."""
    text = canonical(load("vn"))
    assert canonical(from_canonical(text)) == text
