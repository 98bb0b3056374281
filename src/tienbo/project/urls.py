"""Every door's addresses."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("tienbo.api.urls")), path("", include("tienbo.web.urls"))]
handler400 = "tienbo.web.errors.bad_request"
handler403 = "tienbo.web.errors.forbidden"
handler404 = "tienbo.web.errors.not_found"
handler429 = "tienbo.web.errors.too_many"
handler500 = "tienbo.web.errors.broken"
