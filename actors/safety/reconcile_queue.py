"""Who waits for a comparison: requests of one kind are one, and a person's goes first."""

from __future__ import annotations

from domain.messages.control import ADOPT, RELEASE, RESUME

LAST_WORD = "stop"
OPERATORS = (RESUME, RELEASE, ADOPT)
"""Kinds for which a person waits."""
FIRST = (*OPERATORS, LAST_WORD)
"""Kinds that wait behind no other."""


def kind_of(reason: str) -> str:
    """Return what kind of request has this reason: what stands before the colon."""
    return reason.partition(":")[0]


class RequestQueue:
    """Reasons that wait, by kind; however long the venue is silent, a kind is one comparison."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[str]] = {}

    def add(self, reason: str) -> None:
        """Let `reason` wait with those of its kind, once."""
        reasons = self._waiting.setdefault(kind_of(reason), [])
        if reason not in reasons:
            reasons.append(reason)

    def take(self) -> tuple[str, ...]:
        """Return the reasons that the next comparison answers; none if nobody waits."""
        kinds = [*(kind for kind in FIRST if kind in self._waiting), *self._waiting]
        return tuple(self._waiting.pop(kinds[0])) if kinds else ()

    def has(self, kind: str) -> bool:
        """Tell whether a request of this kind waits."""
        return kind in self._waiting

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody waits."""
        return not self._waiting
