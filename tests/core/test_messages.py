"""Two languages from one catalogue; Vietnamese unless somebody asked for English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tienbo.core import messages
from tienbo.core.messages import N_, gettext, language, ngettext, speaking


@pytest.fixture
def locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A catalogue of two messages, in the place of the project's own."""
    made = Catalog("vi", domain="django")
    made.add("accepted", "đã tiếp nhận")
    made.add(("{count} unit", "{count} units"), ("{count} đơn vị",))
    target = tmp_path / "vi" / "LC_MESSAGES"
    target.mkdir(parents=True)
    with (target / "django.mo").open("wb") as file:
        write_mo(file, made)
    monkeypatch.setattr(messages, "LOCALE_DIR", tmp_path)
    messages._catalogue.cache_clear()
    yield tmp_path
    messages._catalogue.cache_clear()


def test_vietnamese_is_what_is_spoken_unless_english_is_asked_for(locale: Path) -> None:
    assert language() == "vi"
    assert gettext("accepted") == "đã tiếp nhận"
    with speaking("en"):
        assert gettext("accepted") == "accepted"
        with speaking("vi"):
            assert gettext("accepted") == "đã tiếp nhận"
        assert language() == "en"
    assert language() == "vi"


def test_the_language_comes_back_after_an_exception() -> None:
    with pytest.raises(RuntimeError), speaking("en"):
        raise RuntimeError
    assert language() == "vi"


def test_numbers_choose_their_form(locale: Path) -> None:
    assert ngettext("{count} unit", "{count} units", 2) == "{count} đơn vị"
    with speaking("en"):
        assert ngettext("{count} unit", "{count} units", 1) == "{count} unit"
        assert ngettext("{count} unit", "{count} units", 2) == "{count} units"


def test_an_empty_text_stays_empty_and_does_not_show_the_catalogue_header(locale: Path) -> None:
    assert gettext("") == ""


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="no such language: fr"), speaking("fr"):
        pass


def test_a_missing_vietnamese_catalogue_does_not_pass_for_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "LOCALE_DIR", tmp_path)
    messages._catalogue.cache_clear()
    with pytest.raises(FileNotFoundError):
        gettext("accepted")
    with speaking("en"):
        assert gettext("accepted") == "accepted"
    messages._catalogue.cache_clear()


def test_a_marked_message_is_left_as_it_is() -> None:
    assert N_("accepted") == "accepted"
