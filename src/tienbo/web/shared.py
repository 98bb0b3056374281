"""What a partner reads without an account, behind a link: the version that was approved, and nothing else of the site.

A link that was closed, that has ended or that nobody opened is not there: 404, whichever it is. Visits are counted by
day; nothing is kept of who came. Search engines are told to stay away, and the address is told to nobody (Referrer).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from tienbo.core.messages import speaking
from tienbo.ground.reach import reaching_everywhere
from tienbo.papers.html import body_html
from tienbo.papers.packet import LANG_NAMES, Lang
from tienbo.papers.packet_paper import Composed
from tienbo.release.packet_models import PacketStep
from tienbo.release.packets import content_of, packet_shared, visit_count
from tienbo.web.access import public
from tienbo.web.packets import NOWHERE, composed, packet_file


def _by_the_link() -> AbstractContextManager[None]:
    return reaching_everywhere("who has the link reads what was approved behind it, and is nobody's")


def _opened(link: str, lang: str) -> tuple[PacketStep, Lang, tuple[Lang, ...], Composed]:
    step = packet_shared(link)
    if step is None:
        raise Http404
    langs = content_of(step.version).shared_in
    said = next((one for one in langs if one == lang), None) if lang else langs[0]
    if said is None:
        raise Http404
    # The day it was approved, so that the same packet gives the same file as long as it is shared.
    approved = timezone.localtime(step.done_at).date()
    return step, said, langs, composed(step.version, said, marks=False, made_on=approved)


@public
@require_safe
def shared(request: HttpRequest, link: str, lang: str = "") -> HttpResponse:
    """The packet as a page in one of the languages it is shared in."""
    with _by_the_link():
        step, said, langs, made = _opened(link, lang)
        _counted(request, step)
    context = {
        "link": link,
        "lang": said,
        "langs": [(one, LANG_NAMES[one], one == said) for one in langs],
        "document": made.document,
        "paper": body_html(made.document, NOWHERE),
        "last_day": step.last_day,
    }
    speech = made.document.speech
    with speaking(speech), translation.override(speech):
        return _unlisted(render(request, "web/shared.html", context), said)


@public
@require_safe
def shared_file(request: HttpRequest, link: str, lang: str, suffix: str) -> HttpResponse:
    """The same as a Word file or a PDF."""
    with _by_the_link():
        step, said, _langs, made = _opened(link, lang)
        _counted(request, step)
        return _unlisted(packet_file(made, step.packet, said, suffix), said)


def _counted(request: HttpRequest, step: PacketStep) -> None:
    if request.method == "GET":
        visit_count(step)


def _unlisted(answer: HttpResponse, lang: Lang) -> HttpResponse:
    answer.headers["Content-Language"] = lang
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
