"""What is written into a form is what is read back from it: of every form, for any content."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.papers.workbook.desk import H1, H2, UNIT, blank, edition, reading, written

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.returns import Content, Figure, Layout, Row, Slot, layout
from tienbo.core.periods import Period
from tienbo.core.words import clean
from tienbo.papers.workbook.design import figure_fields, number_of
from tienbo.papers.workbook.reading import _Workbook
from tienbo.papers.workbook.vocabulary import statements_allowed

Case = tuple[str, str, Period]


@lru_cache
def cases() -> list[Case]:
    """(pack, form, period): every form in both halves of a year in which it is used."""
    made: list[Case] = [("small", "small", H1), ("small", "small", H2)]
    for code, form in edition("vn").forms.items():
        last = H2 if form.is_used(H2) else Period.parse(str(form.last))
        made += [("vn", code, half) for half in (last.previous(), last)]
    return made


@lru_cache
def shape(case: Case) -> Layout:
    return layout(edition(case[0]), case[1], case[2])


def plain(content: Content) -> Content:
    """The content without the cells its figures stood in: a page has none."""

    def bare(figure: Figure) -> Figure:
        return Figure(figure.value, figure.qualifier)

    return replace(
        content,
        figures={address: bare(figure) for address, figure in content.figures.items()},
        restated={address: bare(figure) for address, figure in content.restated.items()},
        rows={
            block: [Row(row.key, row.name, {code: bare(one) for code, one in row.figures.items()}) for row in rows]
            for block, rows in content.rows.items()
        },
    )


COUNTS = st.integers(0, 10**14 - 1) | st.integers(0, 3_000)
QUALIFIERS = st.sampled_from(["exact", "exact", "exact", "estimate", "at_least"])
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"])
TEXTS = st.text(LETTERS | st.sampled_from("\n ăâđêôơư0123456789=+-@'\"_x"), max_size=60).map(
    lambda text: unicodedata.normalize("NFC", text).strip()
)
NAMES = st.text(LETTERS, min_size=1, max_size=30).map(clean).filter(bool)


def figures(number: str) -> st.SearchStrategy[Figure]:
    values: st.SearchStrategy[Decimal] = COUNTS.map(Decimal)
    if number == "yes_no":
        values = st.sampled_from([Decimal(0), Decimal(1)])
    elif number in ("decimal", "percent"):
        values = st.decimals(0, 10**9, places=4) | st.decimals(0, 100, places=1)
    return st.builds(Figure, values, QUALIFIERS, st.just(""))


def of_slots(slots: list[Slot]) -> st.SearchStrategy[dict[str, Figure]]:
    """Figures for some of the slots."""
    if not slots:
        return st.just({})
    some = st.lists(st.sampled_from(slots), max_size=12, unique_by=lambda slot: slot.address)
    return some.flatmap(lambda kept: st.fixed_dictionaries({slot.address: figures(number_of(slot)) for slot in kept}))


@st.composite
def contents(draw: st.DrawFn, case: Case) -> tuple[Content, Content]:
    """A return, and the one before it whose estimates it makes official."""
    pack, form, period = case
    made = shape(case)
    slots = list(made.slots.values())
    before = draw(of_slots(slots))
    owed = [made.slots[address] for address, figure in before.items() if figure.qualifier == "estimate"]
    restated = {address: Figure(figure.value) for address, figure in draw(of_slots(owed)).items()}
    statements, rows = {}, {}
    for block in made.blocks:
        allowed = statements_allowed(block)
        if allowed and draw(st.booleans()):
            statements[block.code] = draw(st.sampled_from(allowed))
        if block.rows:
            rows[block.code] = draw_rows(draw, block)
    span = edition(pack).calendar.span(period)
    content = Content(
        form=form,
        edition=fingerprint(edition(pack)),
        unit=UNIT.key,
        period=period,
        figures=draw(of_slots(slots)),
        statements=statements,
        rows={code: held for code, held in rows.items() if held},
        texts={code: text for code in made.texts if (text := draw(TEXTS))},
        restated=restated,
        as_of=draw(st.none() | st.integers(0, 150).map(lambda days: span.start + timedelta(days))),
        prepared_by=draw(st.just("") | NAMES),
        approved_by=draw(st.just("") | NAMES),
    )
    last = replace(content, period=period.previous(), figures=before, statements={}, restated={}, rows={}, texts={})
    return content, last


def draw_rows(draw: st.DrawFn, block: Any) -> list[Row]:
    made = []
    for index in draw(st.lists(st.integers(1, block.rows), max_size=4, unique=True).map(sorted)):
        fields = figure_fields(block)
        some = draw(st.lists(st.sampled_from(fields), min_size=1, unique_by=lambda field: field.code))
        kept = {f.code: draw(figures("yes_no" if f.kind == "yes_no" else "count")) for f in some}
        made.append(Row(f"r{index:02d}", draw(NAMES), kept))
    return made


SAID = st.deferred(lambda: st.sampled_from(cases()).flatmap(lambda case: st.tuples(st.just(case), contents(case))))


@given(SAID)
def test_what_is_written_is_what_is_read(said: tuple[Case, tuple[Content, Content]]) -> None:
    (pack, form, period), (content, last) = said
    data = written(form, period, pack=pack, content=content, before=last)
    found = reading(data, pack=pack)
    assert [fault for fault in found.faults if fault.code.startswith("workbook.")] == []
    assert found.content is not None
    assert plain(found.content).as_json() == content.as_json()


@given(st.text(LETTERS | st.sampled_from("\n\t_x0041;=<>&\"'"), max_size=40))
@example("_x0041_")
@example("=1+1")
@example("http://moha.gov.vn")
@example("a\n\n b")
def test_any_text_comes_back_letter_by_letter(text: str) -> None:
    said = unicodedata.normalize("NFC", text).strip()
    content = Content("small", fingerprint(edition()), UNIT.key, H1, texts={"highlight": said} if said else {})
    found = reading(written(content=content)).content
    assert found is not None
    assert found.texts == content.texts


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case[1]} {case[2].code}")
def test_every_cell_of_every_form_is_read_where_it_was_written(case: Case) -> None:
    """Each figure is its own number, so that none can be taken for another."""
    pack, form, period = case
    made = shape(case)
    values = {
        slot.address: Decimal(index % 2 if number_of(slot) == "yes_no" else 1000 + index)
        for index, slot in enumerate(made.slots.values())
    }
    rows = {
        block.code: [
            Row(
                f"r{index:02d}",
                f"Đơn vị {index}",
                {
                    field.code: Figure(Decimal(index % 2 if field.kind == "yes_no" else 100 * index + at))
                    for at, field in enumerate(figure_fields(block))
                },
            )
            for index in range(1, block.rows + 1)
        ]
        for block in made.blocks
        if block.rows
    }
    texts = {code: f"Ý kiến về {code}" for code in made.texts}
    content = Content(
        form,
        fingerprint(edition(pack)),
        UNIT.key,
        period,
        figures={address: Figure(value) for address, value in values.items()},
        rows=rows,
        texts=texts,
    )
    found = reading(written(form, period, pack=pack, content=content), pack=pack).content
    assert found is not None
    assert plain(found).as_json() == content.as_json()
    cells = [figure.cell for figure in found.figures.values()]
    cells += [one.cell for held in found.rows.values() for row in held for one in row.figures.values()]
    assert len(cells) == len(set(cells))
    assert all(cells)


def test_equal_input_gives_equal_bytes() -> None:
    assert written() == written() == blank()


def test_words_of_either_language_are_read_back() -> None:
    content = Content(
        "small",
        fingerprint(edition()),
        UNIT.key,
        H1,
        figures={"plan:total": Figure(Decimal(1)), "classes:total": Figure(Decimal(3), "estimate")},
        statements={"staff": "unchanged", "units": "not_applicable"},
    )
    for lang in ("vi", "en"):
        found = reading(written(content=content, lang=lang)).content
        assert found is not None
        assert plain(found).as_json() == content.as_json()


@pytest.mark.parametrize(
    "odd", [None, Figure(Decimal("12000")), Figure(Decimal(3), "estimate")], ids=["", "large", "estimate"]
)
def test_a_sheet_read_at_once_says_what_its_cells_say_one_by_one(
    odd: Figure | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small whole numbers and blanks are taken together; one other cell, and each is looked at."""
    case = next(one for one in cases() if one[1] == "xa")
    slots = [slot for slot in shape(case).slots.values() if slot.line.answer == "count"]
    said = {slot.address: Figure(Decimal(at % 7)) for at, slot in enumerate(slots) if at % 3}
    if odd is not None:
        said[slots[1].address] = odd
    content = Content(
        case[1], fingerprint(edition("vn")), UNIT.key, case[2], said, as_of=edition("vn").calendar.span(case[2]).start
    )
    data = written(case[1], case[2], pack="vn", content=content)
    at_once, taken = _Workbook._read_at_once, []
    monkeypatch.setattr(_Workbook, "_read_at_once", lambda *given: taken.append(at_once(*given)) or taken[-1])
    together = reading(data, pack="vn").content
    assert any(taken)
    assert all(taken) == (odd is None)
    monkeypatch.setattr(_Workbook, "_read_at_once", lambda *_: False)
    alone = reading(data, pack="vn").content
    assert together is not None
    assert alone is not None
    assert together.figures == alone.figures
    assert plain(together).figures.keys() == said.keys()
    assert {address: figure.value for address, figure in together.figures.items()} == {
        address: figure.value for address, figure in said.items()
    }
