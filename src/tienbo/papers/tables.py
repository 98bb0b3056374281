"""The tables of a report: targets, indicators, a league of units, coverage, the 30 % rule, what was entered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tienbo.catalogue.definitions import Block, Indicator, TableSpec, Target, Unit
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.plans import SOURCES, Totals
from tienbo.catalogue.returns import STATEMENTS, Content, Layout, layout
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tasks import words
from tienbo.core.words import day_words, number, rounded
from tienbo.engine.values import STATUS_WORDS, Status, Value
from tienbo.papers import judgement
from tienbo.papers.bindings import Binder, is_estimate
from tienbo.papers.blocks import Bound, Cell, Column, Table, fill, in_a_row, plain
from tienbo.papers.context import redefined_words

Texts = tuple[str | Bound, ...]
DASH = Cell(("–",), align="center")
UNSAID = "-"
"""The answer of records that give none, in the key of what they count."""


def tables(binder: Binder, spec: TableSpec) -> Iterator[Table]:
    """The table a specification asks for; nothing when it would have no rows."""
    made = _KINDS[spec.kind](binder, spec)
    if made is not None and made.rows:
        yield made


def _title(spec: TableSpec) -> str:
    return str(spec.title) if spec.title else ""


# ----------------------------------------------------------------------------------------------------- targets


def _targets(binder: Binder, spec: TableSpec) -> Table:
    """The working table: last year, plan, this period, % of plan, change, remarks."""
    columns = (
        Column(_("No."), 10, "center"),
        Column(_("Goals and targets"), 74),
        Column(_("Unit of measure"), 18, "center"),
        Column(_("Achieved last year"), 22, "right"),
        Column(_("Plan for the year"), 24, "right"),
        Column(_("Achieved this period"), 23, "right"),
        Column(_("Of plan (%)"), 17, "right"),
        Column(_("Against the same period"), 27, "right"),
        Column(_("Remarks"), 47),
    )
    rows: list[tuple[Cell, ...]] = []
    shown: list[Value] = []
    group = ""
    for target, value, row in target_rows(binder, spec):
        if target.group != group:
            group = target.group
            rows.append((Cell((str(binder.edition.groups[group].name),), bold=True, align="left", span=9),))
        shown.append(value)
        rows.append(row)
    earlier = _earlier(binder, shown, printed=[binder.context.last_year], compared=[binder.context.same_last_year])
    notes = _notes(binder, shown, rows, earlier)
    if any(run.key.startswith("between:") for run in _figures(rows)):
        notes += ((_("Interpolated values lie between two years a document names; no document sets them."),),)
    return Table(_title(spec), columns, tuple(rows), notes, landscape=True)


def target_rows(binder: Binder, spec: TableSpec) -> Iterator[tuple[Target, Value, tuple[Cell, ...]]]:
    """The rows of the working table without the headings of groups: a target, or a quantity held against the same
    values, with its value and its nine cells."""
    index = 0
    for target, value in binder.targets:
        if spec.groups and not any(_within(target.group, wanted) for wanted in spec.groups):
            continue
        if spec.indicators and target.indicator not in spec.indicators:
            continue
        index += 1
        for part, code in enumerate((target.indicator, *target.also)):
            held = value if part == 0 else binder.value(code)
            yield target, held, _target_row(binder, target, held, f"{index}.{part}" if part else str(index))


def _within(code: str, group: str) -> bool:
    return code == group or code.startswith(group + ".")


def _target_row(binder: Binder, target: Target, value: Value, index: str) -> tuple[Cell, ...]:
    context, indicator = binder.context, binder.edition.indicators[value.indicator]
    main = value.indicator == target.indicator
    year = context.when.year
    asked = judgement.plan(target, year)
    limit = asked.value if asked else None
    return (
        Cell((index,)),
        Cell((str(target.name if main else indicator.name),), italic=not main),
        Cell((unit_name(binder, indicator),)),
        _past(binder, indicator, context.last_year),
        Cell(plan_text(target, indicator, asked, year)),
        Cell(binder.cell(value, limit), italic=value.status is not Status.VALUE),
        _fulfilment_cell(binder, target, value, asked),
        _change_cell(binder, value, indicator, context.same_last_year),
        Cell(_remarks(binder, target, indicator, value, asked)),
    )


def _past(binder: Binder, indicator: Indicator, period: str | None) -> Cell:
    """A value of an earlier period: a dash where there is none, or that it cannot stand beside this one's."""
    if period is None:
        return DASH
    value = binder.value(indicator.code, period)
    if value.status is Status.NOT_COMPARABLE:
        return _apart()
    if value.status not in (Status.VALUE, Status.INTERVAL):
        return DASH
    return Cell(binder.cell(value)) if _is_beside(binder, indicator.code, period) else _apart()


