"""Rules about registers: what a record says, how it moves, and whether it may count for what it feeds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tienbo.catalogue.definitions import Counting, Feed, OverTime, RegisterField, RegisterKind, Sensitivity, Text
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.personal import personal_in
from tienbo.catalogue.rules.walk import Rule, found
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind

QUARTER = "quarter"

worded(
    {
        "lint.register_says_twice": N_("The register {definition} has two of {what}."),
        "lint.register_unknown_field": N_("The register {definition} names the field {field} in {where}; it has none."),
        "lint.register_unknown_state": N_("The register {definition} names the state {state} in {where}; it has none."),
        "lint.register_state_unreached": N_("No move of the register {definition} leads to the state {state}."),
        "lint.register_no_title": N_(
            "The register {definition} has no title: {field} is no text that is always filled in."
        ),
        "lint.register_no_day": N_("The register {definition} has no day: {field} is no day that is always filled in."),
        "lint.register_part_of_no_count": N_(
            "{field} of the register {definition} is part of {whole}, which is not counted in the same measure."
        ),
        "lint.register_unknown_measure": N_("The register {definition} counts in {measure}, which is not defined."),
        "lint.register_unknown_answer": N_(
            "The register {definition} tests whether {field} is {answer}, which it can never be."
        ),
        "lint.feed_unknown_element": N_("The register {definition} feeds {series}, whose element is not defined."),
        "lint.feed_undeclared_member": N_(
            "The register {definition} feeds {series}: its element is not broken down so."
        ),
        "lint.feed_of_no_number": N_(
            "The register {definition} feeds {series} with a sum of {field}, which is no number."
        ),
        "lint.feed_of_another_measure": N_(
            "The register {definition} counts {counted} and feeds {series}, which is counted in {measure}."
        ),
        "lint.feed_of_a_stock": N_(
            "The register {definition} feeds {series}: what happened is counted for what adds up over time, what "
            "stands until a day for what does not."
        ),
        "lint.counting_of_what_is_no_day": N_(
            "The register {definition} counts {what} by {field}, which is no day, or no day of what it counts."
        ),
        "lint.counting_of_no_rows": N_("The register {definition} counts {what} of {field}, which has no rows."),
        "lint.feed_of_other_reporters": N_(
            "The register {definition} feeds {series}, which none of those who keep it report."
        ),
        "lint.paper_entered_nowhere": N_(
            "The register {definition} enters its paper {paper} into {register}, which has no {field}."
        ),
        "lint.fed_twice": N_("{series} is fed twice, by the registers {definition} and {other}."),
        "lint.register_retired": N_("The register {definition} needs the field {field} ({where}), which is retired."),
        "lint.register_asks_for_a_person": N_(
            "{field} asks for {what} (“{word}”), which is kept in no register. Count persons, or leave it out."
        ),
        "lint.register_leads_nowhere": N_("The register {definition} names {what} in {where}, which is not defined."),
        "lint.register_field_of_another_kind": N_(
            "{field} in {where} of the register {definition} is no field of the kind {kind}."
        ),
        "lint.register_names_what_is_closed": N_(
            "{field} of the register {definition} names records of “{other}”, which not everybody who names them may "
            "read."
        ),
        "lint.fed_by_nothing": N_("The element {definition} comes from a register, and none feeds it."),
    }
)


def _fields_named(kind: RegisterKind) -> Iterator[tuple[str, str]]:
    """(field, where) for every place that names a field."""
    yield kind.title, "title"
    yield kind.occurred, "occurred"
    for where in ("columns", "search"):
        yield from ((code, where) for code in getattr(kind, where))
    for at, fields in _scopes(kind):
        for field in fields:
            for where in ("part_of", "not_before"):
                if (named := getattr(field, where)) is not None:
                    yield at + named, f"{at}{field.code}.{where}"
            yield from ((at + test.field, f"{at}{field.code}.needed_where") for test in field.needed_where)
    if (tasks := kind.tasks) is not None:
        columns = (tasks.text, tasks.kind, tasks.due_on, tasks.lead, tasks.units, tasks.partners, tasks.group)
        tested = (test.field for test in tasks.unless)
        yield from ((f"{tasks.rows}/{column}", "tasks") for column in (*columns, *tasks.measures, *tested) if column)
        yield from ((named, "tasks.otherwise") for named in (tasks.otherwise,) if named)
        yield from ((named, "tasks.cause") for named in re.findall(r"{([^{}]*)}", tasks.cause.vi + tasks.cause.en))
        yield tasks.made_on, "tasks.made_on"
    yield from _fields_printed(kind)
    if (held := kind.held_with) is not None:
        yield from ((named, "held_with") for named in (held.place, held.leads, held.lead, held.helped))
    yield from ((field, where) for field, where, _kind in _led_to(kind))
    for counting, what in _countings(kind):
        named = (counting.of, counting.sum, counting.by_day, counting.until, *(test.field for test in counting.where))
        yield from ((field, what) for field in named if field is not None)


def _fields_printed(kind: RegisterKind) -> Iterator[tuple[str, str]]:
    """(field, where) for every place of a paper that names a field: of a row its columns before the record's fields."""
    for paper in kind.papers:
        at = f"papers.{paper.code}"
        yield from ((path, at) for path in paper.needs)
        yield from ((code, at) for code in (paper.of,) if code is not None)
        texts = [(one, paper.of) for text in (paper.subject, paper.to, *paper.recipients) for one in _both(text)]
        for part in paper.parts:
            rows = part.rows or paper.of
            texts += [(one, rows) for text in (part.heading, part.text, part.otherwise) for one in _both(text)]
            named = (*part.columns, *(test.field for test in part.where), *([part.persons] if part.persons else []))
            yield from ((f"{part.rows}/{code}", at) for code in named)
            yield from ((code, at) for code in (part.rows,) if code is not None)
        for text, rows in texts:
            for place in re.findall(r"\{([a-z0-9_./]+)(?:\|[a-z]+)?\}", text):
                of_row = rows is not None and kind.named(f"{rows}/{place}") is not None
                if place not in WRITERS and not of_row:
                    yield place, at


