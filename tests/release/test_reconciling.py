"""What forms say beside what is on record: verdicts worked out by hand, and rules of counting that never join."""

from __future__ import annotations

from datetime import date

import pytest

from tienbo.catalogue.loading import load
from tienbo.release.reconciling import Form, Source, verdict

FORM = Form(25, 7, 1, ("Biểu 02!D14",))


@pytest.mark.parametrize(
    ("persons", "women", "untold", "said"),
    [
        (25, 7, 0, "agrees"),
        (25, 8, 0, "differs"),
        (24, 7, 0, "differs"),
        (None, 7, 0, "open"),  # the women agree, nobody says of how many
        (None, 6, 0, "differs"),
        (20, 7, 5, "open"),  # five posts of which nobody is told
        (20, 8, 5, "differs"),  # but more women than the form has are known already
    ],
)
def test_what_is_on_record_agrees_differs_or_leaves_it_open(
    persons: int | None, women: int | None, untold: int, said: str
) -> None:
    assert verdict(FORM, Source("posts", persons, women, "QĐ 5", date(2026, 6, 14), untold)) == said


def test_every_figure_that_posts_can_say_is_of_persons() -> None:
    """A share of bodies is no share of persons: what is compared has a numerator of women over all of the same element,
    and the start of a term is not held against the last count."""
    edition = load()
    for one in edition.reconciliations.values():
        if one.indicator is None:
            continue
        shape = edition.indicators[one.indicator]
        (above,), (below,) = shape.numerator, shape.denominator
        assert not above.count_units, one.code
        assert (above.series.element, above.series.members) == (below.series.element, "sex=f"), one.code
        assert (one.moment == "start") == (below.series.element.endswith(".elected")), one.code
