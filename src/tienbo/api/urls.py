"""Every address of the JSON door: its operations are declared by being imported."""

from __future__ import annotations

from tienbo.api import figures, places, recording, registers, returns, tasks  # noqa: F401 - they declare operations
from tienbo.api.door import addresses

urlpatterns = addresses()
