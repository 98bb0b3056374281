"""The partner's figures as rows of text, from a page or a CSV file → figures, and every fault with its row, column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tienbo.catalogue.definitions import Unit
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import LANGUAGES, N_, gettext, speaking
from tienbo.core.messages import gettext as _
from tienbo.core.separated import separated
from tienbo.core.words import day_of, day_words, fold, nfc
from tienbo.papers.cells import digits
from tienbo.papers.packet import DIRECTIONS, UNITS, PartnerFigure, Spoken
from tienbo.papers.workbook.numbers import NotANumber, TwoReadings, number_spelled

COLUMNS: Mapping[str, str] = {
    "name": N_("Name of the indicator (Vietnamese)"),
    "name_en": N_("Name in English"),
    "name_lo": N_("Name in Lao"),
    "value": N_("Figure"),
    "unit": N_("Unit of measure"),
    "numerator": N_("Numerator"),
    "denominator": N_("Denominator"),
    "base": N_("What is counted"),
    "first": N_("First day of the period"),
    "last": N_("Last day of the period"),
    "direction": N_("Direction aimed at"),
    "source": N_("Source"),
    "beside": N_("Our indicator it stands beside"),
    "same_numerator": N_("Is the numerator the same as ours?"),
    "same_denominator": N_("Is the denominator the same as ours?"),
}
JUDGED: Mapping[str, str] = {"": N_("not checked yet"), "same": N_("the same"), "differs": N_("different")}
MOST_ROWS = 60
MOST_BYTES = 2**20
LONGEST = 600

worded(
    {
        "partner.not_text": N_("The file is not text in UTF-8. In a spreadsheet, save it as “CSV UTF-8”."),
        "partner.too_large": N_("A file of figures has at most {most} rows and 1 MB."),
        "partner.no_columns": N_("The first row names no column that is known. Take the blank file, then fill it in."),
        "partner.blank": N_("Fill this in."),
        "partner.not_a_number": N_("“{text}” is not a number that can be read in one way only. Write 1.234,5."),
        "partner.negative": N_("A figure cannot be less than zero ({text})."),
        "partner.not_a_day": N_("“{text}” is not a day. Write it as 20/6/2026."),
        "partner.ends_before": N_("The period ends before it begins."),
        "partner.unknown": N_("“{text}” is not one of the answers there are: {known}."),
        "partner.too_long": N_("At most {most} letters fit here."),
    }
)

Row = Mapping[str, str]


def csv_rows(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file by the codes of their columns, whatever separates its cells. Refused where it is none."""
    if len(data) > MOST_BYTES:
        raise Refused(Fault("partner.too_large", "", {"most": MOST_ROWS}))
    try:
        text = nfc(data.decode("utf-8-sig"))
    except UnicodeDecodeError as broken:
        raise Refused(Fault("partner.not_text")) from broken
    first = text.partition("\n")[0]
    separator = max(";\t,", key=first.count)
    lines = [line for line in separated(text, separator) if any(cell.strip() for cell in line)]
    codes = [_code(label) for label in lines[0]] if lines else []
    if not {"name", "value"} <= set(codes):
        raise Refused(Fault("partner.no_columns"))
    if len(lines) > MOST_ROWS + 1:
        raise Refused(Fault("partner.too_large", "", {"most": MOST_ROWS}))
    return [{code: cell for code, cell in zip(codes, line, strict=False) if code} for line in lines[1:]]


def _code(label: str) -> str:
    """The column that a heading names, by its code or its words in either language; "" for none."""
    wanted = fold(label)
    for lang in LANGUAGES:
        with speaking(lang):
            for code, words in COLUMNS.items():
                if wanted in (code, fold(gettext(words))):
                    return code
    return ""


