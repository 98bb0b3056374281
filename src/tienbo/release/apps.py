"""The app of releases."""

from __future__ import annotations

from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    name = "tienbo.release"
    label = "release"
