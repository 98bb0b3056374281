"""The furnished world of the pages, for the bodies that are sent to them."""

from tests.web.conftest import every_answer_is_looked_at, furnished, opened

__all__ = ["every_answer_is_looked_at", "furnished", "opened"]
