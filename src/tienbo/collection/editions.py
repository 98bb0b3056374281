"""The definitions that returns were made with: the pack as installed, or as the database keeps it."""

from __future__ import annotations

from functools import lru_cache

from tienbo.catalogue.fingerprint import from_canonical, in_reading_order, installed
from tienbo.catalogue.loading import Edition
from tienbo.collection.models import KeptEdition


@lru_cache(maxsize=16)
def edition_of(mark: str) -> Edition:
    """The edition with this fingerprint: the pack as installed, or the text kept in the database.

    KeyError when it is neither: such a workbook was made by another system.
    """
    found = installed(mark)
    if found is not None:
        return found
    kept = KeptEdition.objects.filter(fingerprint=mark).first()
    if kept is None:
        raise KeyError(mark)
    return in_reading_order(from_canonical(kept.definitions))


def kept_editions(*, installed_too: bool = False) -> dict[str, str]:
    """Fingerprint → canonical text of the editions the site keeps, of those no longer installed if not told otherwise.

    Another process reads the text sooner than it loads the pack.
    """
    kept = KeptEdition.objects.values_list("fingerprint", "definitions")
    return {mark: text for mark, text in kept if installed_too or installed(mark) is None}
