"""One sheet of a form being written, row by row, by the kind of each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from xlsxwriter.utility import xl_rowcol_to_cell

from tienbo.catalogue.definitions import Block, Line, RowField
from tienbo.catalogue.returns import Figure
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_words
from tienbo.papers.workbook.design import RowDesign, SheetDesign, block_columns, figure_fields, number_of
from tienbo.papers.workbook.numbers import Number
from tienbo.papers.workbook.subject import Writing
from tienbo.papers.workbook.vocabulary import QUALIFIER_WORDS, STATEMENT_WORDS, YES_NO_WORDS, statements_allowed

Held = TypeVar("Held")

_LAST_COUNT = 10**14 - 1
_WIDTHS = {"b": 4.5, "c": 46.0, "d": 13.0, "q": 8.5, "g": 2.0, "v": 44.0}
_WIDEST_LABEL = 62.0
_LINE = 14.5
"""Points of a line of text in a cell; a row of one line is 15."""
_PAPER = (525.0, 775.0)
"""Points an upright A4 page has for the form, inside its margins."""
_CHARACTER = 5.25
"""Points of a column's unit of width."""


def period_words(period: Period) -> str:
    """A half-year or year as a heading says it."""
    template = {1: _("first six months of {year}"), 2: _("last six months of {year}"), 0: _("year {year}")}[period.half]
    return template.format(year=period.year)