def _is_beside(binder: Binder, indicator: str, period: str) -> bool:
    """Whether figures of an earlier period may stand beside this one's: on one map, by one definition."""
    return binder.context.can_compare(period) and not binder.broken(indicator, period)


def _earlier(
    binder: Binder, shown: Iterable[Value], *, printed: Iterable[str | None], compared: Iterable[str | None]
) -> list[Value]:
    """What stands beside the values shown, of periods that are printed, and of those that are only held against them:
    there bounds say nothing."""
    alone, beside = list(printed), list(compared)
    found = []
    for value in shown:
        for period in dict.fromkeys([*alone, *beside]):
            if period is not None and binder.context.can_compare(period):
                then = binder.value(value.indicator, period, value.members, value.unit)
                found += [then] if period in alone or then.status is not Status.INTERVAL else []
    return found


def _apart() -> Cell:
    return Cell((_(STATUS_WORDS[Status.NOT_COMPARABLE]),), italic=True)


OPERATOR_SIGNS: Mapping[str, str] = {
    ">=": "≥ {figure}",
    ">": "> {figure}",
    "<=": "≤ {figure}",
    "<": "< {figure}",
    "==": "{figure}",
    "~": "{figure}",
}


def plan_text(target: Target, indicator: Indicator, asked: judgement.Plan | None, year: int) -> Texts:
    """What a document asks, as the column "Kế hoạch năm" has it; with its year where it is a later one."""
    if asked is None:
        return (_("qualitative"),) if target.direction == "qualitative" else ("–",)
    if indicator.unit is Unit.BOOLEAN:
        words = _("Yes") if asked.value else _("No")
    else:
        words = OPERATOR_SIGNS[asked.op].format(figure=number(asked.value))
        if asked.op == "~":
            words = _("about {figure}").format(figure=number(asked.value))
        if asked.upper is not None:
            words = f"{number(asked.value)}–{number(asked.upper)}"
    bound = Bound(f"plan:{target.code}|{asked.year}", words)
    return (bound,) if asked.year == year else fill(_("{figure} (year {year})"), figure=bound, year=str(asked.year))


def _fulfilment_cell(binder: Binder, target: Target, value: Value, asked: judgement.Plan | None) -> Cell:
    exact = judgement.fulfilment(value, asked) if asked and value.status is Status.VALUE else None
    if exact is None or value.qualifier == "at_least":
        return DASH
    places = judgement.places(exact, 1, Decimal(100))
    return Cell((Bound(binder.against_key("fulfilment", target.code, value), number(exact, places)),))


def _change_cell(binder: Binder, value: Value, indicator: Indicator, before: str | None) -> Cell:
    """The change since an earlier period, signed."""
    if before is None or value.status is not Status.VALUE:
        return DASH
    then = binder.value(indicator.code, before, value.members)
    if then.status is Status.NOT_COMPARABLE or not _is_beside(binder, indicator.code, before):
        return _apart()
    exact = binder.change(value, then)
    if exact is None or indicator.unit in (Unit.BOOLEAN, Unit.QUALITATIVE):
        return DASH
    return Cell((Bound(binder.change_key(value, before), signed(binder, exact, indicator)),))


def signed(binder: Binder, exact: Decimal, indicator: Indicator) -> str:
    """A change with its sign; shares change in points."""
    text = binder.figure(abs(exact), indicator)
    zero = rounded(exact, 4 if indicator.unit is Unit.COUNT else indicator.decimals) == 0
    sign = "" if zero else "+" if exact > 0 else "−"
    points = " " + _("% points") if indicator.unit in (Unit.PERCENT, Unit.PERCENT_CHANGE) else ""
    return sign + text + points