def _both(text: Text | str | None) -> tuple[str, ...]:
    return (text.vi, text.en) if isinstance(text, Text) else (text,) if text else ()


WRITERS = ("issuer", "unit")
"""Places of a paper that are no field: who writes it."""


def _led_to(kind: RegisterKind) -> Iterator[tuple[str, str, str]]:
    """(field, where, the kind it has to be of, "" any) of clock, guide, table, and of what is sent and visited."""
    if (clock := kind.clock) is not None:
        yield from ((field, "clock", "date") for field in (clock.begins, clock.due, clock.ends))
    if (guide := kind.guide) is not None:
        for step in guide.steps:
            yield from ((field, f"guide.{step.code}", "") for field in step.fields)
            for want in step.wants:
                yield want.field, f"guide.{step.code}", ""
                yield from ((test.field, f"guide.{step.code}", "") for test in want.where)
        if guide.paper is not None:
            paper = guide.paper
            texts = (paper.subject, paper.opening, paper.closing, *paper.recipients)
            named = {one for text in texts for one in re.findall(r"{([^{}]*)}", text.vi + text.en)}
            yield from ((field, "guide.paper", "") for field in (*sorted(named), *paper.leaves))
    if kind.crossed is not None:
        yield kind.crossed.by, "crossed", "choice"
    if (reach := kind.reaching) is not None:
        yield reach.language, "reaching", "choice"
        columns = ((reach.to, "unit"), (reach.sent_on, "date"), (reach.copies, "count"))
        yield from ((f"{reach.sent}/{column}", "reaching", wanted) for column, wanted in columns)
    if (visit := kind.inspecting) is not None:
        yield from ((field, "inspecting", wanted) for field, wanted in (
            (visit.sort, "choice"), (visit.unit, "unit"), (visit.plan, "text"), (visit.concluded_on, "date"),
            *((content, "long_text") for content in visit.contents),
            (f"{visit.findings}/{visit.content}", "choice"), (f"{visit.findings}/{visit.finding_sort}", "choice"),
            (f"{visit.findings}/{visit.finding_text}", ""),
            *((test.field, "") for test in visit.where),
            (f"{visit.recommendations}/{visit.recommended_text}", ""),
            (f"{visit.recommendations}/{visit.recommended_unit}", "unit"),
            (f"{visit.recommendations}/{visit.due_on}", "date"), (f"{visit.recommendations}/{visit.done}", "yes_no"),
        ))  # fmt: skip
    if kind.gathered is not None:
        yield kind.gathered.by, "gathered", "record"
    if (seats := kind.seating) is not None:
        yield from ((field, "seating", wanted) for field, wanted in (
            (seats.sort, "choice"), (seats.until, "date"), (seats.count, "count"), (seats.women, "count"),
            (f"{seats.rows}/{seats.role}", "choice"),
            *((f"{seats.rows}/{column}", "text") for column in (seats.post, seats.organisation, seats.field)),
            (f"{seats.rows}/{seats.since}", "date"), (f"{seats.rows}/{seats.left}", "date"),
        ))  # fmt: skip


