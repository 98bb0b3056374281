"""The deck of a report: its numbers are those of the release, its bytes stay, what people typed is no mark-up."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from pptx import Presentation
from tests.papers.a_province import PERIOD, PROVINCE, commune, context, edition, invented, report, said, values

from tienbo.core.words import number, rounded
from tienbo.papers import slides
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import Bound
from tienbo.papers.context import ChosenText, Context
from tienbo.papers.slides import CHARTS, ROWS, Deck, deck, pptx_bytes

OUTLINE = "six_month_province"


def made(held: Context, changed: tuple[object, ...] = ()) -> tuple[Deck, Binder]:
    frozen = values(held.children, changed, held.unit)  # type: ignore[arg-type]
    paper = report(changed=changed, **{"texts": held.texts, "missing": held.missing, "chosen": held.chosen})  # type: ignore[arg-type]
    outline = edition().outlines[OUTLINE]
    return (
        deck(edition=edition(), outline=outline, values=frozen, context=held, document=paper),
        Binder(edition(), frozen, held),
    )


@pytest.fixture(scope="module")
def asked() -> Context:
    """Twelve units, one missing, one that gave estimates, texts of three."""
    return context(
        missing=("Xã Mây 12",),
        missing_kinds=("commune",),
        estimated=("Xã Mây 03",),
        texts=(
            said("limitation", "Xã Mây 01", "Cán bộ kiêm nhiệm."),
            said("limitation", "Xã Mây 02", "Cán bộ kiêm nhiệm."),
            said("limitation", "Xã Mây 03", "Thiếu <b>kinh phí</b> & phương tiện."),
            said("proposal", "Xã Mây 01", "Bố trí kinh phí.", "UBND tỉnh"),
        ),
    )


@pytest.fixture(scope="module")
def held(asked: Context) -> tuple[Deck, Binder]:
    return made(asked)


def words_of(content: bytes) -> list[str]:
    shown = []
    for slide in Presentation(io.BytesIO(content)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                shown += [paragraph.text for paragraph in shape.text_frame.paragraphs]
            if shape.has_table:
                shown += [cell.text for row in shape.table.rows for cell in row.cells]
    return shown


def test_coverage_is_said_with_its_numbers(held: tuple[Deck, Binder]) -> None:
    first = held[0].slides[0]
    assert "".join(run if isinstance(run, str) else run.text for run in first.bigs[0].figure) == "11/12"
    told = ["".join(run if isinstance(run, str) else run.text for run in line) for line in first.lines]
    assert any("Xã Mây 12" in line and "1" in line for line in told)


def test_every_number_of_the_deck_is_looked_up_in_the_release(held: tuple[Deck, Binder]) -> None:
    made_deck, binder = held
    bound = [run for slide in made_deck.slides for run in slide.runs() if isinstance(run, Bound)]
    assert len(bound) > 20
    for run in bound:
        exact = binder.resolve(run.key)
        assert exact is not None, run
        shown = re.search(r"\d+(?:\.\d{3})*(?:,(\d+))?", run.text)
        if shown:
            printed = Decimal(shown.group().replace(".", "").replace(",", "."))
            assert printed == rounded(abs(exact), len(shown[1] or "")), run


def test_what_is_not_bound_has_no_digit_but_words_of_the_outline_and_of_units(held: tuple[Deck, Binder]) -> None:
    for slide in held[0].slides:
        for big in slide.bigs:
            assert all(isinstance(run, Bound) or not any(map(str.isdigit, run)) for run in big.figure)


def test_targets_without_a_figure_are_counted_and_not_listed(held: tuple[Deck, Binder]) -> None:
    rows = [row for slide in held[0].slides if slide.table for row in slide.table.rows]
    assert rows
    assert all(any(isinstance(run, Bound) for run in row[2].runs) for row in rows)
    assert all(len(slide.table.rows) <= ROWS for slide in held[0].slides if slide.table)


def test_a_deck_is_short(held: tuple[Deck, Binder]) -> None:
    assert sum(slide.chart is not None for slide in held[0].slides) in range(1, CHARTS + 1)
    assert len(held[0].slides) < 15


def test_what_two_units_wrote_is_said_once_with_their_number(held: tuple[Deck, Binder]) -> None:
    shown = words_of(pptx_bytes(held[0]))
    assert sum("Cán bộ kiêm nhiệm" in line for line in shown) == 1
    (line,) = [line for line in shown if "Cán bộ kiêm nhiệm" in line]
    assert "2" in line


def test_what_people_typed_is_text_and_never_mark_up(held: tuple[Deck, Binder]) -> None:
    assert any("Thiếu <b>kinh phí</b> & phương tiện" in line for line in words_of(pptx_bytes(held[0])))


def test_the_same_release_gives_the_same_bytes(held: tuple[Deck, Binder], monkeypatch: pytest.MonkeyPatch) -> None:
    first = pptx_bytes(held[0])
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert pptx_bytes(held[0]) == first


def test_pictures_say_what_they_show_to_who_cannot_see_them(held: tuple[Deck, Binder]) -> None:
    pictures = [
        shape for slide in Presentation(io.BytesIO(pptx_bytes(held[0]))).slides for shape in slide.shapes
        if shape.shape_type == 13
    ]  # fmt: skip
    assert pictures
    assert all(shape._element.nvPicPr.cNvPr.get("descr") for shape in pictures)


def test_what_the_desk_chose_is_what_the_deck_says(asked: Context) -> None:
    chosen = (ChosenText("proposal", "Giao chỉ tiêu cho từng xã", (), "Bộ Nội vụ"),)
    shown = words_of(pptx_bytes(made(replace(asked, chosen=chosen))[0]))
    assert any("Giao chỉ tiêu cho từng xã" in line for line in shown)
    assert not any("Bố trí kinh phí" in line for line in shown)


def test_a_target_that_is_met_by_a_hair_is_said_to_be_met_as_the_paper_says_it(asked: Context) -> None:
    """29.97 % does not meet ≥ 30 and is not printed as 30.0."""
    code = next(
        target.indicator for target, _value in held_targets(asked)
        if (values := list(target.values.values())) and values[0].op == ">=" and values[0].value
    )  # fmt: skip
    target = next(target for target, _value in held_targets(asked) if target.indicator == code)
    limit = next(value.value for year, value in target.values.items() if year >= 2026 and value.value)
    short = invented(edition().indicators[code], PROVINCE.key, PERIOD, 12)._replace(
        numerator=limit * 100 - Decimal(3), denominator=Decimal(10_000), value=limit - Decimal("0.03")
    )
    rows = [row for slide in made(asked, (short,))[0].slides if slide.table for row in slide.table.rows]
    row = next(row for row in rows if row[0].runs == (str(target.name),))
    printed = next(run.text for run in row[2].runs if isinstance(run, Bound))
    assert printed == number(limit - Decimal("0.03"), 2)


def held_targets(asked: Context) -> list[tuple[object, object]]:
    return Binder(edition(), values(), asked).targets  # type: ignore[return-value]


def test_a_unit_without_reports_to_expect_has_no_slide_of_coverage(asked: Context) -> None:
    found, _binder = made(replace(asked, due=0, missing=(), missing_kinds=()))
    assert found.slides[0].bigs == ()


def test_names_of_missing_units_are_not_more_than_a_slide_holds() -> None:
    names = tuple(commune(index).name for index in range(1, 40))
    found, _binder = made(context(due=60, missing=names, missing_kinds=("commune",) * 39))
    line = next(
        line for line in found.slides[0].lines if any(isinstance(run, Bound) and run.text == "39" for run in line)
    )
    told = "".join(run if isinstance(run, str) else run.text for run in line)
    assert told.count("Xã Mây") == slides.NAMES
