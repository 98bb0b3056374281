"""The small world of the pages, for programs."""

from __future__ import annotations

from tests.web.conftest import (
    built,
    every_answer_is_looked_at,
    every_post_is_tried_with_more,
    furnished,
    opened,
    sit,
    world,
)

__all__ = ["built", "every_answer_is_looked_at", "every_post_is_tried_with_more", "furnished", "opened", "sit", "world"]
