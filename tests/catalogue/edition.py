"""A small edition that keeps every rule, rich enough for returns and for breaking each rule once.

`make()` gives it; `make(change)` gives it after `change` has altered the raw definitions, as a pack's author would.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml

from tienbo.catalogue.loading import SHAPES, Edition

Raw = dict[str, list[dict[str, Any]]]

SOURCE = """
documents:
  - {code: nq28, number: 28/NQ-CP, issued_on: "2021-03-03", title: {vi: Nghị quyết Chiến lược, en: Strategy resolution}}
  - {code: ct35_2019, number: 35-CT/TW, issued_on: "2019-05-30", title: {vi: Chỉ thị năm 2019, en: Directive of 2019}}
  - {code: ct35_2024, number: 35-CT/TW, issued_on: "2024-06-14", title: {vi: Chỉ thị năm 2024, en: Directive of 2024}}
  - {code: nd09, number: 09/2019/NĐ-CP, issued_on: "2019-01-24", title: {vi: Chế độ báo cáo, en: Reporting regime}}
regimes:
  - {code: months, first: 2010-H1, half_starts: [[1, 1], [7, 1]]}
  - {code: nd09, first: 2019-H2, half_starts: [[12, 15], [6, 15]], due: [[6, 25], [12, 25]], document: nd09}
breakdowns:
  - {code: sex, name: {vi: Giới tính, en: Sex}, members: {f: {vi: Nữ, en: Women}, m: {vi: Nam, en: Men}}}
  - {code: eth, name: {vi: Dân tộc, en: Ethnicity}, members: {m: {vi: Dân tộc thiểu số, en: Minority}}}
measures:
  - {code: person, name: {vi: Người, en: persons}}
  - {code: attendance, name: {vi: Lượt người, en: attendances}}
  - {code: class, name: {vi: Lớp, en: classes}}
  - {code: agency, name: {vi: Cơ quan, en: agencies}}
  - {code: model, name: {vi: Mô hình, en: models}}
  - {code: birth, name: {vi: Ca, en: births}}
  - {code: hour, name: {vi: Giờ, en: hours}, decimals: 1}
groups:
  - {code: leaders, name: {vi: Mục tiêu 1, en: Goal 1}, document: nq28}
elements:
  - &element {code: staff, name: {vi: Cán bộ, en: Staff}, measure: person, breakdowns: [sex, eth], over_time: last,
     reporting: [{by: [commune]}], cites: [nq28]}
  - {<<: *element, code: council, name: {vi: Đại biểu HĐND, en: Council deputies}, breakdowns: [sex]}
  - {<<: *element, code: attendances, name: {vi: Lượt người dự, en: Attendances}, measure: attendance, over_time: sum,
     breakdowns: [sex]}
  - {<<: *element, code: trained, name: {vi: Người được bồi dưỡng, en: Persons trained}, over_time: sum,
     breakdowns: [sex]}
  - {<<: *element, code: classes, name: {vi: Lớp tập huấn, en: Classes}, measure: class, over_time: sum, breakdowns: []}
  - {<<: *element, code: models, name: {vi: Mô hình, en: Models}, measure: model, breakdowns: []}
  - {<<: *element, code: models.new, name: {vi: Mô hình mới, en: New models}, measure: model, over_time: sum,
     breakdowns: []}
  - {<<: *element, code: births, name: {vi: Trẻ sinh sống, en: Live births}, measure: birth, over_time: sum,
     breakdowns: [sex]}
  - {<<: *element, code: victims, name: {vi: Người bị bạo lực, en: Victims}, over_time: sum, breakdowns: [],
     sensitivity: C3}
  - {<<: *element, code: key_leaders, name: {vi: Lãnh đạo chủ chốt, en: Key leaders}}
  - {<<: *element, code: committee, name: {vi: Có Ban, en: Has a committee}, measure: agency, breakdowns: []}
  - {<<: *element, code: hours, name: {vi: Số giờ, en: Hours}, measure: hour, breakdowns: [sex], over_time: mean,
     over_units: mean, reporting: [{by: [commune], at_parent: own}], frequency: year}
  - {<<: *element, code: school.staff, name: {vi: Cán bộ trường, en: School staff}}
  - {<<: *element, code: schools, name: {vi: Số trường, en: Schools}, measure: agency, breakdowns: []}
  - {<<: *element, code: schools.due, name: {vi: Trường từ 30% nữ, en: Schools with 30% women}, measure: agency,
     breakdowns: []}
  - {<<: *element, code: schools.met, name: {vi: Trường có nữ chủ chốt, en: Schools led by women}, measure: agency,
     breakdowns: []}
  - {<<: *element, code: appraised, name: {vi: Dự thảo đã thẩm định, en: Drafts appraised}, measure: class,
     breakdowns: [],
     over_time: sum, reporting: [{by: [department]}]}
