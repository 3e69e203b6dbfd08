"""Strangers' answers, judged where they cannot fool the judge."""