def _remarks(binder: Binder, target: Target, indicator: Indicator, value: Value, asked: judgement.Plan | None) -> Texts:
    """Verdict and gap, coverage, interpolation: what a reader of the row must know."""
    pieces: list[Texts] = []
    year = binder.context.when.year
    if asked is not None and value.status is Status.VALUE:
        verdict = verdict_text(binder, target, indicator, value, asked)
        if verdict:
            pieces.append(verdict)
    if value.status is Status.VALUE and not value.is_complete:
        pieces.append(_coverage(binder, value))
    line = judgement.interpolated(target, year)
    if line is not None and asked and line != asked.value and indicator.unit is not Unit.BOOLEAN:
        bound = Bound(f"between:{target.code}|{year}", number(line, 1))
        pieces.append(fill(_("interpolated for {year}: {figure}"), year=str(year), figure=bound))
    joined: list[str | Bound] = []
    for index, piece in enumerate(pieces):
        if index:
            joined.append("; ")
        joined += piece
    return _capital(tuple(joined))


def _capital(texts: Texts) -> Texts:
    if texts and isinstance(texts[0], str):
        return (texts[0][0].upper() + texts[0][1:], *texts[1:])
    return texts


def verdict_text(binder: Binder, target: Target, indicator: Indicator, value: Value, asked: judgement.Plan) -> Texts:
    """Met or not, and by how much; the gap alone where no verdict can be given."""
    year = binder.context.when.year
    met = judgement.is_met(indicator, value, asked)
    words = ""
    if met is True:
        words = _("met") if asked.year == year else _("already meets the value set for {year}")
    elif met is False:
        words = _("not met yet") if asked.year == year else _("does not meet the value set for {year} yet")
    words = words.format(year=asked.year)
    side = () if met else gap_text(binder, target, indicator, value, asked)
    if not side:
        return (words,) if words else ()
    if judgement.gap(value, asked) == 0:
        return (words,) if words else side
    return (words + ", ", *side) if words else side


def gap_text(binder: Binder, target: Target, indicator: Indicator, value: Value, asked: judgement.Plan) -> Texts:
    """How far a value is from what is asked, and on which side; nothing where that cannot be said."""
    difference = judgement.gap(value, asked)
    if difference is None or indicator.unit is Unit.BOOLEAN or value.qualifier == "at_least":
        return ()
    if difference == 0:
        return (_("equal to the value set"),)
    key = binder.against_key("gap", target.code, value)
    points = " " + _("% points") if indicator.unit is Unit.PERCENT else ""
    amount = Bound(key, binder.figure(abs(difference), indicator, Decimal(0)) + points)
    return fill(_("above by {amount}") if difference > 0 else _("below by {amount}"), amount=amount)


def _coverage(binder: Binder, value: Value) -> Texts:
    reported = Bound(binder.key(value, "reported"), number(value.units_reported))
    due = Bound(binder.key(value, "due"), number(value.units_due))
    return fill(_("figures of {reported}/{due} units"), reported=reported, due=due)


def unit_name(binder: Binder, indicator: Indicator) -> str:
    """The unit of measure as a column of a paper has it ("ĐVT")."""
    return measured_in(binder.edition, indicator)


def measured_in(edition: Edition, indicator: Indicator) -> str:
    """What a value of the indicator counts, in words: the measure of its elements for a total, else its own unit."""
    if indicator.unit is Unit.COUNT and indicator.numerator:
        term = indicator.numerator[0]
        measure = edition.measures[edition.elements[term.series.element].measure]
        return _("Agencies and units") if term.count_units else str(measure.name)
    return {
        Unit.PERCENT: "%",
        Unit.PERCENT_CHANGE: "%",
        Unit.PER_100: _("per 100"),
        Unit.PER_1000: _("per 1,000"),
        Unit.PER_100000: _("per 100,000"),
        Unit.TIMES: _("times"),
        Unit.BOOLEAN: _("Yes/No"),
        Unit.QUALITATIVE: _("qualitative"),
        Unit.COUNT: "",
    }[indicator.unit]