indicators:
  - &indicator {code: staff.women, name: {vi: Tỷ lệ nữ, en: Share of women}, unit: percent, group: leaders,
     numerator: ["staff[sex=f]"], denominator: [staff], cites: [nq28]}
  - {<<: *indicator, code: agencies.women, numerator: [{series: "key_leaders[sex=f]", count_units: true,
     test: {op: ">=", value: 1}}], denominator: [{series: key_leaders, count_units: true}]}
  - {<<: *indicator, code: training.women, numerator: ["attendances[sex=f]"], denominator: [attendances],
     zero_base: {vi: Không phát sinh, en: None}}
  - {<<: *indicator, code: births.ratio, unit: per_100, numerator: ["births[sex=m]"], denominator: ["births[sex=f]"],
     zero_base: {vi: Không phát sinh, en: None}}
  - {<<: *indicator, code: hours.ratio, unit: times, numerator: ["hours[sex=f]"], denominator: ["hours[sex=m]"]}
  - {<<: *indicator, code: models.count, unit: count, numerator: [models], denominator: []}
  - {<<: *indicator, code: schools.norm, numerator: [schools.met], denominator: [schools.due]}
  - {<<: *indicator, code: law.mainstreamed, unit: qualitative, derived: judgement, numerator: [], denominator: []}
targets:
  - &target {code: T-1, indicator: agencies.women, name: {vi: Cơ quan có nữ, en: Agencies with a woman}, group: leaders,
     owner: national, document: nq28, direction: at_least, levels: [national, provincial,
        commune], confidence: confirmed,
     values: {2025: {op: ">=", value: 60}, 2030: {op: ">=", value: 75}}}
  - {<<: *target, code: T-2, indicator: births.ratio, direction: below, name: {vi: Tỷ số dưới 109, en: Ratio below 109},
     values: {2025: {op: "<=", value: 111}, 2030: {op: "<", value: 109}}}
  - {<<: *target, code: T-3, indicator: models.count, levels: [national], values: {2025: {op: ">=", value: 9000}}}
  - {<<: *target, code: T-4, owner: provincial, owner_unit: "Tỉnh Mẫu", parent: T-1, levels: [provincial],
     values: {2030: {op: ">=", value: 80}}}
  - {<<: *target, code: T-5, indicator: law.mainstreamed, direction: qualitative, values: {}}
