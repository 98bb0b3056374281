"""Files and forms changed at random, from a seed: what parsers and pages are given in T31.

Each change is small enough that most of a file still is what it was: what gets as far as the inner rooms. Whole files
are changed by bytes; zipped ones in one of their parts, then packed anew so that nothing else is wrong with them.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_LONG = ("a\u0301" * 50, "\u1ebf" * 300, "x" * 5_000)
ODD: tuple[str, ...] = (*json.loads((Path(__file__).parent / "odd.json").read_text(encoding="utf-8")), *_LONG)
"""Texts that programs stumble over."""


def changed_bytes(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        at = chance.randrange(len(made)) if made else 0
        what = chance.randrange(7)
        if what == 0 and made:
            made[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            made[at : at + chance.randint(1, 16)] = chance.randbytes(chance.randint(0, 16))
        elif what == 2:
            del made[at : at + chance.randint(1, 200)]
        elif what == 3:
            made[at:at] = made[max(0, at - chance.randint(1, 300)) : at]
        elif what == 4:
            made[at:at] = chance.choice(ODD).encode("utf-8", "surrogatepass")
        elif what == 5:
            number = chance.choice((0, 1, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF))
            size = chance.choice((1, 2, 4))
            made[at : at + size] = (number & (256**size - 1)).to_bytes(size, "little")
        else:
            other = chance.randrange(len(made)) if made else 0
            made[at : at + 40] = made[other : other + chance.randint(1, 80)]
    return bytes(made)


def changed_zip(data: bytes, chance: random.Random) -> bytes:
    """One or two parts of a zipped file changed, the file packed anew; now and then the bytes of the file itself."""
    if chance.random() < 0.15:
        return changed_bytes(data, chance)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {one.filename: archive.read(one) for one in archive.infolist()}
    names = [name for name, part in parts.items() if part]
    for name in chance.sample(names, min(len(names), chance.choice((1, 1, 2)))):
        what = chance.random()
        if what < 0.04:
            del parts[name]
        elif what < 0.5 and name.endswith((".xml", ".rels")):
            parts[name] = changed_text(parts[name].decode(errors="replace"), chance).encode("utf-8", "surrogatepass")
        else:
            parts[name] = changed_bytes(parts[name], chance)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return out.getvalue()


def changed_text(text: str, chance: random.Random) -> str:
    """A text whose values (between quotes, marks, blanks) are other ones, or stand elsewhere."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        marks = [at for at, letter in enumerate(text) if letter in "\"'<>,;:=|\n\t "]
        if len(marks) < 2:
            return text + chance.choice(ODD)
        first = chance.randrange(len(marks) - 1)
        start, end = marks[first] + 1, marks[first + 1]
        what = chance.randrange(5)
        if what < 3:
            text = text[:start] + chance.choice(ODD) + text[end:]
        elif what == 3:
            other = chance.randrange(len(marks) - 1)
            text = text[:start] + text[marks[other] + 1 : marks[other + 1]] + text[end:]
        else:
            last = marks[min(first + chance.randint(1, 30), len(marks) - 1)]
            text = text[:start] + text[start:last] * chance.choice((0, 2, 3)) + text[last:]
    return text


def changed_json(said: Any, chance: random.Random) -> str:
    """A value in JSON with something in it another one, or the text of it changed."""
    if chance.random() < 0.1:
        return "[" * 20_000 if chance.random() < 0.3 else changed_text(json.dumps(said, ensure_ascii=False), chance)
    return json.dumps(_other(said, chance), ensure_ascii=chance.random() < 0.5)


def _other(said: Any, chance: random.Random) -> Any:
    if isinstance(said, dict) and said and chance.random() < 0.85:
        key = chance.choice(list(said))
        if chance.random() < 0.1:
            return {name: held for name, held in said.items() if name != key}
        return {**said, key: _other(said[key], chance)}
    if isinstance(said, list) and said and chance.random() < 0.7:
        at = chance.randrange(len(said))
        return [*said[:at], _other(said[at], chance), *said[at + 1 :]]
    odd: Sequence[Any] = (
        *(
            None,
            True,
            0,
            -1,
            2**31,
            2**63,
            10**40,
            1.5,
            float("inf"),
            float("nan"),
            [],
            {},
            [[]],
            {"": None},
            ["x"] * 300,
        ),
        *(chance.choice(ODD) for _ in range(12)),
    )
    return chance.choice(odd)


def changed_form(fields: dict[str, list[str]], chance: random.Random) -> dict[str, list[str]]:
    """A form with some of its fields other, twice, gone, or with a field nobody knows."""
    made = {name: list(values) for name, values in fields.items()}
    for _ in range(chance.choice((1, 1, 2, 3))):
        name = chance.choice([*made, "x"]) if made else "x"
        what = chance.randrange(6)
        if what < 3:
            made[name] = [chance.choice(ODD)]
        elif what == 3:
            made[name] = [*made.get(name, []), chance.choice(ODD)]
        elif what == 4:
            made.pop(name, None)
        else:
            made[name] = [changed_text("".join(made.get(name, [])) or "a;b", chance)]
    return made


Change = Callable[[bytes, random.Random], bytes]


def changed_lines(data: bytes, chance: random.Random) -> bytes:
    """A file of text, by its values; now and then by its bytes."""
    if chance.random() < 0.2:
        return changed_bytes(data, chance)
    return changed_text(data.decode(errors="replace"), chance).encode("utf-8", "surrogatepass")
