"""Modules that are imported when first used, so that collecting tests costs nothing."""

from importlib import import_module
from typing import Any


class lazy:  # noqa: N801 - reads like the import statement it replaces
    """`np = lazy("numpy")` behaves like `import numpy as np`, but imports on first use."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        # pytest looks at every name in a test file and asks for private and special attributes.
        if name.startswith("_") or name == "pytestmark":
            raise AttributeError(name)
        return getattr(import_module(self._module), name)

    def __repr__(self) -> str:
        return f"lazy({self._module!r})"
