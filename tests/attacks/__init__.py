"""Answers that try to fool the judge: the tests of grading."""
