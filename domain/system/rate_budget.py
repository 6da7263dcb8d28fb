"""How much may be asked of a venue, and when: one budget for each class of its endpoints.

Deterministic and without a clock; instants and spans are machine time. A venue counts the requests
of a window. Of that, ordinary requests leave a part unused, so that there is always room for what
has to get through. A venue that refuses a request for its rate is left alone for as long as it
says, then asked once: only its answer opens the budget again. What is urgent, a cancel or the sale
of a lot, still asks it all the while, once a second at most: in vain does no harm, and a venue that
says "in a minute" must not keep an order resting for that minute.
"""

from __future__ import annotations

from collections import deque

from attrs import frozen

from domain.model.instants import SECOND

PRIVATE, PUBLIC = "private", "public"
"""The classes: requests of our key, and requests without any."""
PRIVATE_LIMIT, PUBLIC_LIMIT = "private_limit", "public_limit"
"""Names of the breakers while the venue refuses whatever is asked in a class."""
LONGEST_PAUSE_NS = 60 * SECOND
"""However long a venue says: after this it is asked once whether it meant it."""
URGENT_EVERY_NS = SECOND
"""So often at most what is urgent asks a venue that refuses everything."""
LONGEST_BACKOFF_S = 30.0
BACKOFF_DOUBLINGS = 3


@frozen(kw_only=True)
class Pace:
    """What the headers of an answer say of the venue's own count; None is not said, or absurd.

    `limit` and `remaining` are requests, `reset_ns` is when it counts anew, `retry_ns` how long
    nothing shall be asked.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_ns: int | None = None
    retry_ns: int | None = None


UNSAID = Pace()


@frozen(kw_only=True)
class BudgetUse:
    """A budget at one moment. `used` of `limit` requests left within the last `window_ns`.

    `waiting` requests are held up, `refused` is how many the venue has refused in this run, and
    `pause_ns` is how long nothing will be asked, 0 while the venue does not mind.
    """

    name: str
    used: int
    limit: int
    window_ns: int
    pause_ns: int
    refused: int
    waiting: int
    is_doubtful: bool
    """The venue has refused a request for its rate, and has answered none since."""


class RateBudget:
    """Requests of one class: at most `limit` in any window, whoever asks."""

    def __init__(self, name: str, limit: int, window_ns: int = SECOND) -> None:
        self._name = name
        self._most = self._limit = limit
        self._window_ns = window_ns
        self._taken: deque[int] = deque()
        self._others = self._others_until_ns = 0
        """Requests that the venue counts and we do not, and until when."""
        self._until_ns = 0
        """Where the last pause ends."""
        self._is_doubtful = False
        self._probed_ns: int | None = None
        """When the one request left that shows whether the venue answers again."""
        self._tried_ns = 0
        """When the venue was last asked, or refused, in spite of a pause."""
        self._refused = self._in_a_row = 0

    def wait_ns(self, now_ns: int, share_pct: int, *, is_urgent: bool = False) -> int | None:
        """Return how long a request has to wait that may use `share_pct` % of the limit.

        0: it may leave now. None: until the answer to what is on its way. What `is_urgent` waits
        for no pause and for no answer.
        """
        tries_ns = max(0, self._tried_ns + URGENT_EVERY_NS - now_ns) if self._is_doubtful else 0
        if not is_urgent:
            if now_ns < self._until_ns:
                return max(tries_ns, self._until_ns - now_ns)
            if self._probed_ns is not None:
                return None
        return max(tries_ns, self._room_ns(now_ns, share_pct))

    def take(self, now_ns: int) -> None:
        """A request leaves."""
        self._taken.append(now_ns)
        if self._is_doubtful:
            self._tried_ns = now_ns
            if now_ns >= self._until_ns and self._probed_ns is None:
                self._probed_ns = now_ns

    def answered(self, left_ns: int, now_ns: int, pace: Pace) -> None:
        """The request that left at `left_ns` was answered, by anything but too many."""
        self._returned(left_ns)
        if left_ns >= self._until_ns:
            self._is_doubtful, self._in_a_row = False, 0
        if pace.limit is not None:
            self._limit = min(self._most, pace.limit)
        if pace.remaining is not None:
            self._others = 0
            self._others = max(0, self._limit - pace.remaining - self._used(now_ns))
            lasts_ns = pace.reset_ns or self._window_ns
            self._others_until_ns = now_ns + min(lasts_ns, LONGEST_PAUSE_NS)

    def lost(self, left_ns: int) -> None:
        """The request that left at `left_ns` has no answer, which says nothing."""
        self._returned(left_ns)

    def refused(self, left_ns: int, now_ns: int, pace: Pace, drawn: float) -> None:
        """The venue has refused a request for its rate; `drawn` is uniform over [0, 1)."""
        self._returned(left_ns)
        self._refused += 1
        is_new = not self._is_doubtful or left_ns >= self._until_ns
        if is_new:
            self._is_doubtful = True
            self._tried_ns = now_ns
        if not is_new and pace.retry_ns is None:
            return  # it left before the pause began, or urgently within it
        backoff_s = min(LONGEST_BACKOFF_S, 2.0 ** min(self._in_a_row, BACKOFF_DOUBLINGS))
        pause_ns = pace.retry_ns or self._window_ns + int(drawn * backoff_s * SECOND)
        self._in_a_row += is_new
        self._until_ns = max(self._until_ns, now_ns + min(pause_ns, LONGEST_PAUSE_NS))

    def use(self, now_ns: int, waiting: int = 0) -> BudgetUse:
        """Return how much is used up; `waiting` requests are held up."""
        return BudgetUse(
            name=self._name,
            used=min(self._used(now_ns), self._limit),
            limit=self._limit,
            window_ns=self._window_ns,
            pause_ns=max(0, self._until_ns - now_ns),
            refused=self._refused,
            is_doubtful=self._is_doubtful,
            waiting=waiting,
        )

    def _room_ns(self, now_ns: int, share_pct: int) -> int:
        """Return when the window has room, from now."""
        room = max(1, self._limit * share_pct // 100)
        over = self._used(now_ns) + 1 - room
        if over <= 0:
            return 0
        ends_ns = [self._others_until_ns] if self._are_others(now_ns) else []
        if over <= len(self._taken):
            ends_ns.append(self._taken[over - 1] + self._window_ns)
        return min(ends_ns) - now_ns

    def _returned(self, left_ns: int) -> None:
        if left_ns == self._probed_ns:
            self._probed_ns = None

    def _used(self, now_ns: int) -> int:
        """Return what counts at this moment: what left within the window, and what others asked."""
        while self._taken and self._taken[0] + self._window_ns <= now_ns:
            self._taken.popleft()
        return len(self._taken) + (self._others if self._are_others(now_ns) else 0)

    def _are_others(self, now_ns: int) -> bool:
        return self._others > 0 and now_ns < self._others_until_ns