def _of_others(kind: RegisterKind) -> Iterator[tuple[str, str, Sequence[str], Sequence[tuple[str, str]]]]:
    """(register, where, its states, (its field, the kind it has to be of)) that a register names of another one."""
    if (reach := kind.reaching) is not None:
        rows = [(f"{reach.rows}/{reach.unit}", "unit")]
        rows += [(f"{reach.rows}/{one}", "choice") for one in reach.languages]
        days = [(reach.since, "date"), (reach.until, "date"), (reach.sort, "choice")]
        yield reach.areas, "reaching", reach.area_states, [*rows, *days]
    if kind.inspecting is not None:
        plan = kind.inspecting.planned
        columns = ((plan.unit, "unit"), (plan.planned_on, "date"), (plan.team, "text"))
        named = [(f"{plan.rows}/{column}", wanted) for column, wanted in columns]
        yield plan.plans, "inspecting", plan.states, [*named, (plan.number, "text"), (kind.inspecting.sort, "choice")]
    for _at, fields in _scopes(kind):
        for field in fields:
            if field.names is not None:
                yield field.names.register_code, field.code, (), [(field.names.title, "text")]
    if kind.seating is not None and (charges := kind.seating.charges) is not None:
        columns = ((charges.member, "text"), (charges.units, "units"), (charges.field, "text"))
        named = [(f"{charges.rows}/{column}", wanted) for column, wanted in columns]
        states = (*charges.states, *charges.open)
        yield charges.register_code, "seating", states, [*named, (charges.number, "text"), (charges.until, "date")]


def _scopes(kind: RegisterKind) -> Iterator[tuple[str, tuple[RegisterField, ...]]]:
    """What stands together: the fields of a register, and the columns of each field that has rows, after their code."""
    yield "", kind.fields
    yield from ((f"{field.code}/", field.columns) for field in kind.fields if field.columns)


def _countings(kind: RegisterKind) -> Iterator[tuple[Counting, str]]:
    """What a register counts, and how it is called where it is wrong."""
    yield from ((feed, str(feed.series)) for feed in kind.feeds)
    yield from ((tally, tally.code) for tally in kind.tallies)


def _feeds(edition: Edition) -> Iterator[tuple[RegisterKind, Feed]]:
    for kind in edition.registers.values():
        for feed in kind.feeds:
            yield kind, feed


def codes_are_said_once(edition: Edition) -> Iterator[Fault]:
    """No two fields, states, moves or documents of a register share a code."""
    for kind in edition.registers.values():
        held = {
            what: [one.code for one in getattr(kind, what)]
            for what in ("states", "moves", "tallies", "evidence", "papers")
        }
        held |= {f"{at}fields": [field.code for field in fields] for at, fields in _scopes(kind)}
        for what, codes in held.items():
            for code, count in Counter(codes).items():
                if count > 1:
                    yield found(edition, "registers", kind.code, "lint.register_says_twice", what=f"{what}.{code}")


def named_fields_exist(edition: Edition) -> Iterator[Fault]:
    """Title, day, columns, search, parts, sums and tests name fields that the register has."""
    for kind in edition.registers.values():
        for field, where in _fields_named(kind):
            if kind.named(field) is None:
                fields = {"field": field, "where": where}
                yield found(edition, "registers", kind.code, "lint.register_unknown_field", **fields)


def named_states_exist(edition: Edition) -> Iterator[Fault]:
    """Moves, required fields, documents and feeds name states that the register has."""
    for kind in edition.registers.values():
        named = [(state, move.code) for move in kind.moves for state in (*move.begin, move.to)]
        named += [
            (state, at + field.code) for at, fields in _scopes(kind) for field in fields for state in field.required_in
        ]
        named += [(state, what) for counting, what in _countings(kind) for state in counting.states]
        named += [(state, one.code) for one in kind.evidence for state in one.required_in]
        named += [(state, "tasks") for state in (kind.tasks.states if kind.tasks else ())]
        named += [(state, f"papers.{one.code}") for one in kind.papers for state in one.states]
        named += [(state, "held_with") for state in (kind.held_with.states if kind.held_with else ())]
        named += [(state, "clock") for state in (kind.clock.rests if kind.clock else ())]
        named += [(state, "reaching") for state in (kind.reaching.states if kind.reaching else ())]
        named += [(state, "inspecting") for state in (kind.inspecting.states if kind.inspecting else ())]
        named += [(state, "seating") for state in (kind.seating.states if kind.seating else ())]
        for state, where in named:
            if state not in {one.code for one in kind.states}:
                fields = {"state": state, "where": where}
                yield found(edition, "registers", kind.code, "lint.register_unknown_state", **fields)


