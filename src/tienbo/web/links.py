"""Addresses of pages that a site may or may not have."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse


def link(name: str, **given: Any) -> str:
    """The address of a page, or nothing where the site has no such page."""
    try:
        return reverse(name, kwargs=given)
    except NoReverseMatch:
        return ""