class SheetWriting:
    """One sheet being written, top to bottom."""

    def __init__(self, writing: Writing, sheet: SheetDesign, page: Any) -> None:
        self.writing, self.sheet, self.page = writing, sheet, page
        self.at = {key: index for index, key in enumerate(sheet.columns)}
        self.styles = writing.styles
        self.row = 0
        self.lines = 0
        self.row_of = {row.key: index for index, row in enumerate(sheet.rows)}
        addresses = [slot.address for row in sheet.rows for slot in row.slots if slot]
        self.official = any(writing.asks_official(address) for address in addresses)
        self.label = self._label_width()

    @property
    def figure_width(self) -> float:
        return 13.0 if self.sheet.width <= 2 else 11.0 if self.sheet.width <= 4 else 8.5

    def _label_width(self) -> float:
        """A long form is printed smaller, which leaves room beside: its labels take it and need fewer lines."""
        across, down = _PAPER
        scale = min(1.0, down / (_LINE * (len(self.sheet.rows) + 4)))
        others = sum(_WIDTHS[key] for key in "bdq") + self.figure_width * self.sheet.width
        return min(_WIDEST_LABEL, max(_WIDTHS["c"], across / scale / _CHARACTER - others))

    # ------------------------------------------------------------------------------------------- the page

    def write(self) -> None:
        self._columns()
        for index, row in enumerate(self.sheet.rows):
            self.row = index
            self.page.write_string(index, 0, row.key)
            getattr(self, f"_{row.kind}")(row)
        self._print()
        self.page.protect("", {"select_locked_cells": True, "format_columns": True, "format_rows": True})

    def _columns(self) -> None:
        width = self.sheet.width
        plain = self.styles["plain"]
        self.page.set_column(0, 0, 2, plain, {"hidden": True})
        for key in "bcdqgv":
            self.page.set_column(self.at[key], self.at[key], self._width(key, key), plain)
        self.page.set_column(self.at["c1"], self.at["c1"] + width - 1, self.figure_width, plain)
        before = {} if self.writing.before else {"hidden": True}
        self.page.set_column(self.at["p1"], self.at["p1"] + width - 1, 10, plain, before)
        official = {} if self.official else {"hidden": True}
        self.page.set_column(self.at["o1"], self.at["o1"] + width - 1, 10, plain, official)

    def _print(self) -> None:
        page, footer = self.page, _("Page {page} of {pages}").format(page="&P", pages="&N")
        page.set_paper(9)
        page.set_margins(left=0.6, right=0.4, top=0.4, bottom=0.5)
        page.print_area(0, 0, len(self.sheet.rows) - 1, self.at["q"])
        page.fit_to_pages(1, 1)
        page.center_horizontally()
        mark = _("Illustrative figures") if self.writing.illustrative else ""
        if mark:
            page.set_header(f'&R&"Times New Roman,Italic"&9{mark}', {"margin": 0.25})
        page.set_footer(f'&L&"Times New Roman,Regular"&9{_plain(self.writing.unit.name)}&R&9{footer}', {"margin": 0.3})
        page.ignore_errors({"number_stored_as_text": "A1:ZZ500"})

    def _merge(self, first: str, last: str, text: str, style: str) -> None:
        start, end = self.at[first], self.at[last]
        form = self.styles[style]
        if start == end:
            self.page.write(self.row, start, None, form)
        else:
            self.page.merge_range(self.row, start, self.row, end, "", form)
        if text:
            self.page.write_string(self.row, start, text, form)

    def _height(self, *texts: tuple[str, float], least: float = 15, line: float = _LINE) -> None:
        """The height the longest of (text, width in characters) needs."""
        count = max((_line_count(text, width) for text, width in texts), default=1)
        self.page.set_row(self.row, max(least, 1 + line * count))

    def _width(self, first: str, last: str) -> float:
        keys = self.sheet.columns[self.at[first] : self.at[last] + 1]
        return sum(self.label if key == "c" else _WIDTHS.get(key, self.figure_width) for key in keys)

    # ------------------------------------------------------------------------------------------- masthead

    def _marker(self, row: RowDesign) -> None:  # noqa: ARG002 - one shape for every kind of row
        for key, column in self.at.items():
            if column:
                self.page.write_string(0, column, key)
        self.page.set_row(0, 3, None, {"hidden": True})

    def _mast(self, row: RowDesign) -> None:
        form, unit = self.writing.form.layout.form, self.writing.unit
        if row.index == 1:
            left = form.number if form.number.startswith("Biểu") else _("Form No.: {number}").format(number=form.number)
            right = _("Reporting unit: {unit}").format(unit=unit.name)
            if unit.code:
                right += " (" + _("code {code}").format(code=unit.code) + ")"
        else:
            left = str(form.issued_with)
            receiver = str(form.receiver) + (f", {unit.parent_name}" if unit.parent_name else "")
            right = _("Received by: {receiver}").format(receiver=receiver)
        self._merge("b", "c", left, "mast_bold" if row.index == 1 else "mast")
        self._merge("d", "q", right, "mast_bold" if row.index == 1 else "mast")
        self._height((left, self._width("b", "c")), (right, self._width("d", "q") * 0.95))

    def _title(self, row: RowDesign) -> None:  # noqa: ARG002
        title = str(self.writing.form.layout.form.title).upper()
        self._merge("b", "q", title, "title")
        self._height((title, self._width("b", "q") * 0.68), line=19, least=24)

    def _subtitle(self, row: RowDesign) -> None:
        sheet = _of(row.sheet)
        title = f"{sheet.number}. {sheet.title}"
        self._merge("b", "q", title, "subtitle")
        self._height((title, self._width("b", "q") * 0.8), line=17, least=20)

    def _period(self, row: RowDesign) -> None:  # noqa: ARG002
        span, period = self.writing.span, self.writing.form.layout.period
        text = _("Period: {period} (from {start} to the end of {end})").format(
            period=period_words(period), start=day_words(span.start), end=day_words(span.last_day)
        )
        style = "period"
        if self.writing.illustrative:
            text, style = text + " – " + _("Illustrative figures"), "illustrative"
        self._merge("b", "q", text, style)
        self.page.set_row(self.row, 16)

    def _as_of(self, row: RowDesign) -> None:  # noqa: ARG002
        self._merge("b", "c", _("Figures as of:"), "ask")
        self._merge("d", "c1", "", "date")
        day = self.writing.content.as_of if self.writing.content else None
        if day:
            self.page.write_datetime(self.row, self.at["d"], day, self.styles["date"])
        span = self.writing.span
        self._validate(
            "d",
            "d",
            {
                "validate": "date",
                "criteria": "between",
                "minimum": span.start,
                "maximum": span.last_day,
                "error_title": _("Day outside the period"),
                "error_message": _("Enter a day from {start} to {end}.").format(
                    start=day_words(span.start), end=day_words(span.last_day)
                ),
                "input_title": _("Figures as of"),
                "input_message": _("The day up to which the figures are real. Needed when there are estimates."),
            },
        )
        self.page.set_row(self.row, 16)

    def _help(self, row: RowDesign) -> None:  # noqa: ARG002
        text = _(
            "Fill in the coloured cells only. Enter 0 if there was none; leave blank what has no figure yet. "
            "Where a whole part has nothing to enter, choose so on its title line."
        )
        self._merge("b", "q", text, "help")
        self._height((text, self._width("b", "q") * 1.4), line=12.5)

    # --------------------------------------------------------------------------------------------- blocks

    def _block(self, row: RowDesign) -> None:
        block = _of(row.block)
        allowed = statements_allowed(block)
        self.lines = 0
        if not allowed:
            self._merge("b", "q", str(block.title), "block")
            self._height((str(block.title), self._width("b", "q") * 0.95))
            return
        self._merge("b", "d", str(block.title), "block")
        statement = self.writing.content.statements.get(block.code) if self.writing.content else None
        self._merge("c1", "q", str(STATEMENT_WORDS[statement]) if statement else "", "statement")
        self._validate_list(
            "c1",
            [str(STATEMENT_WORDS[one]) for one in allowed],
            _("Nothing to enter?"),
            _("If it holds for the whole part, choose it here and leave the cells below blank."),
        )
        self._height((str(block.title), self._width("b", "d") * 0.95))

    def _note(self, row: RowDesign) -> None:
        text = str(_of(row.block).note)
        self._merge("b", "q", text, "note")
        self._height((text, self._width("b", "q") * 1.4), line=12.5)

    def _head(self, row: RowDesign) -> None:
        block = _of(row.block)
        head, at = self.styles["head"], self.at
        self.page.write_string(self.row, at["b"], _("No."), head)
        if block.fields:
            named = next((str(field.label) for field in block.fields if field.kind == "name"), _("Name"))
            labels = [str(field.label) for field in figure_fields(block)]
            self._merge("c", "d", named, "head")
        else:
            labels = [str(column.label) for column in block_columns(self.writing.form.layout, block)]
            self.page.write_string(self.row, at["c"], _("Content"), head)
            self.page.write_string(self.row, at["d"], _("Unit of measure"), head)
        for index in range(self.sheet.width):
            self.page.write_string(self.row, at["c1"] + index, labels[index] if index < len(labels) else "", head)
        self.page.write_string(self.row, at["q"], _("Estimate / over"), head)
        self._head_beside(labels)
        widths = [(label, self.figure_width) for label in labels] + [(_("Estimate / over"), _WIDTHS["q"] * 1.1)]
        self._height(*widths, line=13)

    def _head_beside(self, labels: list[str]) -> None:
        head = self.styles["head_before"]
        for index, label in enumerate(labels):
            if self.writing.before:
                self.page.write_string(self.row, self.at["p1"] + index, _("Last period:") + "\n" + label, head)
            if self.official:
                official = _("Official figure of last period:") + "\n" + label
                self.page.write_string(self.row, self.at["o1"] + index, official, head)

    def _line(self, row: RowDesign) -> None:
        line, at = _of(row.line), self.at
        self.lines += 1
        self.page.write_number(self.row, at["b"], self.lines, self.styles["number"])
        self.page.write_string(self.row, at["c"], str(line.label), self.styles[f"label{line.indent or ''}"])
        element = self.writing.edition.elements[line.element]
        measure = str(self.writing.edition.measures[element.measure].name)
        self.page.write_string(self.row, at["d"], measure, self.styles["measure"])
        figures: dict[int, Figure] = {}
        for index in range(self.sheet.width):
            slot = row.slots[index] if index < len(row.slots) else None
            column = at["c1"] + index
            if slot is None:
                self.page.write_blank(self.row, column, None, self.styles["none"])
                continue
            number = number_of(slot)
            figure = self.writing.figure(slot.address)
            self.page.write_blank(self.row, column, None, self.styles[_style(number)])
            if figure:
                figures[column] = figure
            self._validate_number(f"c{index + 1}", number, line)
            self._beside(index, slot.address, number)
        self._figures(figures, {at["c1"] + i: number_of(slot) for i, slot in enumerate(row.slots) if slot})
        self._check(row)
        self._height((str(line.label), self.label * 1.1 - 2 * line.indent), (measure, _WIDTHS["d"] * 1.2))

    def _beside(self, index: int, address: str, number: Number) -> None:
        last, style = self.writing.figure_before(address), _style(number)
        if self.writing.before:
            self._put(self.at["p1"] + index, last, number, f"{style}_before", qualified=True)
        if self.official and self.writing.asks_official(address):
            self._put(self.at["o1"] + index, self.writing.restated(address), number, style, qualified=True)
            self._validate_number(f"o{index + 1}", number, None)

    def _row(self, row: RowDesign) -> None:
        block, at = _of(row.block), self.at
        held = self.writing.row(self.writing.content, block, row.index)
        last = self.writing.row(self.writing.before, block, row.index)
        name = held.name if held else last.name if last and not self.writing.content else ""
        self.page.write_number(self.row, at["b"], row.index, self.styles["number"])
        self._merge("c", "d", name if figure_fields(block) or held else "", "name")
        fields = figure_fields(block)
        numbers: dict[int, Number] = {}
        for index in range(self.sheet.width):
            column = at["c1"] + index
            if index >= len(fields):
                self.page.write_blank(self.row, column, None, self.styles["none"])
                continue
            number: Number = "yes_no" if fields[index].kind == "yes_no" else "count"
            numbers[column] = number
            self.page.write_blank(self.row, column, None, self.styles[_style(number)])
            self._validate_number(f"c{index + 1}", number, None)
            if self.writing.before:
                figure = last.figures.get(fields[index].code) if last else None
                self._put(at["p1"] + index, figure, number, f"{_style(number)}_before", qualified=True)
        given = held.figures if held else {}
        self._figures(
            {at["c1"] + i: given[field.code] for i, field in enumerate(fields) if field.code in given}, numbers
        )
        self._check_row(fields)
        self._height((name, self._width("c", "d")))

    def _text(self, row: RowDesign) -> None:
        text = _of(row.text)
        label = str(text.label)
        if text.addressee and str(text.addressee) not in label:
            label += f" ({text.addressee})"
        said = self.writing.content.texts.get(text.code, "") if self.writing.content else ""
        self._merge("b", "c", label, "label")
        self._merge("d", "q", said, "text")
        self._height((label, self._width("b", "c")), (said, self._width("d", "q") * 0.95), least=31)

    def _total(self, row: RowDesign) -> None:
        """The sum of each column of figures above, calculated by the sheet; nothing is read from here."""
        block, at = _of(row.block), self.at
        fields = figure_fields(block)
        first = self.row_of[f"r:{block.code}:r01"]
        last = self.row_of[f"r:{block.code}:r{block.rows:02d}"]
        given = {at["c1"] + index: self._sum(block, field.code) for index, field in enumerate(fields)}
        self.page.write_blank(self.row, at["b"], None, self.styles["total"])
        self._merge("c", "d", _("Total"), "total_label")
        for index in range(self.sheet.width):
            column = at["c1"] + index
            if index >= len(fields):
                self.page.write_blank(self.row, column, None, self.styles["none"])
                continue
            cells = f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(last, column)}"
            # A yes is counted; figures are added. Words ("ước 12") are no figures to a spreadsheet: no total then.
            said = f'COUNTIF({cells},"{YES_NO_WORDS[1]}")'
            added = f'IF(COUNT({cells})<COUNTA({cells}),"…",SUM({cells}))'
            formula = f'IF(COUNTA({cells})=0,"",{said if fields[index].kind == "yes_no" else added})'
            self.page.write_formula(self.row, column, "=" + formula, self.styles["total"], given[column])
        self.page.write_blank(self.row, at["q"], None, self.styles["none"])

    def _sum(self, block: Block, code: str) -> float | str:
        """What the formula of a total shows before anything calculated it."""
        rows = self.writing.content.rows.get(block.code, ()) if self.writing.content else ()
        given = [row.figures[code] for row in rows if code in row.figures]
        if not given:
            return ""
        return float(sum(figure.value for figure in given))

    # --------------------------------------------------------------------------------------------- values

    def _figures(self, figures: Mapping[int, Figure], numbers: Mapping[int, Number]) -> None:
        """The figures of a row and how firm they are: one word for all where they agree, else beside each."""
        said = {figure.qualifier for figure in figures.values()}
        common = next(iter(said)) if len(said) == 1 else "exact"
        self.page.write_blank(self.row, self.at["q"], None, self.styles["qualifier"])
        if common in QUALIFIER_WORDS:
            self.page.write_string(self.row, self.at["q"], str(QUALIFIER_WORDS[common]), self.styles["qualifier"])
        self._validate_list(
            "q",
            [str(QUALIFIER_WORDS["estimate"]), str(QUALIFIER_WORDS["at_least"])],
            _("How firm is the figure?"),
            _("Blank: official. Choose “{estimate}” for an estimate, “{at_least}” for “more than”.").format(
                estimate=QUALIFIER_WORDS["estimate"], at_least=QUALIFIER_WORDS["at_least"]
            ),
        )
        for column, figure in figures.items():
            number = numbers[column]
            self._put(column, figure, number, _style(number), qualified=common == "exact")

    def _put(self, column: int, figure: Figure | None, number: Number, style: str, *, qualified: bool) -> None:
        form = self.styles[style]
        if figure is None:
            self.page.write_blank(self.row, column, None, form)
        elif qualified and figure.qualifier in QUALIFIER_WORDS:
            text = f"{QUALIFIER_WORDS[figure.qualifier]} {_spelled(figure)}"
            self.page.write_string(self.row, column, text, form)
        elif number == "yes_no" and figure.value in (0, 1):
            self.page.write_string(self.row, column, str(YES_NO_WORDS[int(figure.value)]), form)
        elif len(figure.value.normalize().as_tuple().digits) > 15:
            self.page.write_string(self.row, column, _spelled(figure), form)
        else:
            self.page.write_number(self.row, column, float(figure.value), form)

    def _validate(self, first: str, last: str, rule: dict[str, Any]) -> None:
        self.page.data_validation(self.row, self.at[first], self.row, self.at[last], rule)

    def _validate_list(self, key: str, words: list[str], title: str, message: str) -> None:
        rule = {
            "validate": "list",
            "source": words,
            "input_title": title[:32],
            "input_message": message[:255],
            "error_title": _("Not in the list"),
            "error_message": _("Choose from the list or leave the cell blank."),
        }
        self._validate(key, key, rule)

    def _validate_number(self, key: str, number: Number, line: Line | None) -> None:
        title, message = self._advice(line) if line else ("", "")
        if number == "yes_no":
            self._validate_list(key, [str(word) for word in reversed(YES_NO_WORDS)], title, message)
            return
        rule: dict[str, Any] = {
            "validate": "integer" if number == "count" else "decimal",
            "criteria": "between",
            "minimum": 0,
            "maximum": 100 if number == "percent" else _LAST_COUNT,
            "error_title": _("Not a figure for this cell"),
            "error_message": {
                "count": _("Enter a whole number, 0 or more."),
                "decimal": _("Enter a number, 0 or more."),
                "percent": _("Enter a percentage from 0 to 100, without “%”."),
            }[number],
        }
        if message:
            rule |= {"input_title": title, "input_message": message}
        self._validate(key, key, rule)

    def _advice(self, line: Line) -> tuple[str, str]:
        """What stands beside a cell when it is chosen: the line's note and why it is asked."""
        documents = self.writing.edition.documents
        cites = "; ".join(documents[code].number for code in line.why if code in documents)
        said = [str(line.note)] if line.note else []
        if cites:
            said.append(_("Asked because of: {documents}").format(documents=cites))
        message = "\n".join(said)
        return str(line.label)[:32], message if len(message) <= 255 else message[:254] + "…"

    def _check(self, row: RowDesign) -> None:
        """A formula beside the line that says at once what the check will say later."""
        wrong: list[tuple[str, str]] = []
        for part, whole in self.writing.form.layout.nested + self.writing.form.layout.parts:
            if part.line.code != _of(row.line).code:
                continue
            cells = [self._cell(slot.line.code, slot.column.code, slot.block) for slot in (part, whole)]
            if None in cells:
                continue
            names = (part.column.label, whole.column.label) if part.line is whole.line else ("", whole.line.label)
            wrong.append(_exceeds(str(cells[0]), str(cells[1]), names))
        self._say(wrong)

    def _check_row(self, fields: tuple[RowField, ...]) -> None:
        codes = [field.code for field in fields]
        wrong = []
        for index, part in enumerate(fields):
            if part.part_of in codes:
                whole = fields[codes.index(part.part_of)]
                at = [self.at["c1"] + place for place in (index, codes.index(whole.code))]
                cells = [str(xl_rowcol_to_cell(self.row, column)) for column in at]
                wrong.append(_exceeds(cells[0], cells[1], (part.label, whole.label)))
        self._say(wrong)

    def _say(self, wrong: list[tuple[str, str]]) -> None:
        if not wrong or len(wrong) > 12:
            return
        formula = '"–"'
        for condition, message in reversed(wrong):
            formula = f'IF({condition},"{message}",{formula})'
        self.page.write_formula(self.row, self.at["v"], "=" + formula, self.styles["check"], "–")

    def _cell(self, line: str, column: str, block: Block) -> str | None:
        row = self.row_of.get(f"l:{line}")
        if row is None:
            return None
        return str(xl_rowcol_to_cell(row, self.at["c1"] + block.columns.index(column)))

    # ----------------------------------------------------------------------------------------- signatures

    def _space(self, row: RowDesign) -> None:  # noqa: ARG002
        day = _("………, day …… month …… year {year}").format(year=_of(self.writing.span.last_day).year)
        self._merge("d", "q", day, "sign")
        self.page.set_row(self.row, 20)

    def _signers(self, row: RowDesign) -> None:  # noqa: ARG002
        signers = self.writing.form.layout.form.signers
        self._merge("b", "c", str(signers[0]), "signer")
        self._merge("d", "q", str(signers[1]), "signer")
        self._height((str(signers[0]), 40), (str(signers[1]), self._width("d", "q") * 0.8))

    def _sign(self, row: RowDesign) -> None:  # noqa: ARG002
        self._merge("b", "c", _("(signature, full name)"), "sign")
        self._merge("d", "q", _("(signature, stamp, full name)"), "sign")
        self.page.set_row(self.row, 52)

    def _names(self, row: RowDesign) -> None:  # noqa: ARG002
        content = self.writing.content
        self._merge("b", "c", content.prepared_by if content else "", "signer_name")
        self._merge("d", "q", content.approved_by if content else "", "signer_name")
        self.page.set_row(self.row, 20)