def _notes(
    binder: Binder, shown: Sequence[Value], rows: Iterable[tuple[Cell, ...]], earlier: Sequence[Value] = ()
) -> tuple[Texts, ...]:
    """Small print of a table: estimates, the map that figures of before were recast onto, and why a comparison is not
    made."""
    notes: list[Texts] = []
    rows = list(rows)
    if any(is_estimate(value) for value in (*shown, *earlier) if value.status is Status.VALUE):
        notes.append((_("(*) Estimated figures included."),))
    onto = binder.note([*shown, *earlier])
    notes += onto
    broken = _redefined(binder, earlier)
    notes += broken
    apart = [one for one in earlier if one.status is Status.NOT_COMPARABLE and one.map_day]
    if not broken and not apart and any(cell == _apart() for row in rows for cell in row):
        notes.append(
            (_("Not comparable yet: the earlier period was reported on another map of administrative units."),)
        )
    return tuple(notes)


def _redefined(binder: Binder, earlier: Iterable[Value]) -> list[Texts]:
    """The new definitions that keep earlier values apart, each once."""
    found = (
        redefined_words(str(binder.edition.indicators[value.indicator].name), Period.parse(one.first), str(one.what))
        for value in earlier
        for one in binder.broken(value.indicator, value.period)
    )
    return [(words,) for words in dict.fromkeys(found)]


def _figures(rows: Iterable[tuple[Cell, ...]]) -> Iterator[Bound]:
    for row in rows:
        for cell in row:
            yield from (run for run in cell.runs if isinstance(run, Bound))


# --------------------------------------------------------------------------------------- indicators and units


class _Choice(NamedTuple):
    """A column of a table of indicators."""

    label: str
    width: float
    cell: Callable[[Value, Indicator], Cell]


def _indicators(binder: Binder, spec: TableSpec) -> Table:
    """One row for each indicator: this period, the same period of last year, the difference."""
    context = binder.context
    before = context.same_last_year if context.can_compare(context.same_last_year) else None
    choices = {
        "period": _Choice(_("This period"), 24, lambda value, _i: Cell(binder.cell(value))),
        "previous": _Choice(_("Previous period"), 24, lambda _v, one: _past(binder, one, context.previous)),
        "before": _Choice(_("Same period last year"), 24, lambda _v, one: _past(binder, one, before)),
        "change": _Choice(
            _("Against the same period"), 27, lambda value, one: _change_cell(binder, value, one, before)
        ),
        "moved": _Choice(
            _("Against the previous period"),
            27,
            lambda value, one: _change_cell(binder, value, one, context.previous),
        ),
        "numerator": _Choice(_("Numerator"), 22, lambda value, _i: _part(binder, value, "numerator")),
        "denominator": _Choice(_("Denominator"), 22, lambda value, _i: _part(binder, value, "denominator")),
    }
    wanted = spec.columns or (
        "period",
        *(("previous",) if context.can_compare(context.previous) else ()),
        *(("before", "change") if before else ()),
    )
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Content"), 80),
        Column(_("Unit of measure"), 22, "center"),
        *(Column(choices[name].label, choices[name].width, "right") for name in wanted),
    )
    rows: list[tuple[Cell, ...]] = []
    shown: list[Value] = []
    group: str | None = None
    for indicator in _listed(binder, spec):
        value = binder.value(indicator.code)
        if value.status in (Status.NOT_REPORTED, Status.NOT_YET_DUE) and not spec.indicators:
            continue  # a table by groups shows what there is; a table of named indicators shows that one is missing
        if indicator.group != group and not spec.indicators:
            group = indicator.group
            name = str(binder.edition.groups[group].name) if group else ""
            rows.append((Cell((name,), bold=True, align="left", span=len(columns)),))
        shown.append(value)
        head = (Cell((str(len(shown)),)), Cell((str(indicator.name),)), Cell((unit_name(binder, indicator),)))
        rows.append((*head, *(choices[name].cell(value, indicator) for name in wanted)))
    alone, beside = {"previous": context.previous, "before": before}, {"moved": context.previous, "change": before}
    earlier = _earlier(
        binder,
        shown,
        printed=[period for name, period in alone.items() if name in wanted],
        compared=[period for name, period in beside.items() if name in wanted],
    )
    return Table(_title(spec), columns, tuple(rows), _notes(binder, shown, rows, earlier))