forms:
  - code: commune
    number: Biểu xã
    title: {vi: Báo cáo của xã, en: Commune return}
    issued_with: {vi: Kế hoạch mẫu, en: Sample plan}
    for_kinds: [commune]
    first: 2014-H1
    receiver: {vi: Ban tỉnh, en: Provincial committee}
    signers: [{vi: NGƯỜI LẬP, en: PREPARED BY}, {vi: THỦ TRƯỞNG, en: HEAD}]
    columns:
      - {code: total, label: {vi: Tổng số, en: Total}}
      - {code: women, label: {vi: Nữ, en: Women}, members: {sex: f}}
      - {code: men, label: {vi: Nam, en: Men}, members: {sex: m}}
      - {code: eth, label: {vi: Dân tộc, en: Minority}, members: {eth: m}}
      - {code: eth_women, label: {vi: Nữ dân tộc, en: Minority women}, members: {sex: f, eth: m}}
    sheets:
      - code: one
        number: Biểu 01
        title: {vi: Cán bộ, en: Staff}
        blocks:
          - code: people
            title: {vi: Cán bộ, en: Staff}
            columns: [total, women, eth, eth_women]
            may_be_unchanged: true
            lines:
              - {code: staff, label: {vi: Cán bộ, en: Staff}, element: staff}
              - {code: leaders, label: {vi: Chủ chốt, en: Key leaders}, element: key_leaders, part_of: staff}
          - code: council
            title: {vi: HĐND, en: Council}
            columns: [total, women]
            may_not_apply: true
            lines: [{code: council, label: {vi: Đại biểu, en: Deputies}, element: council}]
          - code: committee
            title: {vi: Ban, en: Committee}
            columns: [total]
            may_be_unchanged: true
            lines: [{code: committee, label: {vi: Có Ban, en: Has one}, element: committee, answer: yes_no}]
      - code: two
        number: Biểu 02
        title: {vi: Hoạt động, en: Activities}
        blocks:
          - code: training
            title: {vi: Tập huấn, en: Training}
            columns: [total, women]
            may_be_nil: true
            lines:
              - {code: classes, label: {vi: Lớp, en: Classes}, element: classes, columns: [total]}
              - {code: attendances, label: {vi: Lượt người, en: Attendances}, element: attendances}
              - {code: trained, label: {vi: Người, en: Persons}, element: trained}
          - code: other
            title: {vi: Khác, en: Other}
            columns: [total, women, men]
            may_be_nil: true
            lines:
              - {code: models, label: {vi: Mô hình, en: Models}, element: models, columns: [total]}
              - {code: models_new, label: {vi: Mô hình mới, en: New models}, element: models.new, columns: [total],
                 part_of: models}
              - {code: victims, label: {vi: Người bị bạo lực, en: Victims}, element: victims, columns: [total]}
              - {code: births, label: {vi: Trẻ sinh sống, en: Live births}, element: births}
          - code: time
            title: {vi: Thời gian, en: Time}
            columns: [women, men]
            may_not_apply: true
            lines:
              - {code: hours, label: {vi: Số giờ, en: Hours}, element: hours, answer: decimal, required: false}
          - code: schools
            title: {vi: Trường học, en: Schools}
            rows: 20
            may_be_nil: true
            may_be_unchanged: true
            may_not_apply: true
            fields:
              - {code: name, label: {vi: Tên trường, en: School}, kind: name}
              - {code: staff, label: {vi: Cán bộ, en: Staff}, element: school.staff}
              - {code: women, label: {vi: Nữ, en: Women}, element: school.staff, members: {sex: f}, part_of: staff}
              - {code: led, label: {vi: Nữ chủ chốt, en: Women key leaders}, part_of: women}
            counts:
              - {element: schools}
              - {element: schools.due, where: [{field: women, over: staff, op: ">=", value: 0.3}]}
              - {element: schools.met,
                 where: [{field: women, over: staff, op: ">=", value: 0.3}, {field: led, op: ">=", value: 1}]}
              - {element: school.staff, sum_of: staff}
          - code: words
            title: {vi: Phần lời, en: In words}
            texts: [{code: highlight, label: {vi: Nổi bật, en: Highlights}, heading: highlight}]
    checks:
      - {code: parts, left: ["births:women", "births:men"], op: "==", right: ["births:total"],
         message: {vi: Trai và gái bằng tổng số., en: Boys and girls are all.}}
      - {code: fewer, left: ["trained:total"], op: "<=", right: ["attendances:total"], level: warning,
         message: {vi: Số người nhiều hơn lượt người., en: More persons than attendances.}}
  - code: department
    number: Biểu sở
    title: {vi: Báo cáo của sở, en: Department return}
    issued_with: {vi: Kế hoạch mẫu, en: Sample plan}
    for_kinds: [department]
    first: 2014-H1
    receiver: {vi: Ban tỉnh, en: Provincial committee}
    signers: [{vi: NGƯỜI LẬP, en: PREPARED BY}, {vi: THỦ TRƯỞNG, en: HEAD}]
    columns: [{code: total, label: {vi: Tổng số, en: Total}}]
    sheets:
      - code: one
        number: Biểu 01
        title: {vi: Thẩm định, en: Appraisal}
        blocks:
          - {code: law, title: {vi: Thẩm định, en: Appraisal}, columns: [total],
             may_be_nil: true,
             lines: [{code: appraised, label: {vi: Dự thảo, en: Drafts}, element: appraised}]}