def _exceeds(part: str, whole: str, names: tuple[object, object]) -> tuple[str, str]:
    """When a part is more than its whole, and what to say then."""
    template = _("{part} is more than “{whole}”") if names[0] else _("more than “{whole}”")
    message = template.format(part=names[0], whole=names[1]).replace('"', '""')[:250]
    return f"AND(ISNUMBER({part}),ISNUMBER({whole}),{part}>{whole})", message


def _of(value: Held | None) -> Held:
    assert value is not None  # noqa: S101 - its kind of row always has it
    return value


def _plain(text: str) -> str:
    return text.replace("&", "&&")


def _style(number: Number) -> str:
    return "decimal" if number == "percent" else number


def _spelled(figure: Figure) -> str:
    """A figure in a writing that has one reading: no grouping, and never three decimals."""
    whole, _mark, decimals = f"{figure.value:f}".partition(".")
    decimals = decimals.rstrip("0")
    if not decimals:
        return whole
    return f"{whole},{decimals}0" if len(decimals) == 3 else f"{whole},{decimals}"


def _line_count(text: str, width: float) -> int:
    """Lines a text takes in a column `width` characters wide; words are not cut."""
    count = 0
    for paragraph in text.split("\n"):
        used, lines = 0.0, 1
        for word in paragraph.split(" "):
            length = len(word) + 1
            if used and used + length - 1 > width:
                lines, used = lines + 1, 0.0
            used += length
        count += lines
    return count