def _part(binder: Binder, value: Value, part: str) -> Cell:
    exact = binder.part(value, part)
    return DASH if exact is None else Cell((Bound(binder.key(value, part), number(exact)),))


def _listed(binder: Binder, spec: TableSpec) -> list[Indicator]:
    edition = binder.edition
    if spec.indicators:
        return [edition.indicators[code] for code in spec.indicators]
    order = {code: index for index, code in enumerate(edition.groups)}
    found = [
        one
        for one in edition.indicators.values()
        if one.group and any(_within(one.group, wanted) for wanted in spec.groups or ("work",))
    ]
    return sorted(found, key=lambda one: order.get(one.group or "", len(order)))


def _units(binder: Binder, spec: TableSpec) -> Table | None:
    """One row for each unit below, the whole first; one column for each indicator."""
    indicators = [binder.edition.indicators[code] for code in spec.indicators]
    context = binder.context
    if not context.children:
        return None
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Reporting unit"), 55),
        *(Column(_labelled(binder, one), 26, "right") for one in indicators),
    )
    shown: list[Value] = []

    def row(index: str, name: str, unit: str, bold: bool) -> tuple[Cell, ...]:
        values = [binder.value(one.code, unit=unit) for one in indicators]
        shown.extend(values)
        cells = [Cell(binder.cell(value), bold=bold, italic=value.status is not Status.VALUE) for value in values]
        return (Cell((index,)), Cell((name,), bold=bold), *cells)

    rows = [row("", _("Total"), context.unit.key, True)]
    kept = [child for child in context.children if _asked(binder, indicators, child.key)]
    rows += [row(str(index), child.name, child.key, False) for index, child in enumerate(kept, 1)]
    wide = len(columns) > 6
    return Table(_title(spec), columns, tuple(rows), _notes(binder, shown, rows), landscape=wide)


def _asked(binder: Binder, indicators: Iterable[Indicator], unit: str) -> bool:
    """Whether the unit is one that reports any of these: a department has no rows in a table of communes."""
    values = [binder.value(one.code, unit=unit) for one in indicators]
    return any(value.units_due > 0 or value.status is Status.VALUE for value in values)


def _labelled(binder: Binder, indicator: Indicator) -> str:
    unit = unit_name(binder, indicator)
    return f"{indicator.name} ({unit})" if indicator.unit is not Unit.COUNT else str(indicator.name)


def _norm30(binder: Binder, spec: TableSpec) -> Table | None:
    """The 30 % rule unit by unit: agencies under it (denominator) and those with a woman key leader (numerator)."""
    code = spec.indicators[0]
    context = binder.context
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Reporting unit"), 70),
        Column(_("Agencies with 30% women or more"), 32, "right"),
        Column(_("Of which with a woman key leader"), 32, "right"),
        Column(_("Assessment"), 35),
    )
    rows: list[tuple[Cell, ...]] = []
    for child in context.children:
        value = binder.value(code, unit=child.key)
        if value.status is not Status.VALUE or not value.denominator:
            continue
        answered = value.numerator == value.denominator
        cells = (_part(binder, value, "denominator"), _part(binder, value, "numerator"))
        rows.append(
            (
                Cell((str(len(rows) + 1),)),
                Cell((child.name,)),
                *cells,
                Cell((_("satisfied") if answered else _("not satisfied yet"),)),
            )
        )
    return Table(_title(spec), columns, tuple(rows))


def _coverage_table(binder: Binder, spec: TableSpec) -> Table:
    """Units whose return is missing, and those that gave estimates."""
    context = binder.context
    columns = (
        Column(_("No."), 12, "center"),
        Column(_("Reporting unit"), 90),
        Column(_("State of its report"), 60),
    )
    states = [(name, _("no report yet")) for name in context.missing]
    states += [(name, _("estimated figures included")) for name in context.estimated]
    rows = tuple((Cell((str(index),)), Cell((name,)), Cell((state,))) for index, (name, state) in enumerate(states, 1))
    return Table(_title(spec), columns, rows)


