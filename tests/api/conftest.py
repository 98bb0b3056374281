"""The small world of the pages, for programs."""

from __future__ import annotations

from tests.web.conftest import built, furnished, opened, sit, world

__all__ = ["built", "furnished", "opened", "sit", "world"]
