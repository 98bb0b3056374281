"""The furnished world of the pages, for the bodies that are sent to them."""

from tests.web.conftest import furnished, opened

__all__ = ["furnished", "opened"]