def _texts_table(binder: Binder, spec: TableSpec) -> Table:
    """All that the units wrote under a heading, equal wordings joined, with who wrote it."""
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Content"), 72),
        Column(_("Reporting unit"), 83),
    )
    rows: list[tuple[Cell, ...]] = []
    every = binder.written(spec.heading) if spec.heading else []
    order = {addressee: index for index, addressee in enumerate(dict.fromkeys(one.addressee for one in every))}
    addressee = ""
    for index, one in enumerate(sorted(every, key=lambda cited: order[cited.addressee]), 1):
        if one.addressee != addressee:
            addressee = one.addressee
            words = _("To {addressee}").format(addressee=addressee)
            rows.append((Cell((words,), bold=True, align="left", span=len(columns)),))
        rows.append((Cell((str(index),)), Cell((one.text,)), Cell((in_a_row(one.units),))))
    return Table(_title(spec), columns, tuple(rows))


def _task_owners(binder: Binder, spec: TableSpec) -> Table:
    """Tasks by who owes them; below, what others were asked to cooperate in, without a word on time."""
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Lead unit"), 67),
        Column(_("Tasks"), 18, "right"),
        Column(_("Done"), 18, "right"),
        Column(_("Of which on time"), 18, "right"),
        Column(_("Within time"), 17, "right"),
        Column(_("Late"), 17, "right"),
    )
    named = {one.unit: one.owner for one in binder.context.tasks}
    told = [unit for unit in named if binder.tasks("all", unit)]
    asked = [unit for unit in named if binder.tasks("cooperation", unit)]

    def figures(unit: str, parts: Sequence[str]) -> Iterator[Cell]:
        for part in parts:
            count = binder.tasks(part, unit)
            yield Cell((Bound(f"tasks:{part}|{unit}", number(count)),))

    rows: list[tuple[Cell, ...]] = [
        (Cell((str(index),)), Cell((named[unit],)), *figures(unit, ("all", "done", "on_time", "within", "late")))
        for index, unit in enumerate(told, 1)
    ]
    if asked:
        rows.append((Cell((_("Asked to cooperate"),), bold=True, align="left", span=len(columns)),))
    rows += [
        (Cell((str(index),)), Cell((named[unit],)), *figures(unit, ("cooperation", "cooperation_done")), *[DASH] * 3)
        for index, unit in enumerate(asked, 1)
    ]
    return Table(_title(spec), columns, tuple(rows))


def _task_list(binder: Binder, spec: TableSpec) -> Table:
    """Every task that was there in the period: what, who, until when, what became of it."""
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("What is to be done"), 62),
        Column(_("Lead unit"), 36),
        Column(_("Until when"), 20, "center"),
        Column(_("How it stands"), 37),
    )
    rows = []
    for index, one in enumerate(binder.context.tasks, 1):
        due = day_words(one.standing.due_on) if one.standing.due_on else _("standing")
        state = words(one.standing)
        state = f"{state[:1].upper()}{state[1:]}" + (f": {one.report}" if one.report else "")
        what = f"{one.text} ({one.cause})" if one.cause else one.text
        rows.append((Cell((str(index),)), Cell((what,)), Cell((one.owner,)), Cell((due,)), Cell((state,))))
    return Table(_title(spec), columns, tuple(rows))


def _records_table(binder: Binder, spec: TableSpec) -> Table | None:
    """The unit's own records of the period, in the order of their days."""
    kind, told = binder.edition.registers[spec.of_register or ""], binder.context.register(spec.of_register or "")
    fields = [kind.by_code[code] for code in spec.columns]
    if told is None:
        return None
    shares = [4 if field.kind in ("text", "long_text", "rows") and field.code == kind.title else 2 for field in fields]
    widths = [round(155 * share / sum(shares)) for share in shares]
    columns = [
        Column(str(field.label).partition(" (")[0], width, "right" if field.is_number else "left")
        for field, width in zip(fields, widths, strict=True)
    ]
    held = [
        record
        for record in (told.behind.get(spec.counted, ()) if spec.counted else told.records)
        if (not spec.states or record.state in spec.states) and all(test.passes(record.answers) for test in spec.where)
    ]
    if spec.counted:
        columns.insert(0, Column(_("Unit"), 40))
    rows = [
        (
            Cell((str(index),)),
            *([Cell((record.unit,))] if spec.counted else []),
            *(Cell((record.said.get(field.code, ""),)) for field in fields),
        )
        for index, record in enumerate(held, 1)
    ]
    return Table(_title(spec), (Column(_("No."), 11, "center"), *columns), tuple(rows))


