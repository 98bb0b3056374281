"""Speaking two languages from one catalogue (standard gettext, domain "django" so that pages share it).

Message ids are English sentences; Vietnamese is what is spoken unless somebody asked for English.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("vi", "en")
LOCALE_DIR = Path(__file__).parent.parent / "locale"

_language: ContextVar[str] = ContextVar("language", default="vi")


def N_(message: str) -> str:  # noqa: N802 - the customary name of a message marked for later
    """Mark a message that is translated where it is shown."""
    return message


def language() -> str:
    return _language.get()


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Speak `lang` ("vi" or "en") inside the block."""
    if lang not in LANGUAGES:
        raise ValueError(f"no such language: {lang}")
    token = _language.set(lang)
    try:
        yield
    finally:
        _language.reset(token)


@lru_cache
def _catalogue(lang: str) -> _gettext.NullTranslations:
    # A missing Vietnamese catalogue must not pass for English: `make setup` compiles it.
    return _gettext.translation("django", LOCALE_DIR, [lang], fallback=lang == "en")


def gettext(message: str) -> str:
    return _catalogue(_language.get()).gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    return _catalogue(_language.get()).ngettext(one, many, count)
