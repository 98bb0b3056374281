"""The pages about the command line say what the program says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tienbo.core.messages import speaking
from tienbo.project.manual import PAGES, commands, marked, page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_the_tables_of_options_are_those_of_the_parser(lang: str) -> None:
    text = (DOCS / PAGES[lang]).read_text(encoding="utf-8")
    assert page(text, lang) == text, "run: python -m tienbo.project.manual"


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_every_command_has_its_place_on_the_page_once(lang: str) -> None:
    with speaking(lang):
        wanted = [name for name, _command in commands()]
    assert sorted(marked((DOCS / PAGES[lang]).read_text(encoding="utf-8"))) == sorted(wanted)


def test_both_pages_have_the_same_commands_in_the_same_order() -> None:
    pages = [marked((DOCS / name).read_text(encoding="utf-8")) for name in PAGES.values()]
    assert pages[0] == pages[1]


def test_a_table_that_lags_behind_is_noticed() -> None:
    text = "<!-- command: receive -->\n| old |\n<!-- end -->"
    assert page(text, "en") != text
    with pytest.raises(ValueError, match="no command"):
        page("<!-- command: fly -->\n<!-- end -->", "en")
