"""Runs one piece of work in this process: `python -m bench.child bench.module:function '{"argument": …}'`.

What it prints last is JSON: [seconds, answer].
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

from tienbo.ground.reach import reaching_everywhere


def main() -> None:
    task, arguments = sys.argv[1:]
    module, _, function = task.partition(":")
    with reaching_everywhere("what is measured here is done as by a command"):
        seconds, answer = getattr(import_module(module), function)(**json.loads(arguments))
    print("\n" + json.dumps([seconds, answer]))


if __name__ == "__main__":
    main()
