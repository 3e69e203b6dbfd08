"""One answer, one run: what is judged, what its tests expect, and the verdict."""
