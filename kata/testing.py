"""What authors of tests and galleries import, and all that they need of this package.

`expect` checks what came back, and says what a student reads; `describe` puts a value into a line;
`lazy` imports a library on first use; `right` and `wrong` enter an answer into a gallery;
`readable` writes a time. The fixtures `task`, `race` and `gpu` come from the plugin.
"""

from kata.judging import expect
from kata.judging.describe import describe
from kata.judging.gallery import right, wrong
from kata.judging.lazy import lazy
from kata.judging.race import readable

__all__ = ["describe", "expect", "lazy", "readable", "right", "wrong"]
