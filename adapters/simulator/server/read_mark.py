"""How far a client has read: a ping behind its frames, which it answers when it gets there.

What has left us may wait in the buffers of two kernels for a long time; at high speed they hold
more than half a minute of a market.
"""

from __future__ import annotations

WAIT_SECONDS = 1.0
"""Machine seconds for which market time waits for an answer; who takes longer is itself late."""


class ReadMark:
    """The market time up to which one client has read its stream; one ping at a time.

    Not asked, it says of no client that it is behind.
    """

    def __init__(self, *, is_asked: bool) -> None:
        self._is_asked = is_asked
        self._read_ns = 0
        self._pinged_ns: int | None = None
        self._later_ns: int | None = None
        """Up to where frames have been sent behind the ping that is on its way."""
        self._pinged_s = 0.0
        self._number = 0

    def sent(self, after_ns: int, until_ns: int) -> None:
        """Take note that frames are being sent of the market between these times."""
        if not self._is_asked:
            return
        if self._pinged_ns is None and self._later_ns is None:
            self._read_ns = after_ns  # it had read all there was
        self._later_ns = until_ns

    def ping(self, now_s: float) -> bytes | None:
        """Return what a ping shall carry that is to be sent now, None if there is none to send."""
        if self._later_ns is None or self._pinged_ns is not None:
            return None
        self._pinged_ns, self._later_ns, self._pinged_s = self._later_ns, None, now_s
        self._number += 1
        return self._payload()

    def pong(self, payload: bytes) -> None:
        """Take note of an answer; one that we did not ask for says nothing."""
        if self._pinged_ns is not None and payload == self._payload():
            self._read_ns, self._pinged_ns = self._pinged_ns, None

    def behind_ns(self, now_s: float) -> int | None:
        """Return up to where a client has read that is behind; None: it is not, or takes too long.

        `now_s` is machine time in seconds, as in `ping`.
        """
        if self._pinged_ns is None:
            return None if self._later_ns is None else self._read_ns
        return self._read_ns if now_s - self._pinged_s <= WAIT_SECONDS else None

    def _payload(self) -> bytes:
        return b"%d" % self._number