@dataclass
class Reading:
    """Rows read one after the other; a row with a fault is not among the figures."""

    edition: Edition
    indicators: Collection[str]
    """Ours that a figure may stand beside."""
    figures: list[PartnerFigure] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def read(self, rows: Iterable[Row]) -> Reading:
        for number, row in enumerate(rows, 1):
            told = {code: nfc(text).strip() for code, text in row.items() if code in COLUMNS}
            if any(told.get(code) for code in ("name", "value", "source", "numerator")):
                faults = list(self._faults(number, told))
                self.faults += faults
                if not faults:
                    self.figures.append(self._figure(told))
        return self

    def _faults(self, number: int, told: Row) -> Iterator[Fault]:
        def fault(code: str, column: str, **fields: Any) -> Fault:
            place = _("row {row}, {column}").format(row=number, column=_(COLUMNS[column]))
            return Fault(code, place, {"row": number, "column": column, **fields})

        for column in ("name", "value", "unit"):
            if not told.get(column):
                yield fault("partner.blank", column)
        for column, text in told.items():
            if len(text) > LONGEST:
                yield fault("partner.too_long", column, most=LONGEST)
        for column, answers in self.answers().items():
            said = told.get(column, "")
            if said and not _answer(said, answers):
                known = ", ".join(_(words) for words in answers.values() if words)
                yield fault("partner.unknown", column, text=said[:60], known=known)
        if told.get("value"):
            try:
                value, _qualifier = number_spelled(told["value"], self._number(told))
                if value < 0:
                    yield fault("partner.negative", "value", text=told["value"][:60])
            except (NotANumber, TwoReadings):
                yield fault("partner.not_a_number", "value", text=told["value"][:60])
        for column in ("first", "last"):
            if told.get(column) and day_of(told[column]) is None:
                yield fault("partner.not_a_day", column, text=told[column][:60])
        first, last = _days(told)
        if first and last and last < first:
            yield fault("partner.ends_before", "last")

    def answers(self) -> dict[str, dict[str, str]]:
        """Column → the codes it takes and their words."""
        measures = {code: str(made.name) for code, made in self.edition.measures.items()}
        named = {code: str(self.edition.indicators[code].name) for code in self.indicators}
        return {
            "unit": {Unit.PERCENT.value: "%", **{unit.value: words for unit, words in UNITS.items()}},
            "base": {"": "", **measures},
            "direction": dict(DIRECTIONS),
            "beside": {"": "", **named},
            "same_numerator": dict(JUDGED),
            "same_denominator": dict(JUDGED),
        }

    def _figure(self, told: Row) -> PartnerFigure:
        value, qualifier = number_spelled(told["value"], self._number(told))
        first, last = _days(told)
        chosen = {column: _answer(told.get(column, ""), answers) or "" for column, answers in self.answers().items()}
        return PartnerFigure(
            name=Spoken(vi=told["name"], en=told.get("name_en", ""), lo=told.get("name_lo", "")),
            value=f"{value:f}",
            qualifier=qualifier or "exact",
            first=first,
            last=last,
            numerator=told.get("numerator", ""),
            denominator=told.get("denominator", ""),
            source=told.get("source", ""),
            **chosen,  # type: ignore[arg-type]
        )

    def _number(self, told: Row) -> Any:
        return "count" if _answer(told.get("unit", ""), self.answers()["unit"]) == Unit.COUNT else "decimal"


def row_of(figure: PartnerFigure) -> dict[str, str]:
    """A figure as one types it."""
    before = {"exact": "", "estimate": "ước ", "at_least": "trên "}[figure.qualifier]
    return {
        "name": figure.name.vi,
        "name_en": figure.name.en,
        "name_lo": figure.name.lo,
        "value": before + digits(Decimal(figure.value)),
        "first": day_words(figure.first),
        "last": day_words(figure.last),
        **{code: str(getattr(figure, code)) for code in COLUMNS if code not in _APART},
    }


_APART = {"name", "name_en", "name_lo", "value", "first", "last"}


def _days(told: Row) -> tuple[date | None, date | None]:
    return day_of(told.get("first", "")), day_of(told.get("last", ""))


def _answer(text: str, answers: Mapping[str, str]) -> str | None:
    """The code that a text names, by itself or in words of either language."""
    if text in answers:
        return text
    wanted = fold(text)
    for lang in LANGUAGES:
        with speaking(lang):
            for code, words in answers.items():
                if words and wanted == fold(gettext(words)):
                    return code
    return None
