"""The app of returns."""

from __future__ import annotations

from django.apps import AppConfig


class CollectionConfig(AppConfig):
    name = "tienbo.collection"
    label = "collection"
