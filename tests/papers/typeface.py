"""LibreOffice with a typeface as wide as Times New Roman that has every Vietnamese letter: the one we ship.

What a machine has in its place is a matter of chance: too wide a face sets a form smaller, one without the letters
tears words apart.
"""

from __future__ import annotations

import os
from pathlib import Path

from tienbo.papers import fonts

_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{folder}</dir>
  <cachedir>{cache}</cachedir>
  <match target="pattern">
    <test name="family"><string>Times New Roman</string></test>
    <edit name="family" mode="prepend" binding="strong"><string>Tinos</string></edit>
  </match>
</fontconfig>
"""


def environment(folder: Path) -> dict[str, str]:
    """The environment for a command, its settings written into a folder."""
    made = folder / "fonts.conf"
    made.write_text(_CONF.format(folder=fonts.folder(), cache=folder / "fontcache"), encoding="utf-8")
    return {**os.environ, "FONTCONFIG_FILE": str(made)}