def papers_are_entered_where_they_can_be(edition: Edition) -> Iterator[Fault]:
    """The register of documents that a paper is entered into is there, and has what is said there."""
    for kind in edition.registers.values():
        for paper in kind.papers:
            entered = paper.entered
            if entered is None:
                continue
            register = edition.registers.get(entered.register_code)
            there = register.by_code if register is not None else {}
            for field in (code for code in (*entered.said, *entered.back.values()) if code not in there):
                fields = {"paper": paper.code, "register": entered.register_code, "field": field}
                yield found(edition, "registers", kind.code, "lint.paper_entered_nowhere", **fields)
            for field in entered.back:
                if field not in kind.by_code:
                    about = {"field": field, "where": f"papers.{paper.code}"}
                    yield found(edition, "registers", kind.code, "lint.register_unknown_field", **about)


def every_state_is_reached(edition: Edition) -> Iterator[Fault]:
    """A move leads to every state but the first."""
    for kind in edition.registers.values():
        for state in kind.states[1:]:
            if state.code not in {move.to for move in kind.moves}:
                yield found(edition, "registers", kind.code, "lint.register_state_unreached", state=state.code)


def a_record_has_a_title(edition: Edition) -> Iterator[Fault]:
    """The title is a text that no record is without."""
    for kind in edition.registers.values():
        field = kind.by_code.get(kind.title)
        if field is not None and (field.kind != "text" or not field.required):
            yield found(edition, "registers", kind.code, "lint.register_no_title", field=kind.title)


def a_record_has_a_day(edition: Edition) -> Iterator[Fault]:
    """The day it occurred is one that no record is without."""
    for kind in edition.registers.values():
        field = kind.by_code.get(kind.occurred)
        if field is not None and (field.kind != "date" or not field.required):
            yield found(edition, "registers", kind.code, "lint.register_no_day", field=kind.occurred)


def a_part_is_of_a_count(edition: Edition) -> Iterator[Fault]:
    """A part is counted in the measure of its whole."""
    for kind in edition.registers.values():
        for at, field in ((at, field) for at, fields in _scopes(kind) for field in fields):
            whole = kind.named(at + (field.part_of or ""))
            if whole is not None and field.part_of and (not field.is_number or whole.measure != field.measure):
                fields = {"field": at + field.code, "whole": at + whole.code}
                yield found(edition, "registers", kind.code, "lint.register_part_of_no_count", **fields)


def registers_count_in_what_is_defined(edition: Edition) -> Iterator[Fault]:
    """Records and their counts have a measure that is defined."""
    for kind in edition.registers.values():
        every = (field.measure for _at, fields in _scopes(kind) for field in fields if field.measure)
        for measure in sorted({kind.counted_in, *every}):
            if measure not in edition.measures:
                yield found(edition, "registers", kind.code, "lint.register_unknown_measure", measure=measure)


def tests_can_be_passed(edition: Edition) -> Iterator[Fault]:
    """A test names answers that its field can have."""
    for kind in edition.registers.values():
        tests = [(test.field, test.one_of) for counting, _what in _countings(kind) for test in counting.where]
        tests += [
            (at + test.field, test.one_of)
            for at, fields in _scopes(kind)
            for field in fields
            for test in field.needed_where
        ]
        if kind.tasks is not None:
            tests.append((f"{kind.tasks.rows}/{kind.tasks.group}", tuple(kind.tasks.groups)))
            tests += [(f"{kind.tasks.rows}/{test.field}", test.one_of) for test in kind.tasks.unless]
        tests += [
            (f"{part.rows}/{test.field}", test.one_of)
            for paper in kind.papers
            for part in paper.parts
            for test in part.where
        ]
        wants = [want for step in (kind.guide.steps if kind.guide else ()) for want in step.wants]
        tests += [(want.field, want.one_of) for want in wants]
        tests += [(test.field, test.one_of) for want in wants for test in want.where]
        if (visit := kind.inspecting) is not None:
            tests += [(test.field, test.one_of) for test in visit.where]
            tests += [(visit.sort, visit.apart), (f"{visit.findings}/{visit.finding_sort}", visit.short)]
        if (seats := kind.seating) is not None:
            tests += [(seats.sort, body.sorts) for body in seats.bodies]
        for named, answers in tests:
            asked = kind.named(named)
            for answer in answers if asked is not None else ():
                if asked is not None and answer not in asked.answers():
                    told = {"field": named, "answer": answer}
                    yield found(edition, "registers", kind.code, "lint.register_unknown_answer", **told)


