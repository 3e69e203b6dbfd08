"""The terminal of a person, or what they have put in its place."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from kata.reporting.page import Page

KNOWN = ("bold", "green", "red", "yellow", "dim")


class Screen:
    """Writes with colours where they are wanted, and plainly elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    @property
    def is_live(self) -> bool:
        """Whether a person sees it, and it can be cleared."""
        return self.console.is_terminal and not self.console.is_dumb_terminal

    def clear(self) -> None:
        """Begin on an empty screen, or below a line where there is no clearing."""
        if self.is_live:
            self.console.clear()
        else:
            self.write("\n")

    def write(self, text: str, **markup: bool) -> None:
        """Text, as it is: what a `Page` writes by."""
        style = " ".join(name for name in KNOWN if markup.get(name))
        self.console.print(Text(text, style), end="", soft_wrap=True)

    def line(self, text: str = "", **markup: bool) -> None:
        self.write(f"{text}\n", **markup)

    def page(self) -> Page:
        return Page(self.write, self.console.width, self.console.encoding)