def _led_table(binder: Binder, spec: TableSpec) -> Table | None:
    """Areas and what was sent to them, or visits planned and held: lines as they were told."""
    told = binder.context.register(spec.of_register or "")
    if told is None:
        return None
    heads = {
        "reach": (
            (_("Unit"), 34), (_("Kind of area"), 36), (_("Language"), 24), (_("Material sent"), 46), (_("State"), 28),
        ),
        "visits": (
            (_("Unit visited"), 38), (_("Kind"), 36), (_("Planned for"), 22), (_("Held on"), 22),
            (_("Found and recommended"), 34), (_("State"), 26),
        ),
    }[spec.kind]  # fmt: skip
    rows = tuple(
        (Cell((str(index),)), *(Cell((words,)) for words in line))
        for index, line in enumerate(told.lines.get(spec.kind, ()), 1)
    )
    columns = (Column(_("No."), 11, "center"), *(Column(words, width) for words, width in heads))
    return Table(_title(spec), columns, rows)


def _crossed_table(binder: Binder, spec: TableSpec) -> Table | None:
    """Tallies of a register over the answers of its choice, and all of each."""
    code = spec.of_register or ""
    kind, told = binder.edition.registers[code], binder.context.register(code)
    if told is None or kind.crossed is None:
        return None
    field = kind.by_code[kind.crossed.by]
    named = {one.code: str(one.name) for one in kind.tallies}
    width = round(90 / len(kind.crossed.tallies))
    columns = (
        Column(_("No."), 11, "center"),
        Column(str(field.label), 64),
        *(Column(named[one], width, "right") for one in kind.crossed.tallies),
    )

    def figures(answer: str) -> Iterator[Cell]:
        for one in kind.crossed.tallies if kind.crossed else ():
            key = f"{one}.{answer}" if answer else one
            yield Cell((Bound(f"register:{code}|{key}|all", number(told.counts.get(key, Decimal(0)))),))

    said = [answer for answer in (*field.choices, UNSAID) if any(f"{one}.{answer}" in told.counts for one in named)]
    rows: list[tuple[Cell, ...]] = [
        (Cell((str(index),)), Cell((str(field.choices.get(answer, _("not said"))),)), *figures(answer))
        for index, answer in enumerate(said, 1)
    ]
    if len(rows) > 1:
        rows.append((Cell(), Cell((_("All"),), bold=True), *figures("")))
    return Table(_title(spec), columns, tuple(rows))


def _plan(binder: Binder, spec: TableSpec) -> Table:
    """The unit's own plans against what was done: targets, how many tasks, money by source."""
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Content"), 70),
        Column(_("Plan"), 30, "right"),
        Column(_("Achieved this period"), 30, "right"),
        Column(_("Remarks"), 42),
    )
    targets = {target.code: (target, value) for target, value in binder.targets}
    rows: list[tuple[Cell, ...]] = []
    for plan in binder.context.plans:
        head = _("{title} (No. {number} of {day})")
        words = head.format(title=plan.title, number=plan.number, day=day_words(plan.issued_on))
        held = [_planned_target(binder, *targets[code]) for code in plan.targets if code in targets]
        if plan.items:
            figures = [Bound(f"planned:{plan.key}|{one}", number(count)) for one in ("items", "done")
                       if (count := binder.planned(plan.key, one)) is not None]  # fmt: skip
            held.append((Cell((_("Tasks of the plan"),)), *(Cell((one,)) for one in figures), Cell()))
        for money in plan.money:
            held.append(_planned_money(plan.key, money))
        if held:
            rows.append((Cell((words,), bold=True, align="left", span=len(columns)),))
            rows += [(Cell((str(index),)), *row) for index, row in enumerate(held, 1)]
    return Table(_title(spec), columns, tuple(rows))


def _planned_target(binder: Binder, target: Target, value: Value) -> tuple[Cell, ...]:
    row = _target_row(binder, target, value, "")
    name = f"{binder.edition.indicators[target.indicator].name} ({plain(row[2].runs)})"
    return (Cell((name,)), row[4], row[5], row[8])


