"""Outlines of reports, sentences, tables, terms, and who signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from tienbo.catalogue.definitions.basics import Code, Confidence, Kind, Shape, Text
from tienbo.catalogue.definitions.forms import TextHeading
from tienbo.catalogue.definitions.records import RecordTest

# ------------------------------------------------------------------------------------------------ exchange


class GlossaryTerm(Shape):
    """A term of exchange with partners. `lo` is its Lao form where one was seen; `confidence` says how far that was
    checked. An unconfirmed form is marked for whoever drafts with it."""

    code: Code
    name: Text
    lo: str | None = None
    confidence: Confidence = Confidence.UNCONFIRMED

    @property
    def is_confirmed(self) -> bool:
        return self.lo is not None and self.confidence is Confidence.CONFIRMED


# --------------------------------------------------------------------------------------------------- reports


class Sentence(Shape):
    """A sentence of a report with places for values: "{training.classes}", "{indicator|percent}".

    It is written when every value it names was reported (`needs`, else those it names); `if_missing` is what
    stands there otherwise (nothing, by default).
    """

    text: Text
    needs: tuple[str, ...] = ()
    if_missing: Text | None = None


class TableSpec(Shape):
    """A table: `targets` is the working table of targets, `indicators` lists some, `units` a league, `texts` words,
    `records` what the unit's own register holds of the period, the named fields (`columns`) of those in `states`, or,
    of a tally (`counted`), those behind it in every register below, unit by unit; `crossed` tallies of a register over
    its choice, `reach` areas and what was sent to them, `visits` those planned and held; `task_owners` the tasks after
    conclusions by who owes them, `tasks` each of them."""

    kind: Literal[
        "targets", "indicators", "units", "coverage", "norm30", "texts", "records", "plan", "task_owners", "tasks",
        "reach", "visits", "crossed",
    ]  # fmt: skip
    title: Text | None = None
    """None where the heading above says what it is."""
    indicators: tuple[Code, ...] = ()
    groups: tuple[Code, ...] = ()
    """Groups, or families of them: "work" is every group whose code begins with "work."."""
    columns: tuple[str, ...] = ()
    heading: TextHeading | None = None
    """Of a table of `texts`: all that the units wrote under it."""
    of_register: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    counted: Code | None = Field(default=None, exclude_if=lambda held: held is None)
    states: tuple[Code, ...] = Field(default=(), exclude_if=lambda held: not held)
    where: tuple[RecordTest, ...] = Field(default=(), exclude_if=lambda held: not held)


class ChartSpec(Shape):
    """A chart; a `schematic` of the units directly below comes with its heat table."""

    kind: Literal["trend", "bars", "targets", "schematic"]
    title: Text
    indicators: tuple[Code, ...] = ()


class Section(Shape):
    """A heading and what follows it. `texts` cites the returns' text fields of that heading, unit by unit.

    A title may name words of the context: "Nhiệm vụ {next_period}".
    """

    title: Text
    level: int = Field(default=1, ge=1, le=3)
    sentences: tuple[Sentence, ...] = ()
    tables: tuple[TableSpec, ...] = ()
    charts: tuple[ChartSpec, ...] = ()
    texts: tuple[TextHeading, ...] = ()
    texts_at_most: int | None = Field(default=None, ge=1)
    """Of many texts, those that most units wrote; all of them stand in a table of `texts`."""
    texts_lead: Text | None = None
    """Said above the texts where not all of them are cited."""
    sections: tuple[Section, ...] = ()
    annex: bool = False
    work: tuple[Code, ...] = Field(default=(), exclude_if=lambda held: not held)
    """Lines of work (groups) whose registers of a site's own are told of here."""

    def place(self, above: str) -> str:
        """Where the section stands, under the place of the one around it ("" at the top)."""
        return f"{above} › {self.title.vi}" if above else self.title.vi


class Outline(Shape):
    """The order of a report: six-month, yearly, Action Month, thematic, or a unit's own."""

    code: Code
    kind: Literal["six-month", "year", "action-month", "thematic", "own"]
    title: Text
    subject: Text
    """Trích yếu; {period} and {unit} are filled in."""
    symbol: str = "BC-BVSTBPN"
    for_kinds: tuple[Kind, ...] = ()
    opening: tuple[Sentence, ...] = ()
    sections: tuple[Section, ...] = Field(min_length=1)
    closing: tuple[Sentence, ...] = ()
    recipients: tuple[Text, ...] = ()
    cites: tuple[Code, ...] = ()
    confidence: Confidence = Confidence.INFERRED

    def every_section(self) -> Iterator[Section]:
        """The sections in the order they are printed, those inside others too."""

        def walk(sections: tuple[Section, ...]) -> Iterator[Section]:
            for section in sections:
                yield section
                yield from walk(section.sections)

        yield from walk(self.sections)

    def places(self) -> Iterator[tuple[str, Section]]:
        """Each section with its place: the Vietnamese titles from the top down, which stay when others are put in."""

        def walk(sections: tuple[Section, ...], above: str) -> Iterator[tuple[str, Section]]:
            for section in sections:
                at = section.place(above)
                yield at, section
                yield from walk(section.sections, at)

        yield from walk(self.sections, "")

    def by_unit(self) -> set[str]:
        """Indicators that are shown for each unit below: in tables of units, bars and schematics."""
        found: set[str] = set()
        for section in self.every_section():
            for table in section.tables:
                found.update(table.indicators if table.kind in ("units", "norm30") else ())
            for chart in section.charts:
                found.update(chart.indicators if chart.kind in ("bars", "schematic") else ())
        return found

    @property
    def has_schematic(self) -> bool:
        return any(chart.kind == "schematic" for section in self.every_section() for chart in section.charts)

    def every_sentence(self) -> Iterator[Sentence]:
        yield from self.opening
        for section in self.every_section():
            yield from section.sentences
        yield from self.closing

    def every_text(self) -> Iterator[Text]:
        """Every text that may have places in it."""
        yield self.subject
        yield from self.recipients
        for section in self.every_section():
            yield section.title
        for sentence in self.every_sentence():
            yield sentence.text
            if sentence.if_missing is not None:
                yield sentence.if_missing


class SigningProfile(Shape):
    """How a paper is headed and signed: UBND, Ban, Sở, Văn phòng (NĐ 30/2020/NĐ-CP)."""

    code: Code
    name: Text
    superior: str = ""
    """Upper line of the issuer block; {province} and {unit} are filled in."""
    issuer: str
    signature: tuple[str, ...]
    """Lines over the signature: "TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"."""
    symbol: str
    nation: Text | None = None
    """Stands in place of the name and motto of the State on the paper of a body that does not carry them."""
    number_sign: Literal["/", "-"] = "/"
    """What stands between the number and the symbol: "Số: 12/BC-UBND", "Số 12-BC/BTCTU"."""
    for_kinds: tuple[Kind, ...] = ()
    cites: tuple[Code, ...] = ()
    confidence: Confidence = Confidence.INFERRED


Section.model_rebuild()
