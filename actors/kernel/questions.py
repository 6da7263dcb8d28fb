"""Questions that an actor has asked and not had answered: one scheme of tokens for all of them."""

from __future__ import annotations

from typing import Generic, TypeVar

About = TypeVar("About")
NOBODYS = 0
"""Token of an answer that is passed on to an actor that did not ask for it."""


class Questions(Generic[About]):
    """Numbers questions and remembers what each is about until it is answered or too old.

    Every port call that is answered by a message takes such a number as its token. Numbers of one
    incarnation never meet those of the next, so an answer to a predecessor is an answer to nobody.
    Where an actor counts questions in several places, each has a `series` of its own (0 to 9), so
    that an answer to one is never taken for an answer to another.
    """

    def __init__(self, epoch: int, series: int = 0) -> None:
        self._token = epoch * 1_000_000_000 + series * 100_000_000
        self._open: dict[int, tuple[About, int]] = {}

    def ask(self, about: About, now_ns: int) -> int:
        """Return the token of a new question about `about`, asked at machine time `now_ns`."""
        self._token += 1
        self._open[self._token] = about, now_ns
        return self._token

    def answered(self, token: int) -> About | None:
        """Return what the question was about and close it; None if nobody waits for it any more."""
        found = self._open.pop(token, None)
        return None if found is None else found[0]

    def about(self, token: int) -> About | None:
        """Return what an open question is about; None if it is none of ours, or closed."""
        found = self._open.get(token)
        return None if found is None else found[0]

    def overdue(self, now_ns: int, limit_ns: int) -> tuple[About, ...]:
        """Close and return what was asked more than `limit_ns` before machine time `now_ns`."""
        late = [token for token, (_, asked) in self._open.items() if now_ns - asked > limit_ns]
        return tuple(self._open.pop(token)[0] for token in late)

    def forget(self) -> None:
        """Close every question: whatever is still answered is of no interest."""
        self._open.clear()

    @property
    def waiting(self) -> tuple[About, ...]:
        """Return what is being asked, oldest first."""
        return tuple(about for about, _ in self._open.values())
