"""A crew that plays in the process of the test, one job after the other."""

from __future__ import annotations

from collections import deque

from attrs import field, mutable

from app.sweep.trial import JobAnswer, SweepJob, SweepQuestion, answer


@mutable
class InlineCrew:
    """Plays a job when its answer is taken; `left` is how many it plays before Ctrl-C."""

    question: SweepQuestion
    left: int = 10**9
    is_closed: bool = False
    _waiting: deque[tuple[str, SweepJob]] = field(factory=deque)

    def submit(self, key: str, job: SweepJob) -> None:
        self._waiting.append((key, job))

    def take(self) -> tuple[str, JobAnswer]:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        key, job = self._waiting.popleft()
        return key, answer(self.question, job)

    def close(self) -> None:
        self.is_closed = True