def what_is_led_to_is_there(edition: Edition) -> Iterator[Fault]:
    """A clock has days, a table a choice and tallies, a guide documents and steps; what is named of another register is
    there. Fields are of the kind that they are used as."""
    for kind in edition.registers.values():
        named = [(field, where, wanted, kind) for field, where, wanted in _led_to(kind) if wanted]
        unknown: list[tuple[str, str]] = []
        for register, where, states, fields in _of_others(kind):
            other = edition.registers.get(register)
            if other is None:
                unknown.append((register, where))
                continue
            unknown += [(f"{register}.{one}", where) for one in states if one not in {s.code for s in other.states}]
            unknown += [(f"{register}.{field}", where) for field, _kind in fields if other.named(field) is None]
            named += [(field, where, wanted, other) for field, wanted in fields]
        if kind.crossed is not None:
            unknown += [(one, "crossed") for one in kind.crossed.tallies if one not in {t.code for t in kind.tallies}]
        if kind.gathered is not None:
            unknown += [(one, "gathered") for one in kind.gathered.tallies if one not in {t.code for t in kind.tallies}]
        if kind.guide is not None:
            held = {step.code for step in kind.guide.steps}
            cited = [article.document for step in kind.guide.steps for article in step.by]
            unknown += [(one, "guide") for one in dict.fromkeys(cited) if one not in edition.documents]
            unknown += [(one, "guide.paper") for one in (kind.guide.paper.parts if kind.guide.paper else ())
                        if one not in held]  # fmt: skip
        for what, where in unknown:
            yield found(edition, "registers", kind.code, "lint.register_leads_nowhere", what=what, where=where)
        for one in (one for _at, fields in _scopes(kind) for one in fields):
            closed = edition.registers.get(one.names.register_code) if one.names is not None else None
            if closed is not None and closed.sensitivity not in (Sensitivity.C0, Sensitivity.C1):
                told = {"field": one.code, "other": closed.name}
                yield found(edition, "registers", kind.code, "lint.register_names_what_is_closed", **told)
        for field, where, wanted, owner in named:
            there = owner.named(field)
            if there is not None and there.kind != wanted:
                told = {"field": field, "where": where, "kind": wanted}
                yield found(edition, "registers", kind.code, "lint.register_field_of_another_kind", **told)


def what_is_fed_is_defined(edition: Edition) -> Iterator[Fault]:
    """A register feeds series of elements that are defined and broken down so."""
    for kind, feed in _feeds(edition):
        element = edition.elements.get(feed.series.element)
        if element is None:
            yield found(edition, "registers", kind.code, "lint.feed_unknown_element", series=feed.series)
            continue
        pairs = [pair.split("=", 1) for pair in feed.series.members.split(",") if pair]
        held = {code: edition.breakdowns[code].members for code in element.breakdowns if code in edition.breakdowns}
        quarters = {"q1", "q2"} <= set(held.get(QUARTER, ())) or not feed.by_quarter
        if not quarters or any(member not in held.get(dimension, ()) for dimension, member in pairs):
            yield found(edition, "registers", kind.code, "lint.feed_undeclared_member", series=feed.series)


