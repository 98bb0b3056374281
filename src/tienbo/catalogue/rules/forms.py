"""Rules about forms: what a unit is asked, whether it can answer, and whether it is asked once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

from tienbo.catalogue.definitions import Block, Form, OverTime
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import (
    Rule,
    asked,
    beginnings,
    blocks,
    circles,
    found,
    lines,
    period,
    reporting_on,
)
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind

worded(
    {
        "lint.code_twice": N_("The form {definition} uses the code {code} for two {what}."),
        "lint.unknown_column": N_("The form {definition} has no column {column}, which {where} names."),
        "lint.line_without_column": N_("The form {definition} asks the line {line} in no column."),
        "lint.unknown_line": N_("The form {definition} has no line {part_of}, which {line} is to be part of."),
        "lint.part_of_circle": N_("The line or field {line} of the form {definition} is part of itself."),
        "lint.part_of_another_measure": N_(
            "The line {line} of the form {definition} is part of {part_of}, which counts something else."
        ),
        "lint.unknown_field": N_(
            "The block {block} of the form {definition} lacks the figure {field}, which {where} names."
        ),
        "lint.rows_without_name": N_("The rows of {block} in the form {definition} need exactly one field for a name."),
        "lint.field_without_element": N_(
            "The rows of {block} in the form {definition} ask {field}, which becomes no fact and is tested by no count."
        ),
        "lint.unknown_address": N_("The check {check} of the form {definition} names {address}, which the form lacks."),
        "lint.asked_twice": N_("The form {definition} asks {series} twice: in {first} and in {second}."),
        "lint.forms_overlap": N_("The forms {definition} and {other} are both for {kind} in the same half-year."),
        "lint.not_its_reporter": N_("The form {definition} asks {kind} for {element}, which {kind} does not report."),
        "lint.asked_before_its_time": N_(
            "The form {definition} asks {element}, which nobody reports in any half-year of the form."
        ),
        "lint.unchanged_flow": N_(
            "The block {block} of the form {definition} may say it is unchanged, but {element} happens anew each time."
        ),
        "lint.nil_share": N_(
            "The block {block} of the form {definition} may say that none occurred, but {element} in {measure} "
            "would then be a share of nothing, not zero."
        ),
        "lint.no_statement": N_(
            "The block {block} of the form {definition} can say neither that none occurred, nor that nothing changed, "
            "nor that it does not apply."
        ),
        "lint.answer_does_not_fit": N_(
            "The line {line} of the form {definition} is answered as {answer}, but {element} has {decimals} decimals."
        ),
        "lint.line_without_reason": N_("The line {line} of the form {definition} cites no reason to ask for it."),
    }
)


def codes_are_unique_in_a_form(edition: Edition) -> Iterator[Fault]:
    """An address finds one place: sheets, blocks, lines, columns, texts and checks each have a code of their own."""
    for form in edition.forms.values():
        named: list[tuple[str, list[str]]] = [
            ("sheets", [sheet.code for sheet in form.sheets]),
            ("blocks", [block.code for block in blocks(form)]),
            ("lines", [line.code for _, line in lines(form)]),
            ("columns", [column.code for column in form.columns]),
            ("texts", [text.code for block in blocks(form) for text in block.texts]),
            ("checks", [check.code for check in form.checks]),
        ]
        named += [(f"fields ({block.code})", [field.code for field in block.fields]) for block in blocks(form)]
        for what, codes in named:
            for code, times in Counter(codes).items():
                if times > 1:
                    yield found(edition, "forms", form.code, "lint.code_twice", code=code, what=what)


def columns_exist(edition: Edition) -> Iterator[Fault]:
    """A block names columns of its form, a line names columns of its block, and each line is asked somewhere."""
    for form in edition.forms.values():
        known = {column.code for column in form.columns}
        for block in blocks(form):
            for code in block.columns:
                if code not in known:
                    yield found(edition, "forms", form.code, "lint.unknown_column", column=code, where=block.code)
            for line in block.lines:
                if not block.columns:
                    yield found(edition, "forms", form.code, "lint.line_without_column", line=line.code)
                for code in line.columns if block.columns else ():
                    if code not in block.columns:
                        yield found(edition, "forms", form.code, "lint.unknown_column", column=code, where=line.code)


def parts_have_a_whole(edition: Edition) -> Iterator[Fault]:
    """`part_of` names another line of the form that counts the same thing, and nothing is part of itself."""
    for form in edition.forms.values():
        by_code = {line.code: line for _, line in lines(form)}
        for line in by_code.values():
            whole = by_code.get(line.part_of or "")
            if line.part_of is not None and whole is None:
                fields = {"line": line.code, "part_of": line.part_of}
                yield found(edition, "forms", form.code, "lint.unknown_line", **fields)
            elif whole is not None:
                part, all_of_it = edition.elements.get(line.element), edition.elements.get(whole.element)
                if part is not None and all_of_it is not None and part.measure != all_of_it.measure:
                    fields = {"line": line.code, "part_of": whole.code}
                    yield found(edition, "forms", form.code, "lint.part_of_another_measure", **fields)


def nothing_is_part_of_itself(edition: Edition) -> Iterator[Fault]:
    """`part_of` does not go round in a circle, neither between lines nor between fields of a row."""
    for form in edition.forms.values():
        for code in circles({line.code: line.part_of for _, line in lines(form)}):
            yield found(edition, "forms", form.code, "lint.part_of_circle", line=code)
        for block in blocks(form):
            for code in circles({field.code: field.part_of for field in block.fields}):
                yield found(edition, "forms", form.code, "lint.part_of_circle", line=code)


def row_figures_exist(edition: Edition) -> Iterator[Fault]:
    """`part_of` of a field and what a count tests or sums are figures of the same rows."""
    for form in edition.forms.values():
        for block in blocks(form):
            figures = {field.code for field in block.fields if field.kind != "name"}
            for where, code in _named_fields(block):
                if code not in figures:
                    fields = {"block": block.code, "field": code, "where": where}
                    yield found(edition, "forms", form.code, "lint.unknown_field", **fields)


def _named_fields(block: Block) -> Iterator[tuple[str, str]]:
    for field in block.fields:
        if field.part_of is not None:
            yield field.code, field.part_of
    for count in block.counts:
        for test in count.where:
            yield count.element, test.field
            if test.over is not None:
                yield count.element, test.over
        if count.sum_of is not None:
            yield count.element, count.sum_of


def rows_have_a_name(edition: Edition) -> Iterator[Fault]:
    """Each repeating row is named once: the school or the unit whose figures it holds."""
    for form in edition.forms.values():
        for block in blocks(form):
            if block.fields and sum(field.kind == "name" for field in block.fields) != 1:
                yield found(edition, "forms", form.code, "lint.rows_without_name", block=block.code)


def row_figures_are_used(edition: Edition) -> Iterator[Fault]:
    """Nothing is asked for nothing: a figure of a row becomes a fact, or a count tests or sums it."""
    for form in edition.forms.values():
        for block in blocks(form):
            used = {code for _, code in _named_fields(block)}
            for field in block.fields:
                if field.kind != "name" and field.element is None and field.code not in used:
                    fields = {"block": block.code, "field": field.code}
                    yield found(edition, "forms", form.code, "lint.field_without_element", **fields)


def check_addresses_exist(edition: Edition) -> Iterator[Fault]:
    """A check compares figures the form asks for."""
    for form in edition.forms.values():
        known = {one.what for one in asked(form) if one.origin == "line"}
        for check in form.checks:
            for address in (*check.left, *check.right):
                if address not in known:
                    fields = {"check": check.code, "address": address}
                    yield found(edition, "forms", form.code, "lint.unknown_address", **fields)


def nothing_is_asked_twice(edition: Edition) -> Iterator[Fault]:
    """One origin counts: a form asks a series in one place (a field of rows is a series of each row)."""
    for form in edition.forms.values():
        first: dict[tuple[str, bool], str] = {}
        for one in asked(form):
            key = (one.series, one.origin == "field")
            if key in first:
                fields = {"series": one.series, "first": first[key], "second": one.what}
                yield found(edition, "forms", form.code, "lint.asked_twice", **fields)
            first.setdefault(key, one.what)


def a_kind_has_one_form(edition: Edition) -> Iterator[Fault]:
    """A kind of unit owes one form in a half-year, so that nothing is asked of it twice."""
    for first, second in itertools.combinations(edition.forms.values(), 2):
        together = set(first.for_kinds) & set(second.for_kinds)
        if together and _meet(first, second):
            fields = {"other": first.code, "kind": min(together)}
            yield found(edition, "forms", second.code, "lint.forms_overlap", **fields)


def _meet(first: Form, second: Form) -> bool:
    """Whether two forms share a half-year; forms whose periods cannot be read meet nothing."""
    starts = [period(first.first), period(second.first)]
    ends = [period(form.last) if form.last else Period(2200, 2) for form in (first, second)]
    if None in starts or None in ends:
        return False
    return starts[0] <= ends[1] and starts[1] <= ends[0]  # type: ignore[operator]


def forms_ask_those_who_report(edition: Edition) -> Iterator[Fault]:
    """An element is asked of kinds of unit that are said to report it, in some half-year of the form."""
    for form in edition.forms.values():
        start, end = period(form.first), period(form.last) if form.last else Period(2200, 2)
        if start is None or end is None:
            continue
        for name in dict.fromkeys(one.element for one in asked(form)):
            element = edition.elements.get(name)
            if element is None:
                continue
            days = {start, *(day for day in beginnings([element]) if start <= day <= end)}
            rules = [rule for day in sorted(days) if (rule := reporting_on(element, day)) is not None]
            if not rules:
                yield found(edition, "forms", form.code, "lint.asked_before_its_time", element=name)
                continue
            for kind in form.for_kinds:
                if not any(is_kind(kind, rule.by) for rule in rules):
                    yield found(edition, "forms", form.code, "lint.not_its_reporter", kind=kind, element=name)


def only_stocks_stay_unchanged(edition: Edition) -> Iterator[Fault]:
    """ "Không thay đổi so với kỳ trước" carries stocks over; what happens in a period does not carry over."""
    for form in edition.forms.values():
        for one in asked(form):
            element = edition.elements.get(one.element)
            if one.block.may_be_unchanged and element is not None and element.over_time is not OverTime.LAST:
                fields = {"block": one.block.code, "element": element.code}
                yield found(edition, "forms", form.code, "lint.unchanged_flow", **fields)


def nil_is_a_count_of_zero(edition: Edition) -> Iterator[Fault]:
    """ "Không phát sinh" makes every figure of a block zero: a count can be that, a share or a mean of nothing not."""
    for form in edition.forms.values():
        for one in asked(form):
            element = edition.elements.get(one.element)
            measure = edition.measures.get(element.measure) if element else None
            if not one.block.may_be_nil or element is None or measure is None:
                continue
            if measure.maximum is not None or element.over_time is OverTime.MEAN:
                fields = {"block": one.block.code, "element": element.code, "measure": measure.code}
                yield found(edition, "forms", form.code, "lint.nil_share", **fields)


def blocks_can_make_a_statement(edition: Edition) -> Iterator[Fault]:
    """A unit with nothing to tell says so once for a block: none occurred, unchanged, or not applicable."""
    for form in edition.forms.values():
        for block in blocks(form):
            if not block.texts and not (block.may_be_nil or block.may_be_unchanged or block.may_not_apply):
                yield found(edition, "forms", form.code, "lint.no_statement", block=block.code)


def answers_fit_the_measure(edition: Edition) -> Iterator[Fault]:
    """A count has no decimals, and what has decimals is not answered as a count."""
    for form in edition.forms.values():
        for _, line in lines(form):
            element = edition.elements.get(line.element)
            measure = edition.measures.get(element.measure) if element else None
            if measure is not None and (line.answer == "decimal") != (measure.decimals > 0):
                fields: dict[str, object] = {"line": line.code, "answer": line.answer, "element": line.element}
                fields["decimals"] = measure.decimals
                yield found(edition, "forms", form.code, "lint.answer_does_not_fit", **fields)


def lines_say_why(edition: Edition) -> Iterator[Fault]:
    """Whoever fills in a line may ask why: it or its element cites a document."""
    for form in edition.forms.values():
        for _, line in lines(form):
            element = edition.elements.get(line.element)
            if not line.why and element is not None and not element.cites:
                yield found(edition, "forms", form.code, "lint.line_without_reason", line=line.code)


RULES: tuple[Rule, ...] = (
    codes_are_unique_in_a_form,
    columns_exist,
    parts_have_a_whole,
    nothing_is_part_of_itself,
    row_figures_exist,
    rows_have_a_name,
    row_figures_are_used,
    check_addresses_exist,
    nothing_is_asked_twice,
    a_kind_has_one_form,
    forms_ask_those_who_report,
    only_stocks_stay_unchanged,
    nil_is_a_count_of_zero,
    blocks_can_make_a_statement,
    answers_fit_the_measure,
    lines_say_why,
)
