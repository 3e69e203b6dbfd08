"""Tests of the tests: what proves that they judge rightly, and how surely."""
