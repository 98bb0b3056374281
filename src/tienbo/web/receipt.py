"""A receipt checked without an account: whose return, of which half-year, when it came, under which hash. No more."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tienbo.collection.models import Receipt
from tienbo.core.periods import Period
from tienbo.ground.journal import journal_head
from tienbo.ground.reach import reaching_everywhere
from tienbo.papers.context import period_name
from tienbo.units.frames import unit_names
from tienbo.web.access import public
from tienbo.web.office import office
from tienbo.web.unit_place import standing_day

_NOT_IN_A_CODE = re.compile(r"[^0-9A-Z]")
LETTERS = 10


@public
@require_GET
def receipt(request: HttpRequest) -> HttpResponse:
    """?code=ABCDE-23456, however it is spaced; a code that nobody was given is told so."""
    typed = request.GET.get("code", "")[:60].strip()
    context: dict[str, object] = {"typed": typed}
    if typed:
        with reaching_everywhere("whoever has a receipt's code may ask whether it was given"):
            found = (
                Receipt.objects.filter(code=normal(typed))
                .select_related("revision__of__unit", "revision__of__campaign", "revision__upload")
                .defer("revision__content")
                .first()
            )
        if found is None:
            return render(request, "web/receipt.html", {**context, "is_unknown": True}, status=404)
        revision = found.revision
        period, unit = Period.parse(revision.of.campaign.period_code), revision.of.unit
        day = standing_day(unit, period) or office().edition.calendar.last_day(period)
        context |= {
            "found": found,
            "name": unit_names(day).get(unit.pk) or str(unit.names.order_by("-valid_from").first() or ""),
            "when": period_name(period),
            "hash": revision.upload.sha256 if revision.upload is not None else revision.sha256,
            "is_file": revision.upload is not None,
            "head": journal_head(),
        }
    return render(request, "web/receipt.html", context)


def normal(typed: str) -> str:
    """A code as it was given: "abcde 23456" is ABCDE-23456."""
    letters = _NOT_IN_A_CODE.sub("", typed.upper())
    return f"{letters[:5]}-{letters[5:]}" if len(letters) == LETTERS else ""
