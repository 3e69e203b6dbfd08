"""Turns the harness on for every test of this repository."""

pytest_plugins = ["kata.plugin"]