def what_is_fed_fits(edition: Edition) -> Iterator[Fault]:
    """What is counted has the measure of what it feeds, adds up over time, and is reported by who keeps it."""
    for kind, feed in _feeds(edition):
        element, summed = edition.elements.get(feed.series.element), kind.named(feed.sum or "")
        of = kind.by_code.get(feed.of or "")
        if element is None or (feed.sum is not None and summed is None):
            continue
        if summed is not None and not summed.is_number:
            fields = {"series": feed.series, "field": feed.sum}
            yield found(edition, "registers", kind.code, "lint.feed_of_no_number", **fields)
            continue
        counted = summed.measure if summed is not None else of.measure if of is not None else kind.counted_in
        if counted != element.measure:
            fields = {"series": feed.series, "counted": counted, "measure": element.measure}
            yield found(edition, "registers", kind.code, "lint.feed_of_another_measure", **fields)
        if element.over_time is not (OverTime.LAST if feed.until is not None else OverTime.SUM):
            yield found(edition, "registers", kind.code, "lint.feed_of_a_stock", series=feed.series)
        by = [one for rule in element.reporting for one in rule.by]
        if not any(is_kind(one, by) or is_kind(other, kind.kept_by) for one in kind.kept_by for other in by):
            yield found(edition, "registers", kind.code, "lint.feed_of_other_reporters", series=feed.series)


def what_is_counted_is_there(edition: Edition) -> Iterator[Fault]:
    """Rows are counted of what has rows, by days; columns are named only of the rows that are counted."""
    for kind in edition.registers.values():
        for counting, what in _countings(kind):
            of = kind.by_code.get(counting.of or "")
            if of is not None and of.kind != "rows":
                yield found(edition, "registers", kind.code, "lint.counting_of_no_rows", what=what, field=of.code)
            for day in (counting.by_day, counting.until):
                field = kind.named(day or "")
                if field is not None and day is not None and (field.kind != "date" or not _is_of(counting, day)):
                    fields = {"what": what, "field": day}
                    yield found(edition, "registers", kind.code, "lint.counting_of_what_is_no_day", **fields)
            for named in (counting.sum, *(test.field for test in counting.where)):
                if named is not None and not _is_of(counting, named):
                    fields = {"what": what, "field": named}
                    yield found(edition, "registers", kind.code, "lint.counting_of_no_rows", **fields)


def _is_of(counting: Counting, path: str) -> bool:
    """Whether a path is of the record, or of the rows that are counted."""
    code, sep, _column = path.partition("/")
    return not sep or code == counting.of


def a_series_is_fed_once(edition: Edition) -> Iterator[Fault]:
    """No two feeds count for one series: what happened would be added twice."""
    by: dict[str, str] = {}
    for kind, feed in _feeds(edition):
        other = by.setdefault(str(feed.series), "")
        if other:
            fields = {"series": feed.series, "other": other}
            yield found(edition, "registers", kind.code, "lint.fed_twice", **fields)
        by[str(feed.series)] = kind.code


def what_comes_from_a_register_is_fed(edition: Edition) -> Iterator[Fault]:
    """An element whose source is a register has one that feeds it."""
    fed = {feed.series.element for _kind, feed in _feeds(edition)}
    for element in edition.elements.values():
        if element.source == "register" and element.code not in fed:
            yield found(edition, "elements", element.code, "lint.fed_by_nothing")


def what_is_needed_is_not_retired(edition: Edition) -> Iterator[Fault]:
    """The title and the day of a register are asked for as long as it is kept."""
    for kind in edition.registers.values():
        for where in ("title", "occurred"):
            field = kind.by_code.get(getattr(kind, where))
            if field is not None and field.retired:
                fields = {"field": field.code, "where": where}
                yield found(edition, "registers", kind.code, "lint.register_retired", **fields)


def no_field_asks_for_a_person(edition: Edition) -> Iterator[Fault]:
    """What belongs to one person is asked for in no register; privacy has no field that one could forget to fill in."""
    for kind in edition.registers.values():
        for at, field in ((at, field) for at, fields in _scopes(kind) for field in fields):
            asked = personal_in(edition.pack, field.label.vi, field.label.en)
            if asked is not None:
                word, what = asked
                told = {"field": field.label, "at": at + field.code, "word": word, "what": what.name}
                yield found(edition, "registers", kind.code, "lint.register_asks_for_a_person", **told)


RULES: tuple[Rule, ...] = (
    codes_are_said_once,
    named_fields_exist,
    named_states_exist,
    papers_are_entered_where_they_can_be,
    every_state_is_reached,
    a_record_has_a_title,
    a_record_has_a_day,
    a_part_is_of_a_count,
    registers_count_in_what_is_defined,
    tests_can_be_passed,
    what_is_led_to_is_there,
    what_is_fed_is_defined,
    what_is_fed_fits,
    what_is_counted_is_there,
    a_series_is_fed_once,
    what_comes_from_a_register_is_fed,
    what_is_needed_is_not_retired,
    no_field_asks_for_a_person,
)
