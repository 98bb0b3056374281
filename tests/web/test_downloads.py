"""No cell of a file that is handed out is taken for a formula, and what was said can be read back (T32)."""

from __future__ import annotations

import csv
import io

from tienbo.web.downloads import csv_bytes, csv_streamed, inert

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\t=", "＝", "＋", "＠")
CALLS = (
    *("cmd|' /C calc'!A0", "1+1", 'HYPERLINK("http://a";"b")', "SUM(1;2)*cmd|'/C calc'!A0", "IMPORTXML(A1)"),
    *(
        "2+3+cmd|'/C notepad'!A0",
        "5;=1+1",
        "WEBSERVICE(A1)",
        'DDE("a";"b")',
        "",
        "x",
        "A1",
        "1e5",
        "(1)",
        "'",
        "5%3",
        "5-1",
    ),
)
PAYLOADS = [start + call for start in STARTS for call in CALLS]
PLAIN = ("Xã An Bình", "-5", "-5,25", "-1.234,5", "-12 %", "12", "", "'đã có dấu", "a=b", "5-1", "–5")


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_every_payload_in_every_column_is_text_and_can_be_read_back() -> None:
    assert len(PAYLOADS) >= 200
    lines = [[said, "giữa", said] for said in PAYLOADS]
    streamed = b"".join(csv_streamed("x.csv", lines).streaming_content)  # type: ignore[arg-type]
    for data in (csv_bytes(lines), streamed):
        found = cells(data)
        assert len(found) == len(lines)
        for line, said in zip(found, PAYLOADS, strict=True):
            for cell in (line[0], line[2]):
                assert cell[:1] == "'", said
                assert cell[1:] == said


def test_numbers_and_words_stay_what_they_are() -> None:
    assert [inert(said) for said in PLAIN] == list(PLAIN)
    assert inert(inert("=1")) == "'=1"  # made inert twice is made inert once
