"""The app of protection."""

from __future__ import annotations

from django.apps import AppConfig


class ProtectionConfig(AppConfig):
    name = "tienbo.protection"
    label = "protection"
