"""How hypothesis searches for examples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def set_up_hypothesis(root: Path) -> None:
    """Properties search always alike, so that a verdict is the same at every look.

    That is also how an answer is known again that does what another one did. `kata flakes` searches
    at random, and remembers what it found.
    """
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.configuration import set_hypothesis_home_dir
    from hypothesis.database import DirectoryBasedExampleDatabase
    from hypothesis.internal.conjecture import providers

    # It would draw constants of the modules that are loaded, so that what a student's file holds,
    # and where it is judged, had a say in what it is judged on. There is no setting for that.
    if hasattr(providers, "_get_local_constants"):
        providers._get_local_constants = providers.Constants  # type: ignore[attr-defined]
    set_hypothesis_home_dir(root / ".hypothesis")
    shared: dict[str, Any] = {
        "deadline": None,  # a slow laptop is not a wrong answer
        "report_multiple_bugs": False,
        "print_blob": False,
        # The report explains a failure by its shrunk call; tracing every line for more is slow.
        "phases": set(Phase) - {Phase.explain},
        # `task` is meant to be shared by the examples of a test; and again, slow is not wrong.
        "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    }
    fixed = {**shared, "derandomize": True, "database": None}
    settings.register_profile("kata-fixed", **fixed)
    # A proof asks whether a test is red, and not for the simplest call that makes it so.
    phases = shared["phases"] - {Phase.shrink}
    settings.register_profile("kata-proof", **{**fixed, "phases": phases})
    settings.register_profile(
        "kata-random", **shared, database=DirectoryBasedExampleDatabase(root / ".hypothesis")
    )
    settings.load_profile(os.environ.get("KATA_SEARCH") or "kata-fixed")
