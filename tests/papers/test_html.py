"""The paper on the screen: the words of the paper, every figure a link, nothing that a text could make run."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.papers.a_province import context, report, said

from tienbo.papers.blocks import Bound, Document, Footnote, Paragraph
from tienbo.papers.context import ByHand
from tienbo.papers.html import Addresses, annex_html, charts, computed_html, paper_html

ADDRESSES = Addresses(lambda key: f"/why?{key}", lambda number: f"/chart/{number}")
NASTY = "Xã <script>alert(1)</script> & \"ngoặc\" 'đơn' <b>12</b>"
SECTION = "Kết quả thực hiện › Công tác lãnh đạo, chỉ đạo, kiện toàn tổ chức"


class Read(HTMLParser):
    """Words, links, classes and pictures of some HTML; whether every tag is closed."""

    VOID = ("br", "img")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def paper() -> Document:
    texts = (said("limitation", "Xã Mây 01", NASTY), said("highlight", "Xã Mây 02", "Mở lớp."))
    by_hand = (ByHand(SECTION, "before", f"Toàn tỉnh có 1.234 cán bộ {NASTY}."),)
    return report(texts=texts, by_hand=by_hand, missing=("Xã Mây 12",), missing_kinds=("commune",))


@pytest.fixture(scope="module")
def parts(paper: Document) -> list[str]:
    annexes = [annex_html(paper, index, ADDRESSES) for index in range(len(paper.annex))]
    return [paper_html(paper, ADDRESSES), *annexes]


def test_every_figure_of_the_paper_is_a_link_to_its_key(paper: Document, parts: list[str]) -> None:
    links = [attrs["href"] for part in parts for _tag, attrs in Read(part).tags if attrs.get("class") == "tb-bound"]
    assert sorted(links) == sorted(f"/why?{bound.key}" for bound in paper.bounds())


def test_the_words_are_those_of_the_paper(paper: Document, parts: list[str]) -> None:
    told = " ".join("".join(Read(part).words for part in parts).split())
    for block in paper.blocks():
        if isinstance(block, Paragraph):
            runs = [run for run in block.runs if not isinstance(run, Footnote)]
            plain = "".join(run.text if isinstance(run, Bound) else run for run in runs if isinstance(run, str | Bound))
            assert " ".join(plain.split()) in told or block.by_hand, plain


def test_what_people_typed_is_text(parts: list[str]) -> None:
    for part in parts:
        tags = {tag for tag, _attrs in Read(part).tags}
        assert not tags & {"script", "b", "iframe", "style", "form", "input"}
        assert not re.search(r"\sstyle=|\son\w+=|javascript:", part.replace(NASTY, ""))
    assert any("<script>alert(1)" in Read(part).words for part in parts)


def test_figures_written_by_hand_are_marked_and_bound_to_nothing(paper: Document, parts: list[str]) -> None:
    marked = re.findall(r'<mark class="tb-by-hand">([^<]*)</mark>', parts[0])
    assert marked == ["1.234", "1", "12"]
    assert "số do người soạn nhập" in Read(parts[0]).words or "figures entered by the drafter" in Read(parts[0]).words


def test_paper_itself_says_nothing_of_who_wrote_it(paper: Document) -> None:
    assert not any("người soạn" in line or "drafter" in line for line in paper.lines())


def test_identifiers_are_single_and_notes_lead_there_and_back(parts: list[str]) -> None:
    tags = [one for part in parts for one in Read(part).tags]
    names = [attrs["id"] for _tag, attrs in tags if "id" in attrs]
    assert len(names) == len(set(names))
    for _tag, attrs in tags:
        href = attrs.get("href") or ""
        assert not href.startswith("#") or href[1:] in names


def test_tables_say_what_they_are_and_their_heads_are_heads(parts: list[str]) -> None:
    for part in parts:
        tags = Read(part).tags
        assert sum(tag == "table" for tag, _ in tags) == sum(tag == "caption" for tag, _ in tags)
        assert all(attrs.get("scope") in ("col", "rowgroup") for tag, attrs in tags if tag == "th")


def test_charts_are_pictures_at_addresses_of_their_own_with_words(paper: Document, parts: list[str]) -> None:
    pictures = [attrs for part in parts for tag, attrs in Read(part).tags if tag == "img"]
    assert [one["src"] for one in pictures] == [f"/chart/{number}" for number in range(len(charts(paper)))]
    assert all(one["alt"] for one in pictures)


def test_an_annex_that_is_not_there_is_no_annex(paper: Document) -> None:
    with pytest.raises(IndexError):
        annex_html(paper, len(paper.annex), ADDRESSES)


def test_headings_lead_to_where_words_are_written_for_them(paper: Document) -> None:
    shown = Read(paper_html(paper, replace(ADDRESSES, section=lambda place: f"/words#{len(place)}")))
    assert ("a", f"/words#{len(SECTION)}") in [(tag, attrs.get("href")) for tag, attrs in shown.tags]


def test_what_is_computed_for_a_section_is_told_without_what_was_written_by_hand(paper: Document) -> None:
    held = computed_html(paper, ADDRESSES)
    assert "văn bản lãnh đạo" in held[SECTION]
    assert "1.234 cán bộ" not in held[SECTION]
    assert "<sup" not in held[SECTION]


def test_a_demonstration_in_english_reads_from_the_same_blocks() -> None:
    paper = report(lang="en", **{"missing": context().missing})
    assert "Figures" in paper_html(paper, ADDRESSES) or "figures" in paper_html(paper, ADDRESSES)
