"""The bench of pages opens what it says it opens, and counts what came over the wire."""

from __future__ import annotations

import gzip
from email.message import Message

import pytest
from bench.measure import child
from bench.nation import cached

from bench import pages


def headers(**said: str) -> Message:
    made = Message()
    for name, value in said.items():
        made[name.replace("_", "-")] = value
    return made


def test_a_body_is_unpacked_as_it_was_packed() -> None:
    assert pages.unpacked(headers(Content_Encoding="gzip"), gzip.compress(b"page")) == b"page"
    assert pages.unpacked(headers(), b"page") == b"page"


def test_everything_a_page_loads_is_counted_once_and_what_is_kept_is_not_counted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """100 bytes of page, 30 of a stylesheet that is kept, 7 of a font it names, 5 of a picture that is not kept."""
    page = b'<link rel="stylesheet" href="/s/a.css"><img class="x" src="/chart.svg?a=1&amp;b=2">'.ljust(100)
    held = {
        "/": (200, headers(), page),
        "/s/a.css": (200, headers(Cache_Control="max-age=31536000, public"), b"@font-face{src:url(b.woff2)}".ljust(30)),
        "/s/b.woff2": (200, headers(Cache_Control="max-age=31536000, public"), b"1234567"),
        "/chart.svg?a=1&b=2": (200, headers(Cache_Control="private, no-cache"), b"<svg>"),
    }
    visitor = pages.Visitor(0)
    monkeypatch.setattr(visitor, "ask", held.__getitem__)
    assert visitor.open("/") == (142, "/")
    assert visitor.open("/") == (105, "/")


@pytest.mark.proof
def test_every_page_answers_and_a_thousand_rows_are_the_same_both_ways() -> None:
    found = {row.work: row for row in pages.rows(0.01, times=1)}
    assert {f"page: {name}" for name in pages.PAGES} < set(found)
    assert 0 < found["bytes of a later page"].measured < found["bytes of the first visit"].measured
    site = cached("province-1", "bench.report:make", districts=1) / "site"
    assert child("bench.pages:lists", site=str(site), times=1).answer["rows"] == pages.LIST
