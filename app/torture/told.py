"""What the strategies of a torture run have said, and in how many decisions they were asked."""

from __future__ import annotations

from collections import Counter

PROPOSALS: Counter[str] = Counter()
"""How many proposals each strategy has handed over, by id; one process runs one case."""
_asked: dict[str, set[int]] = {}


def asked(strategy: str, bar_ns: int) -> None:
    """Note that `strategy` was shown the bar that begins at `bar_ns`."""
    _asked.setdefault(strategy, set()).add(int(bar_ns))


def forget() -> None:
    """Begin anew: another case follows in the same process."""
    PROPOSALS.clear()
    _asked.clear()


def rounds(strategy: str) -> int:
    """Return in how many minutes `strategy` was asked."""
    return len(_asked.get(strategy, ()))
