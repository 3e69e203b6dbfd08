"""Imported by the server of the runs: loads what they will need, before they are forked.

Some packages load their parts when a name is first asked for, so names are asked for too. An entry
is `module`, `module:name`, or `module:name()` for a function to call.
"""

from __future__ import annotations

import contextlib
import os
from importlib import import_module

from kata.judging.imports import quick_imports
from kata.running.job import PRELOAD

for _entry in os.environ.pop(PRELOAD, "").split():
    _module, _, _name = _entry.partition(":")
    # What cannot be imported is the business of the run that needs it.
    with contextlib.suppress(Exception), quick_imports():
        _found = getattr(import_module(_module), _name.removesuffix("()") or "__name__")
        if _name.endswith("()"):
            _found()
