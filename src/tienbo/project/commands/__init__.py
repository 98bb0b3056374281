"""One module a command: `add(groups)` says what it takes, its `run` does it."""
