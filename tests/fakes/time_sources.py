"""Who says what time it is, as a test wants it."""

from __future__ import annotations

from domain.model.instants import MILLISECOND
from domain.system.drift import TimeAnswers, TimeTrip


class Sources:
    """Answers at the next look what `says` has then, except while it is `is_busy`."""

    def __init__(self, says: TimeAnswers) -> None:
        self.says = says
        self.is_busy = False
        self.asked = 0
        self._is_open = False

    def ask(self) -> None:
        assert not self._is_open, "asked twice at once"
        self._is_open = True
        self.asked += 1

    def answers(self) -> TimeAnswers | None:
        if self.is_busy or not self._is_open:
            return None
        self._is_open = False
        return self.says


def ahead(ms: int) -> TimeAnswers:
    """Say as the venue that our clock is so far ahead."""
    return TimeAnswers((), (TimeTrip(10 * MILLISECOND, -ms * MILLISECOND),))
