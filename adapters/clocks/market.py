"""Market time, shared by the trader and the embedded venue through a small mapped file.

Market time = E0 + (CLOCK_MONOTONIC - M0) * X, but never beyond a limit that the venue extends as
it keeps up. A venue that lags, hangs or dies therefore slows or stops market time for everybody
instead of letting the market's quotes look stale: what the machine cannot keep up with slows the
clock, never a guard.

Two slots hold the numbers; the writer fills the idle one and then switches the index byte, so a
writer killed in the middle leaves the last good numbers visible. Each slot carries the
exclusive-or of its fields, so a reader that was descheduled between index and slot notices.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from attrs import evolve, frozen

from domain.model.errors import TradingError
from domain.model.instants import MILLISECOND, Nanos
from domain.model.money import plain

_MAGIC = b"BHCLOCK1"
_INDEX = len(_MAGIC)
_SLOT = struct.Struct("@QQQQQQ")  # version, E0, M0, speed in millionths, limit, check
_SLOTS = (64, 128)
_LENGTH = 192
_MILLION = 1_000_000
_ATTEMPTS = 1_000
SLOWEST = Decimal(1)
FASTEST = Decimal(60)


class ClockBroken(TradingError):
    """The shared clock file is missing or is not one."""


@frozen
class Anchor:
    """The numbers of the clock at one moment; instants in ns, `speed_millionths` = X * 10**6."""

    version: int
    e0_ns: int
    m0_ns: int
    speed_millionths: int
    limit_ns: int

    def at(self, machine_ns: int) -> int:
        """Return the unlimited market time at `machine_ns`."""
        return self.e0_ns + (machine_ns - self.m0_ns) * self.speed_millionths // _MILLION

    def machine_at(self, market_ns: int) -> int:
        """Return the machine time at which the unlimited clock reaches `market_ns`."""
        ahead = (market_ns - self.e0_ns) * _MILLION
        return self.m0_ns - (-ahead // self.speed_millionths)

    @property
    def speed(self) -> Decimal:
        """Market seconds per machine second."""
        return Decimal(self.speed_millionths) / _MILLION


def speed_millionths(speed: Decimal) -> int:
    """Return `speed` in millionths.

    Raises:
        ClockBroken: `speed` is outside 1 to 60 or has more than six fractional digits.
    """
    scaled = speed * _MILLION
    if not SLOWEST <= speed <= FASTEST or scaled != int(scaled):
        raise ClockBroken(
            f"expected a speed of 1 to 60 with at most six fractional digits, was {plain(speed)}"
        )
    return int(scaled)


class MarketClock:
    """Read side: market time for anybody who can map the file; one reading costs < 1 µs."""

    def __init__(
        self, path: Path | str, *, monotonic: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.path = Path(path)
        self._monotonic = monotonic
        try:
            with self.path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), _LENGTH, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise ClockBroken(f"expected a market clock at {path}: {error}") from error
        if self._map[: len(_MAGIC)] != _MAGIC:
            raise ClockBroken(f"{path} is not a market clock; is the venue of this version?")

    def market_ns(self) -> Nanos:
        """Return the market time now; it waits while the venue cannot keep up."""
        unpack, shared = _SLOT.unpack_from, self._map
        for _ in range(_ATTEMPTS):
            version, e0, m0, speed, limit, check = unpack(shared, _SLOTS[shared[_INDEX] & 1])
            if version ^ e0 ^ m0 ^ speed ^ limit == check:
                now = e0 + (self._monotonic() - m0) * speed // _MILLION
                return Nanos(now if now < limit else limit)
        raise ClockBroken(f"{self.path} does not become readable; start the venue again")

    def anchor(self) -> Anchor:
        """Return E0, M0, X and the limit as they are now."""
        for _ in range(_ATTEMPTS):
            slot = _SLOTS[self._map[_INDEX] & 1]
            *numbers, check = _SLOT.unpack_from(self._map, slot)
            if _exclusive_or(numbers) == check:
                return Anchor(*numbers)
        raise ClockBroken(f"{self.path} does not become readable; start the venue again")

    def close(self) -> None:
        """Unmap the file."""
        self._map.close()


class MarketClockWriter:
    """Write side, owned by the venue alone; it only ever moves market time forwards."""

    def __init__(
        self,
        path: Path,
        *,
        start_ns: int,
        speed: Decimal,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Create the clock standing at `start_ns`; it runs from the first `grant`."""
        self.path = path
        self._monotonic = monotonic
        self.slipped_ns = 0
        self._anchor = Anchor(0, start_ns, monotonic(), speed_millionths(speed), start_ns)
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, _MAGIC.ljust(_LENGTH, b"\0"))
            self._map = mmap.mmap(descriptor, _LENGTH)
        finally:
            os.close(descriptor)
        self._publish(self._anchor)
        fresh.replace(path)  # a reader never sees a half-made file

    def market_ns(self) -> Nanos:
        """Return the market time that every reader sees now."""
        return Nanos(min(self._anchor.at(self._monotonic()), self._anchor.limit_ns))

    def anchor(self) -> Anchor:
        """Return the numbers last published."""
        return self._anchor

    def grant(self, limit_ns: int) -> None:
        """Let market time run up to `limit_ns`; a lower limit than before changes nothing.

        If time has been standing at the old limit, it goes on from there: the wait is added to
        `slipped_ns` (in market ns) and is never made up.
        """
        old = self._anchor
        if limit_ns <= old.limit_ns:
            return
        machine_ns = self._monotonic()
        behind = old.at(machine_ns) - old.limit_ns
        e0, m0 = old.e0_ns, old.m0_ns
        if behind > 0:
            self.slipped_ns += behind
            e0, m0 = old.limit_ns, machine_ns
        self._publish(Anchor(old.version + 1, e0, m0, old.speed_millionths, limit_ns))

    def stand(self) -> Nanos:
        """Stop market time for good, a millisecond from now, and return where it stands.

        The millisecond covers readers that read while this is being published.
        """
        old = self._anchor
        stop_ns = min(old.at(self._monotonic() + MILLISECOND), old.limit_ns)
        self._publish(evolve(old, version=old.version + 1, limit_ns=stop_ns))
        return Nanos(stop_ns)

    def close(self) -> None:
        """Unmap the file; readers see time stand at the last limit."""
        self._map.close()

    def _publish(self, anchor: Anchor) -> None:
        idle = anchor.version & 1
        numbers = (
            anchor.version,
            anchor.e0_ns,
            anchor.m0_ns,
            anchor.speed_millionths,
            anchor.limit_ns,
        )
        _SLOT.pack_into(self._map, _SLOTS[idle], *numbers, _exclusive_or(numbers))
        self._map[_INDEX] = idle
        self._anchor = anchor


def _exclusive_or(numbers: tuple[int, ...] | list[int]) -> int:
    check = 0
    for number in numbers:
        check ^= number
    return check
