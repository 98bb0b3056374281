"""Opaque typed keys: "unit_01JD8Q…". One can see in a log what a key is; nothing else can be read off it."""

from __future__ import annotations

import hashlib
import os
import re
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_KEY = re.compile(rf"^[a-z]+_[{_ALPHABET}]{{26}}$")

KEY_LENGTH = 40


def new_key(kind: str) -> str:
    """A new key of a kind: 48 bits of time (so keys sort by when they were made), 80 bits of chance."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return f"{kind}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_key(text: str, kind: str) -> bool:
    """Whether `text` has the shape of a key of this kind; says nothing about whether it exists."""
    return text.startswith(kind + "_") and _KEY.match(text) is not None


def key_from(kind: str, *said: str) -> str:
    """The key of a kind that follows from what a sender said: the same again is the same key, so that what is sent
    twice is made once. Such keys do not sort by when they were made."""
    number = int.from_bytes(hashlib.sha256("\0".join(said).encode()).digest()[:16])
    return f"{kind}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
