"""The app of pages."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class WebConfig(AppConfig):
    name = "tienbo.web"
    label = "web"

    def ready(self) -> None:
        from tienbo.web.access import check_every_view_declares

        checks.register(check_every_view_declares, checks.Tags.urls)