def _planned_money(plan: str, money: Totals) -> tuple[Cell, ...]:
    keys = {part: f"planned:{plan}|{part}|{money.source}" for part in ("planned", "spent")}
    spent = DASH if money.spent is None else Cell((Bound(keys["spent"], number(money.spent)),))
    words = _("Money (million đồng): {source}").format(source=_(SOURCES[money.source]))
    return (Cell((words,)), Cell((Bound(keys["planned"], number(money.planned)),)), spent, Cell())


_KINDS: Mapping[str, Callable[[Binder, TableSpec], Table | None]] = {
    "targets": _targets,
    "indicators": _indicators,
    "units": _units,
    "norm30": _norm30,
    "coverage": _coverage_table,
    "texts": _texts_table,
    "plan": _plan,
    "task_owners": _task_owners,
    "tasks": _task_list,
    "records": _records_table,
    "reach": _led_table,
    "visits": _led_table,
    "crossed": _crossed_table,
}


# ------------------------------------------------------------------------------------------- what was entered


def entered(binder: Binder, content: Content) -> Iterator[Table]:
    """The unit's own return as tables, sheet by sheet and block by block: its "biểu" beside its words."""
    for block in layout(binder.edition, content.form, content.period).blocks:
        yield from entered_block(binder.edition, content, block)


def entered_block(edition: Edition, content: Content, block: Block) -> Iterator[Table]:
    """One block of a return as a table; nothing for a block of texts, or of rows that none was entered in."""
    shape = layout(edition, content.form, content.period)
    statement = content.statements.get(block.code)
    title = f"{shape.sheet_of[block.code]}. {block.title}"
    if statement:
        columns = (Column(_("Content"), 100), Column(_("Declared"), 60, "center"))
        yield Table(title, columns, ((Cell((str(block.title),)), Cell((_(STATEMENTS[statement]),))),))
    elif block.fields:
        yield from _entered_rows(content, block, title)
    elif block.lines:
        yield from _entered_lines(shape, content, block, title)


def _entered_lines(shape: Layout, content: Content, block: Block, title: str) -> Iterator[Table]:
    heads = [column for column in shape.form.columns if column.code in block.columns]
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Content"), 90),
        *(Column(str(head.label), 24, "right") for head in heads),
    )
    rows = []
    for index, line in enumerate(shape.lines(block), 1):
        cells = []
        for head in heads:
            address = f"{line.code}:{head.code}"
            figure = content.figures.get(address)
            if address not in shape.slots:
                cells.append(DASH)
            elif figure is None:
                cells.append(Cell((_("no data yet"),), italic=True))
            else:
                words = number(figure.value)
                if line.answer == "yes_no":
                    words = _("Yes") if figure.value else _("No")
                sign = "≥ " if figure.qualifier == "at_least" else ""
                star = ("*",) if figure.qualifier == "estimate" else ()
                cells.append(Cell((Bound(f"entered:{address}", sign + words), *star)))
        rows.append((Cell((str(index),)), Cell((str(line.label),)), *cells))
    starred = any(figure.qualifier == "estimate" for figure in content.figures.values())
    notes: tuple[Texts, ...] = ((_("(*) Estimated figures included."),),) if starred else ()
    if rows:
        yield Table(title, columns, tuple(rows), notes)


def _entered_rows(content: Content, block: Block, title: str) -> Iterator[Table]:
    figures = [part for part in block.fields if part.kind != "name"]
    name = next((str(part.label) for part in block.fields if part.kind == "name"), _("Name"))
    columns = (
        Column(_("No."), 11, "center"),
        Column(name, 70),
        *(Column(str(part.label), 24, "right") for part in figures),
    )
    rows = []
    for index, row in enumerate(content.rows.get(block.code, ()), 1):
        cells = []
        for part in figures:
            figure = row.figures.get(part.code)
            words = "–" if figure is None else number(figure.value)
            if figure is not None and part.kind == "yes_no":
                words = _("Yes") if figure.value else _("No")
            bound = Bound(f"row:{block.code}|{row.key}|{part.code}", words)
            cells.append(DASH if figure is None else Cell((bound,)))
        rows.append((Cell((str(index),)), Cell((row.name,)), *cells))
    if rows:
        yield Table(title, columns, tuple(rows), landscape=len(columns) > 6)
