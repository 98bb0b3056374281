"""allauth's OpenID Connect provider, keeping nothing of what it tells: no name, no birth, no number of a person."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    def extract_extra_data(self, data: Any) -> dict[str, Any]:  # noqa: ARG002 - that is the point
        return {}

    def extract_common_fields(self, data: Any) -> dict[str, Any]:  # noqa: ARG002
        return {}

    def get_default_scope(self) -> list[str]:
        """Who it is, and no profile."""
        return ["openid"]


provider_classes = [Provider]