registers:
  - code: class
    name: {vi: Sổ lớp tập huấn, en: Register of classes}
    record_name: {vi: Lớp tập huấn, en: Class}
    kept_by: [commune]
    counted_in: class
    section: leaders
    cites: [nq28]
    title: subject
    occurred: begins
    fields:
      - {code: subject, label: {vi: Chủ đề, en: Subject}, required: true}
      - {code: begins, label: {vi: Ngày bắt đầu, en: First day}, kind: date, required: true}
      - {code: ends, label: {vi: Ngày kết thúc, en: Last day}, kind: date, not_before: begins}
      - {code: led, label: {vi: Chủ trì, en: Led}, kind: yes_no, required: true}
      - {code: level, label: {vi: Cấp, en: Level}, kind: choice,
         choices: {c: {vi: Xã, en: Commune}, p: {vi: Tỉnh, en: Province}}}
      - {code: came, label: {vi: Lượt người, en: Attendances}, kind: count, measure: attendance, required_in: [held]}
      - {code: women, label: {vi: Lượt nữ, en: Women}, kind: count, measure: attendance, part_of: came}
      - {code: remark, label: {vi: Ghi chú, en: Remarks}, kind: long_text}
      - {code: lead, label: {vi: Đơn vị chủ trì, en: Lead unit}, kind: unit}
      - code: talks
        label: {vi: Chuyên đề, en: Talks}
        kind: rows
        columns:
          - {code: topic, label: {vi: Chủ đề, en: Topic}, required: true}
          - {code: heard, label: {vi: Người nghe, en: Heard by}, kind: count, measure: attendance}
          - {code: women, label: {vi: Nữ, en: Women}, kind: count, measure: attendance, part_of: heard}
          - {code: open, label: {vi: Mở, en: Open}, kind: yes_no}
          - {code: place, label: {vi: Nơi, en: Place}, needed_where: [{field: open, one_of: ["yes"]}]}
    states:
      - {code: planned, name: {vi: Dự kiến, en: Planned}}
      - {code: held, name: {vi: Đã tổ chức, en: Held}, past: true}
    moves:
      - {code: hold, name: {vi: Ghi đã tổ chức, en: Held}, from: [planned], to: held}
      - {code: reopen, name: {vi: Mở lại, en: Reopen}, from: [held], to: planned, need: approve}
    columns: [subject, begins, came, women]
    search: [subject, remark]
    evidence:
      - {code: plan, required_in: [held], label: {vi: Kế hoạch, en: Plan}}
    feeds:
      - {series: classes, states: [held], where: [{field: led, one_of: ["yes"]}]}
      - {series: attendances, sum: came, states: [held], where: [{field: led, one_of: ["yes"]}]}
      - {series: "attendances[sex=f]", sum: women, states: [held], where: [{field: led, one_of: ["yes"]}]}
norms:
  - code: led
    name: {vi: Có nữ lãnh đạo, en: Led by a woman}
    asks: {vi: "Ít nhất {limit} nữ.", en: "At least {limit} woman."}
    proposes: {vi: bổ nhiệm nữ, en: appointing a woman}
    group: leaders
    severity: must
    kinds: [commune]
    figures:
      - {code: staff, name: {vi: Cán bộ, en: Staff}, from: [{series: staff}]}
      - {code: women, name: {vi: Nữ, en: Women}, from: [{series: "staff[sex=f]"}]}
      - {code: leaders, name: {vi: Lãnh đạo nữ, en: Women leaders}, from: [{series: "key_leaders[sex=f]"}]}
      - {code: models, name: {vi: Mô hình, en: Models}, from: [{series: models}]}
    when: [{figure: women, over: staff, op: ">=", value: "0.30"}]
    test: {figure: leaders, op: ">="}
    indicator: agencies.women
    rules: [{from: "2021-03-03", value: 1, document: nq28, confidence: confirmed}]
