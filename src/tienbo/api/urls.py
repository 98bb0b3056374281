"""Every address of the JSON door: its operations are declared by being imported."""

from __future__ import annotations

from tienbo.api import (  # noqa: F401 - they declare operations
    figures,
    places,
    planning,
    recording,
    registers,
    returns,
    tasking,
    tasks,
)
from tienbo.api.door import addresses

urlpatterns = addresses()
