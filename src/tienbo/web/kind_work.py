"""Records of a register counted anew in the background, by the definition that came into use."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tienbo.ground.jobs import Held, handles
from tienbo.registers.kinds import RECOUNT
from tienbo.registers.recounting import records_recount
from tienbo.web.office import office


@handles(RECOUNT)
def recount(held: Held) -> dict[str, Any]:
    """The records of the register that the job names, of all where it names none: how many were looked at, and how many
    count otherwise now."""
    registers = [code] if (code := held.arguments["register"]) else []
    return asdict(records_recount(edition=office().edition, registers=registers, progress=held.progress))
