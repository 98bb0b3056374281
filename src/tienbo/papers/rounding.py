"""Rounded words for the figures of a paper's sentences ("gần 1.200"): offered to the drafter, never put in their place.

Tables keep exact figures; so do sentences, until somebody writes otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from tienbo.core.messages import gettext as _
from tienbo.core.words import number
from tienbo.papers.blocks import Bound, Document, Heading, Paragraph

SMALLEST = 100
"""Below it a figure is said as it is."""
_COUNT = re.compile(r"^\d{1,3}(?:[.,]\d{3})*$|^\d+$")


class Offer(NamedTuple):
    """A figure as it stands, and how it may be said."""

    figure: str
    words: str


def rounded_words(count: int) -> str:
    """A count in rounded words, by its first two digits: 1187 → "gần 1.200", 1213 → "trên 1.200". Nothing for one that
    is round already, or small."""
    if count < SMALLEST:
        return ""
    step = 10 ** (len(str(count)) - 2)
    down = count // step * step
    if down == count:
        return ""
    up = down + step
    if up - count < count - down:
        return _("nearly {figure}").format(figure=number(Decimal(up)))
    return _("over {figure}").format(figure=number(Decimal(down)))


def rounded_offers(document: Document) -> dict[str, list[Offer]]:
    """Place of a section → what may be said for the counts in its sentences, each once."""
    found: dict[str, list[Offer]] = {}
    place = ""
    for block in document.body:
        if isinstance(block, Heading):
            place = block.place
        elif isinstance(block, Paragraph) and not block.by_hand:
            for text in _counts(block):
                words = rounded_words(int(re.sub(r"\D", "", text)))
                if words and Offer(text, words) not in found.setdefault(place, []):
                    found[place].append(Offer(text, words))
    return {at: offers for at, offers in found.items() if offers}


def _counts(block: Paragraph) -> Iterator[str]:
    for run in block.runs:
        if isinstance(run, Bound) and _COUNT.match(run.text) and not run.key.startswith(("plan:", "between:")):
            yield run.text
