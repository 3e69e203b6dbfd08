"""Modules that are imported when first used, so that collecting tests costs nothing."""

import sys
from importlib import import_module
from typing import Any

from kata.judging.imports import quick_imports


class lazy:  # noqa: N801 - reads like the import statement it replaces
    """`np = lazy("numpy")` behaves like `import numpy as np`, but imports on first use."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        # pytest looks at every name in a test file and asks for private and special attributes.
        if name.startswith("_") or name == "pytestmark":
            raise AttributeError(name)
        module = sys.modules.get(self._module)
        if module is not None and name in vars(module):
            return vars(module)[name]
        with quick_imports():  # some modules import a part of theirs when it is first asked for
            return getattr(import_module(self._module), name)

    def __repr__(self) -> str:
        return f"lazy({self._module!r})"
