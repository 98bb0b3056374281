"""The app of registers."""

from __future__ import annotations

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "tienbo.registers"
    label = "registers"
