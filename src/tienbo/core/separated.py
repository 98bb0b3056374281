"""Text whose cells are separated by a mark (CSV), as whatever program wrote it ended its lines."""

from __future__ import annotations

import csv
import io

LONGEST = 2**27
"""Letters of one cell: more than any file that is read has."""


def separated(text: str, separator: str) -> list[list[str]]:
    """The cells of each line. Lines end with CR, LF or both; a quotation without end takes the rest into its cell."""
    csv.field_size_limit(LONGEST)
    return list(csv.reader(io.StringIO(text, newline=None), delimiter=separator))
