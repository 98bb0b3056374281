"""How Babel finds the messages of Django templates: as Django's own makemessages does, without GNU gettext."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from babel.messages.extract import extract_python
from django.conf import settings
from django.utils.translation.template import templatize

if not settings.configured:
    settings.configure()


def extract(fileobj: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """{% translate "…" %} and {% blocktranslate %} become calls that Babel knows."""
    text = templatize(fileobj.read().decode(), origin=getattr(fileobj, "name", None))
    # templatize writes X for what is not a message and u'…' nowhere; what is left is a run of calls.
    yield from extract_python(BytesIO(text.encode()), [*keywords, "gettext"], comment_tags, options)
