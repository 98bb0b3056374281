"""A process takes leave of the file system, the network and other processes, where its kernel can hold it to that.

Landlock (Linux 5.13 and later; connections since 6.7, signals since 6.12): what was given up cannot be had back, by no
library and no code that a file smuggled in. It stands beside the bounds of `core.apart`, which need no such kernel.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""Numbers of the system calls, the same on every machine."""
_FILES = ((1, 13), (2, 14), (3, 15), (5, 16))
"""Version of Landlock → how many kinds of access to files it knows: reading, running, writing, making, removing …"""
_CONNECTIONS, _SIGNALS = 4, 6
"""Versions since which it knows of connections by TCP, and of signals and sockets without a name in a folder."""
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38


def confine(folder: Path | None = None) -> int:
    """From here on this process opens, makes, changes and removes files under `folder` alone (None: nowhere), and
    neither connects to anything nor signals to anybody outside. Returns the version of Landlock that holds it to that;
    0 where the kernel has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return 0
    files = (1 << max(count for since, count in _FILES if since <= version)) - 1
    said = struct.pack("=QQQ", files, 3 if version >= _CONNECTIONS else 0, 3 if version >= _SIGNALS else 0)
    said = said[: 24 if version >= _SIGNALS else 16 if version >= _CONNECTIONS else 8]
    rules = libc.syscall(_CREATE, said, ctypes.c_size_t(len(said)), ctypes.c_uint32(0))
    if rules < 0:
        return 0
    try:
        if folder is not None:
            held = os.open(folder, os.O_PATH | os.O_DIRECTORY)
            try:
                under = struct.pack("=Qi", files, held)
                if libc.syscall(_ADD, rules, _PATH_BENEATH, under, ctypes.c_uint32(0)):
                    return 0
            finally:
                os.close(held)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(_RESTRICT, rules, ctypes.c_uint32(0)):
            return 0
    finally:
        os.close(rules)
    return int(version)
