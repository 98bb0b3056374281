"""Packages as people have them: pandas is the tests' own, and pyarrow would load it in every process."""

import sys
from importlib.abc import MetaPathFinder


class Absent(MetaPathFinder):
    def find_spec(self, fullname: str, *_more: object) -> None:
        if fullname.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(fullname)


sys.meta_path.insert(0, Absent())
