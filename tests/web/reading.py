"""Reading a page as a person does: its words in order, the rows of its tables."""

from __future__ import annotations

import html
import re

from django.http import HttpResponse


def words(response: HttpResponse) -> str:
    """The words of the main part, blanks folded."""
    text = response.content.decode()
    if "<main" in text:
        text = text[text.index("<main") : text.index("</main>")]
    return _plain(text)


def rows(response: HttpResponse) -> list[list[str]]:
    """The cells of every table row, in words."""
    found = []
    for row in re.findall(r"<tr[ >].*?</tr>", response.content.decode(), flags=re.DOTALL):
        found.append([_plain(cell) for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, flags=re.DOTALL)])
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).strip()
