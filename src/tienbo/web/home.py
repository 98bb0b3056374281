"""Home of a period: who has sent, who is late, what is wrong; how each target stands; what moved."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tienbo.core.periods import Period
from tienbo.web.access import Asked, page


@page("view")
def home(request: Asked, period: Period) -> HttpResponse:
    return render(request, "web/home.html", {"asked": period})
