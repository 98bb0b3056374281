"""The app of pages."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks


def every_view_declares(**kwargs: Any) -> list[checks.CheckMessage]:
    # Imported when checks run: a command that serves no page should not load every page.
    from tienbo.web.access import check_every_view_declares

    return check_every_view_declares(**kwargs)


class WebConfig(AppConfig):
    name = "tienbo.web"
    label = "web"

    def ready(self) -> None:
        from tienbo.ground.jobs import handled_in  # it has a table, and apps come before tables

        checks.register(every_view_declares, checks.Tags.urls)
        handled_in("tienbo.web.receiving")
        handled_in("tienbo.web.mailing")
        handled_in("tienbo.web.kind_work")