outlines:
  - code: six_month
    kind: six-month
    title: {vi: BÁO CÁO, en: REPORT}
    subject: {vi: "Kết quả {period} của {unit}", en: "Results of {unit}, {period}"}
    for_kinds: [province]
    opening: [{text: {vi: "Trong kỳ {period}:", en: "In {period}:"}}]
    sections:
      - title: {vi: Kết quả, en: Results}
        sentences: [{text: {vi: "Nữ chiếm {staff.women}.", en: "Women are {staff.women}."},
          needs: [staff.women], if_missing: {vi: Chưa có số liệu., en: No figures yet.}}]
        tables:
          - {kind: targets, title: {vi: Chỉ tiêu, en: Targets}, groups: [leaders]}
          - {kind: indicators, title: {vi: Số liệu, en: Figures}, indicators: [staff.women]}
        sections: [{title: {vi: Nổi bật, en: Highlights}, level: 2, texts: [highlight]}]
      - {title: {vi: Phụ lục, en: Annex}, annex: true,
         charts: [{kind: trend, title: {vi: Diễn biến, en: Trend}, indicators: [staff.women]}]}
    recipients: [{vi: "- UBND tỉnh;", en: "- People's Committee;"}, {vi: "- Lưu: VT.", en: "- Archive."}]
signing_profiles:
  - {code: committee, name: {vi: Ban, en: Committee}, superior: ỦY BAN NHÂN DÂN, issuer: BAN VSTBPN, symbol: BC-BVSTBPN,
     signature: [TM. BAN VSTBPN, TRƯỞNG BAN], for_kinds: [province]}
"""

DEFINITIONS = json.dumps(yaml.safe_load(SOURCE))
"""The raw definitions, without the sharing that YAML's anchors leave behind."""


def make(change: Callable[[Raw], object] | None = None) -> Edition:
    """The edition, after `change` to a copy of its raw definitions."""
    raw = json.loads(DEFINITIONS)
    if change is not None:
        change(raw)
    edition = Edition(pack="sample")
    for kind, rows in raw.items():
        for position, row in enumerate(rows):
            code = row["code"]
            getattr(edition, kind)[code] = SHAPES[kind].model_validate(row)
            edition.places[kind, code] = f"{kind}.yaml:{position + 1}"
    return edition


def put(kind: str, code: str, /, **values: Any) -> Callable[[Raw], None]:
    """A change: fields of one definition."""

    def change(raw: Raw) -> None:
        next(row for row in raw[kind] if row["code"] == code).update(values)

    return change


def at(path: str, value: Any) -> Callable[[Raw], None]:
    """A change: one place inside the definitions, "forms/commune/columns/0/members"; a code or a number per step."""

    def change(raw: Raw) -> None:
        *steps, last = path.split("/")
        node: Any = raw
        for step in steps:
            node = _step(node, step)
        if isinstance(node, list):
            node[next(i for i, row in enumerate(node) if row["code"] == last) if not last.isdigit() else int(last)] = (
                value
            )
        else:
            node[last] = value

    return change


def added(path: str, *values: Any) -> Callable[[Raw], None]:
    """A change: more at the end of a list inside the definitions."""

    def change(raw: Raw) -> None:
        node: Any = raw
        for step in path.split("/"):
            node = _step(node, step)
        node.extend(values)

    return change


def like(kind: str, code: str, /, **values: Any) -> Callable[[Raw], None]:
    """A change: one more definition, like `code` but for `values`."""

    def change(raw: Raw) -> None:
        model = next(row for row in raw[kind] if row["code"] == code)
        raw[kind].append({**json.loads(json.dumps(model)), **values})

    return change


def _step(node: Any, step: str) -> Any:
    if isinstance(node, list):
        return node[int(step)] if step.isdigit() else next(row for row in node if row["code"] == step)
    return node[step]
