"""Every template, and every page as every role sees it: nothing inline, nothing missing, sound HTML, no link that
leads nowhere, and no word of the other language."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from babel.messages.pofile import read_po
from django.conf import settings as django_settings
from django.test import Client, override_settings
from django.urls import Resolver404, resolve
from tests.web.furnished import Furnished
from tests.web.parsed import Element, Parsed

import tienbo.web
from tienbo.core.messages import LOCALE_DIR

TEMPLATES = sorted((Path(tienbo.web.__file__).parent / "templates").rglob("*.html"))
STATIC = Path(tienbo.web.__file__).parent / "static" / "web"
SEATS = ("office", "chair", "preparer", "head", "partner", "nobody", "")
IN_PROOF = {"chair", "head", "partner", "nobody"}
"""Seats whose pages are shown to the others too: they are looked at in full counts."""


def seats(*names: str, but: Collection[str] = IN_PROOF) -> pytest.MarkDecorator:
    """Each by itself, some in full counts only."""
    return pytest.mark.parametrize(
        "seat", [pytest.param(one, marks=pytest.mark.proof) if one in but else one for one in names]
    )


MISSING = "⟦%s⟧"
INLINE = {
    "a style": re.compile(r"\bstyle\s*=|<style\b", re.IGNORECASE),
    "a handler": re.compile(r"\son[a-z]+\s*=|\bhx-on\b|\bhx-vars\b|javascript:|\bhx-vals\s*=\s*.js:", re.IGNORECASE),
    "a script": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
}
ENGLISH = re.compile(r"\b(the|of|and|is|are|this|with|from|not|was|were|has|have)\b")
"""Words that no Vietnamese sentence has."""


# ------------------------------------------------------------------------------------------------------- sources


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_anything_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "autoescape" not in text
    plain = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", text, flags=re.DOTALL)
    assert {what: found for what, looked in INLINE.items() if (found := looked.findall(plain))} == {}


def test_no_script_of_ours_makes_code_or_styles_out_of_text() -> None:
    scripts = sorted(STATIC.rglob("*.js"))
    assert scripts
    for path in scripts:
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"\beval\(|new Function|\.innerHTML|insertAdjacentHTML|document\.write|\.cssText", text)
        assert found == [], path.name


def test_what_is_not_escaped_is_the_paper_alone() -> None:
    """Its writer escapes every text (tests/papers); nothing else is put into a page as it is."""
    unescaped = {found for path in TEMPLATES for found in re.findall(r"[\w.]+\|safe\w*", path.read_text("utf-8"))}
    assert unescaped == {"paper|safe", "section.computed|safe"}
    rooms = Path(tienbo.web.__file__).parents[1]
    trusted = re.compile(r"\bmark_safe\b|\bSafeString\b|\bformat_html\b|\bis_safe\b")
    assert [path.name for path in rooms.rglob("*.py") if trusted.search(path.read_text("utf-8"))] == []


# --------------------------------------------------------------------------------------------------- as they come


class Pages:
    """Every page that a seat gets, with the address it stands at; fetched once for the tests below."""

    def __init__(self, furnished: Furnished) -> None:
        self.furnished = furnished
        self._kept: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def of(self, seat: str, lang: str = "vi") -> list[tuple[str, str]]:
        if (seat, lang) not in self._kept:
            self._kept[seat, lang] = list(self._walk(seat, lang))
        return self._kept[seat, lang]

    def _walk(self, seat: str, lang: str) -> Iterator[tuple[str, str]]:
        client = self.furnished.sit(seat) if seat else Client()
        client.cookies["tienbo_lang"] = lang
        for place in self.furnished.places():
            if place.whose in ("sibling", "other_child", "other_thing"):
                continue
            for method in ("GET", "POST"):
                if method not in place.methods or (method == "POST" and place.name == "account_logout"):
                    continue
                answer = client.generic(method, place.address)
                if answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code != 302:
                    yield f"{method} {place.address} as {seat or 'a stranger'}", answer.content.decode()


@pytest.fixture(scope="module")
def pages(furnished: Furnished) -> Iterator[Pages]:
    told = copy.deepcopy(django_settings.TEMPLATES)
    told[0]["OPTIONS"]["string_if_invalid"] = MISSING
    with override_settings(TEMPLATES=told):
        yield Pages(furnished)


@pytest.mark.django_db
@pytest.mark.parametrize("lang", ["vi", pytest.param("en", marks=pytest.mark.proof)])
@seats(*SEATS)
def test_no_page_lacks_a_word_it_was_to_show(pages: Pages, seat: str, lang: str) -> None:
    found = pages.of(seat, lang)
    assert len(found) >= 3
    lacking = {where: sorted(set(re.findall(r"⟦.*?⟧", text))) for where, text in found if "⟦" in text}
    assert lacking == {}


@pytest.mark.django_db
@seats(*SEATS)
def test_every_page_is_sound_html_with_nothing_inline(pages: Pages, seat: str) -> None:
    faults = {where: told for where, text in pages.of(seat) if (told := sorted(set(_faults(Parsed(text)))))}
    assert faults == {}


def _faults(page: Parsed) -> Iterator[str]:
    yield from page.faults
    ids = Counter(one.attributes["id"] for one in page.elements if one.attributes.get("id"))
    yield from (f"the id {name} stands {count} times" for name, count in ids.items() if count > 1)
    whole = bool(page.all("html"))
    for one in page.elements:
        yield from _faults_of(one, ids if whole else None)
    if not whole:
        return
    headings = [int(one.tag[1]) for one in page.elements if re.fullmatch(r"h[1-6]", one.tag)]
    if headings.count(1) != 1 or headings[0] != 1:
        yield f"headings {headings}"
    yield from (f"h{b} follows h{a}" for a, b in pairwise(headings) if b > a + 1)
    if not any(one.text.strip(" ·\n") for one in page.all("title")):
        yield "no title"
    labelled = {one.attributes.get("for") for one in page.all("label")}
    for one in page.all("input", "select", "textarea"):
        is_silent = one.attributes.get("type") in ("hidden", "submit", "button")
        is_named = one.attributes.get("id") in labelled or "aria-label" in one.attributes
        if not (is_silent or is_named or "aria-labelledby" in one.attributes or one.stands_in("label")):
            yield f"<{one.tag} name={one.attributes.get('name')}> has no label"
    for one in page.all("form"):
        inside = [field for field in page.all("input") if one in field.within]
        if one.attributes.get("method", "get").lower() == "post" and not any(
            field.attributes.get("name") == "csrfmiddlewaretoken" for field in inside
        ):
            yield f"the form to {one.attributes.get('action')} has no token"


def _faults_of(one: Element, ids: Counter[str] | None) -> Iterator[str]:
    said = one.attributes
    if "style" in said or one.tag == "style":
        yield f"<{one.tag}> has a style"
    yield from (f"<{one.tag}> has {name}" for name in said if name.startswith(("on", "hx-on")))
    if one.tag == "script" and (not said.get("src", "").startswith("/") or one.text.strip()):
        yield "a script stands in the page"
    for name in ("href", "src", "action", "hx-get", "hx-post"):
        if re.match(r"\s*(javascript|data):|[a-z]*:?//", said.get(name, ""), re.IGNORECASE):
            yield f"{name}={said[name]}"
    if one.tag == "img" and "alt" not in said:
        yield f"a picture without words: {said.get('src')}"
    if one.tag == "th" and "scope" not in said:
        yield f"a heading of a table without scope: {one.text.strip()[:40]}"
    if one.tag == "a" and "href" in said and not (one.text.strip() or "aria-label" in said):
        yield f"a link without words: {said['href']}"
    if one.tag == "button" and not (one.text.strip() or "aria-label" in said):
        yield "a button without words"
    if ids is None:
        return
    for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls", "list"):
        yield from (f"{name} names {to}, which is not there" for to in said.get(name, "").split() if to not in ids)
    if said.get("href", "").startswith("#") and said["href"][1:] not in ids:
        yield f"the link {said['href']} leads nowhere"


@pytest.mark.django_db
@seats("office", "preparer", "partner", but={"preparer", "partner"})
def test_no_link_leads_nowhere(furnished: Furnished, seat: str) -> None:
    """Every link is followed from the first page on, at most a few of a kind."""
    client = furnished.sit(seat)
    waiting, seen, kinds, broken = [("/", "")], {"/"}, Counter[object](), []
    while waiting:
        address, origin = waiting.pop(0)
        answer = client.get(address)
        if answer.status_code == 302:
            follow = [answer.headers["Location"]]
        elif answer.status_code != 200:
            broken.append((answer.status_code, address, origin))
            continue
        elif answer.headers["Content-Type"].startswith("text/html"):
            page = Parsed(answer.content.decode())
            follow = [
                one.attributes[name]
                for one in page.elements
                for name in ("href", "src", "hx-get")
                if one.attributes.get(name)
            ]
        else:
            continue
        for to in follow:
            whole = urldefrag(urljoin(address, to)).url
            if whole in seen or whole.startswith("/static/"):
                continue
            seen.add(whole)
            kind = _kind(whole)
            kinds[kind] += 1
            if kinds[kind] <= 2:
                waiting.append((whole, address))
    assert broken == []
    assert len(kinds) > {"office": 40, "preparer": 15, "partner": 6}[seat], kinds


def _kind(address: str) -> object:
    parts = urlsplit(address)
    try:
        name = resolve(parts.path).url_name
    except Resolver404:
        return address
    return name, re.sub(r"=[^&]*", "=", parts.query)


# ------------------------------------------------------------------------------------------------------- language


def _messages() -> list[tuple[str, str]]:
    """(English, Vietnamese) of every message that is words: two of them at least, and not the same in both."""
    with (LOCALE_DIR / "vi" / "LC_MESSAGES" / "django.po").open("rb") as file:
        held = read_po(file, locale="vi")
    found = []
    for message in held:
        english = message.id if isinstance(message.id, tuple) else (message.id,)
        vietnamese = message.string if isinstance(message.string, tuple) else (message.string,)
        found += [(one, vietnamese[0]) for one in english if one and vietnamese[0] and one != vietnamese[0]]
    return found


def _looked_for(messages: list[str]) -> Callable[[str], bool]:
    """Whether a piece of text is one of the messages, whatever stands in their blanks. Most pieces stand on every page:
    each is looked for once."""
    whole, with_blanks = set(), set()
    for text in messages:
        plain = re.sub(r"%\(\w+\)[sd]|\{[^}]*\}", "\0", " ".join(text.split()))
        if len(re.findall(r"[^\W\d]{2,}", plain.replace("\0", " "))) >= (3 if "\0" in plain else 2):
            (with_blanks if "\0" in plain else whole).add(plain)
    shapes = re.compile("|".join(".+".join(map(re.escape, one.split("\0"))) for one in sorted(with_blanks)))

    @cache
    def found(text: str) -> bool:
        return text in whole or shapes.fullmatch(text) is not None

    return found


READERS = ("office", "chair", "preparer", "partner", "nobody", "")


@pytest.mark.django_db
@seats(*READERS)
def test_a_vietnamese_page_has_no_english_left(pages: Pages, seat: str) -> None:
    english = _looked_for([one for one, _other in _messages()])
    _none_left(
        (text, where)
        for where, source in pages.of(seat, "vi")
        for text, at in Parsed(source).said()
        if at.lang() not in ("en", "lo") and (english(text) or ENGLISH.search(text))
    )


OTHERS = {"Phụ lục của Bộ", "Nội dung", "Tổng số", "Đối chiếu", "Cùng kỳ năm trước"}
"""Words of the annex that was sent, which stay as they are; what was filled in keeps the remarks it was filled with."""


@pytest.mark.django_db
@seats(*READERS, but={"office", *IN_PROOF})
def test_an_english_page_has_no_vietnamese_message_left(pages: Pages, seat: str) -> None:
    vietnamese = _looked_for([other for _one, other in _messages()])
    _none_left(
        (text, where)
        for where, source in pages.of(seat, "en")
        for text, at in Parsed(source).said()
        if at.lang() != "vi" and text not in OTHERS and "/filled_" not in where and vietnamese(text)
    )


def _none_left(found: Iterator[tuple[str, str]]) -> None:
    once = dict(found)
    if once:
        pytest.fail("\n".join(f"{text!r} in {where}" for text, where in once.items()))
