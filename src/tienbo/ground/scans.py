"""Scanned papers and pictures that somebody brings: what they are by their bytes, whole, and of a size that is kept."""

from __future__ import annotations

from django.db.models import TextChoices

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_

LARGEST = 20 * 2**20
"""Bytes of a scanned paper. Ten pages of 300 dpi in colour have about 8 MB."""

worded(
    {
        "scan.empty": N_("{name} is empty. Choose the file once more."),
        "scan.too_large": N_("{name} is larger than the {most} MB a scanned paper may have. Scan it at 200 dpi."),
        "scan.not_a_paper": N_("{name} is neither a PDF nor a JPEG or PNG picture. Scan or save the paper as PDF."),
        "scan.cut_off": N_("{name} is not whole: its end is missing. Scan or send it again."),
    }
)


class ScanFormat(TextChoices):
    """What a scanned paper may be: pages or a picture, and nothing that a browser would run."""

    PDF = "pdf", N_("PDF")
    JPEG = "jpg", N_("JPEG")
    PNG = "png", N_("PNG")


MEDIA_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
"""What each is called when it is sent, always to be saved and never to be opened in a page's place."""

_STARTS = (
    (b"%PDF-", ScanFormat.PDF),
    (b"\xff\xd8\xff", ScanFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", ScanFormat.PNG),
)
_ENDS = {
    ScanFormat.PDF: b"%%EOF",
    ScanFormat.JPEG: b"\xff\xd9",
    ScanFormat.PNG: b"IEND",
}
_TAIL = 2048
"""How far before its last byte a whole file has its end: scanners write a few bytes of their own after it."""


def scan_format(content: bytes, name: str) -> ScanFormat:
    """What a scanned paper is, by its bytes and never by its name. Refused for anything else, for half a file, and for
    more than is kept."""
    if not content:
        raise Refused(Fault("scan.empty", "", {"name": name}))
    if len(content) > LARGEST:
        # How large it is is not said: whoever takes it reads no more of it than shows that it is too large.
        raise Refused(Fault("scan.too_large", "", {"name": name, "most": LARGEST // 2**20}))
    found = next((made for start, made in _STARTS if content.startswith(start)), None)
    if found is None:
        raise Refused(Fault("scan.not_a_paper", "", {"name": name}))
    if _ENDS[found] not in content[-_TAIL:]:
        raise Refused(Fault("scan.cut_off", "", {"name": name}))
    return found
