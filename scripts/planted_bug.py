"""One bug that is planted on purpose, and the tests that have to notice it."""

from __future__ import annotations

from attrs import frozen


@frozen
class Bug:
    """In `file` the text `old`, which stands there once, becomes `new`; `tests` have to notice."""

    name: str
    file: str
    old: str
    new: str
    tests: str
