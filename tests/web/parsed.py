"""A page taken apart: its elements with their attributes, its pieces of text with the elements they stand in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
}  # fmt: skip


@dataclass(eq=False)
class Element:
    tag: str
    attributes: dict[str, str]
    within: tuple[Element, ...] = ()
    pieces: list[str] = field(default_factory=list)

    @cached_property
    def text(self) -> str:
        """Asked for once the page is read: a page's body has thousands of pieces."""
        return "".join(self.pieces)

    def lang(self) -> str:
        """The language it is said to be in, by itself or by what it stands in."""
        return next((one.attributes["lang"] for one in (self, *reversed(self.within)) if "lang" in one.attributes), "")

    def stands_in(self, *tags: str) -> bool:
        return any(one.tag in tags for one in (self, *self.within))


@dataclass
class Parsed(HTMLParser):
    """Faults are told, not repaired: an end that closes nothing, an element left open."""

    source: str
    elements: list[Element] = field(default_factory=list)
    texts: list[tuple[str, Element]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()
        self.faults += [f"<{one.tag}> is never closed" for one in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        self.faults += [f"<{tag}> says {name} twice" for name in set(names) if names.count(name) > 1]
        made = Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        self.elements.append(made)
        if tag not in VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1].tag == tag:
            self._open.pop()
        else:
            where = self._open[-1].tag if self._open else "nothing"
            self.faults.append(f"</{tag}> closes <{where}>")

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        for one in self._open:
            one.pieces.append(data)
        if words and self._open:
            self.texts.append((words, self._open[-1]))

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.elements if one.tag in tags]

    def said(self) -> list[tuple[str, Element]]:
        """Everything a person reads or is read: texts, labels, names of pictures, hints; not what is code."""
        found = [(text, at) for text, at in self.texts if not at.stands_in("script", "style", "code", "pre")]
        for one in self.elements:
            for name in ("aria-label", "alt", "title", "placeholder"):
                if one.attributes.get(name):
                    found.append((" ".join(one.attributes[name].split()), one))
        return found
