"""How far this machine's clock is off, by those who say what time it is.

Servers of time lie: by a fault, by a forged answer, by a clock that nobody has set. So an answer
counts only if it is sound in itself, and if the venue or most of the other servers agree with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import Enum

from attrs import frozen

from domain.model.instants import DAY, MILLISECOND, SECOND, Nanos
from domain.model.wording import counted

CLOCK = "clock"
"""Name of the breaker while the clock is off, or nobody says by how much."""
VENUE = "the venue"
ABSURD_NS = 365 * DAY
VAGUE_NS = SECOND
"""How far a server may say that it may itself be off."""
UNSET, BEGGED_OFF, OUT_OF_REACH = 3, 0, 16
"""Leap indicator of a clock that is not set; strata of "ask no more" and of "nobody sets me"."""


@frozen(kw_only=True)
class NtpAnswer:
    """What a server of time answered. `offset_ns` is its time less ours, `delay_ns` the round trip
    without its own share, `vague_ns` how far it says that it may be off; `is_echo`: it answers the
    very request that was sent to it.
    """

    server: str
    offset_ns: int
    delay_ns: int
    vague_ns: int
    leap: int
    stratum: int
    is_echo: bool


@frozen
class TimeTrip:
    """A question for the venue's time: how long it took, and its time less ours in the middle."""

    trip_ns: int
    offset_ns: int


@frozen
class TimeAnswers:
    """What one look brought; `silent` are servers of time without an answer, and why."""

    ntp: tuple[NtpAnswer, ...] = ()
    venue: tuple[TimeTrip, ...] = ()
    silent: tuple[str, ...] = ()


@frozen
class ClockReading:
    """How far our clock is ahead (below zero: behind), by whom; None: nobody is to be believed.

    `doubts` say who was not believed, and why.
    """

    drift_ns: int | None
    source: str
    doubts: tuple[str, ...] = ()


class Consequence(Enum):
    """What follows from a look at the clock."""

    NOTHING = "nothing"
    WARN = "warn"
    BLOCK = "block"


def read_clock(answers: TimeAnswers, limit_ns: int) -> ClockReading:
    """Return how far our clock is off: by the servers of time, else by the venue alone.

    `limit_ns` is the drift that matters; who can't tell better than that is not asked.
    """
    venue = best_of(answers.venue, limit_ns)
    doubts, sound = list(answers.silent), []
    for answer in answers.ntp:
        doubt = _doubt(answer, venue, limit_ns)
        if doubt is None:
            sound.append(answer.offset_ns)
        else:
            doubts.append(f"{answer.server} {doubt}")
    agreed = _agreed(sound, limit_ns, is_vouched=venue is not None)
    if agreed:
        source = counted(len(agreed), "NTP server")
        return ClockReading(-_median(agreed), source, tuple(doubts))
    if sound:
        doubts.append(f"{counted(len(sound), 'NTP server')}, and nobody to vouch for them")
    if venue is None:
        missing = "it tells no time" if not answers.venue else "it answers too slowly"
        return ClockReading(None, "", (*doubts, f"{VENUE}: {missing}"))
    return ClockReading(-venue.offset_ns, VENUE, tuple(doubts))


def best_of(trips: Iterable[TimeTrip], limit_ns: int) -> TimeTrip | None:
    """Return the shortest round trip, None if it leaves open more than `limit_ns` either way."""
    best = min((each for each in trips if each.trip_ns >= 0), key=_trip, default=None)
    return best if best is not None and best.trip_ns // 2 <= limit_ns else None


def fault_of(reading: ClockReading, limit_ns: int) -> str | None:
    """Return in words what is wrong with the clock; None: it is less than `limit_ns` off."""
    if reading.drift_ns is None:
        why = "; ".join(reading.doubts) or "nobody was asked"
        return f"nobody can be believed about the time: {why}"
    if abs(reading.drift_ns) < limit_ns:
        return None
    limit = f"limit {limit_ns // MILLISECOND} ms"
    return f"this machine's clock is {drift_words(reading.drift_ns)} by {reading.source} ({limit})"


def drift_words(drift_ns: int) -> str:
    """Return like "12.3 ms ahead"."""
    amount = Decimal(abs(drift_ns)) / MILLISECOND
    return f"{amount:.1f} ms {'behind' if drift_ns < 0 else 'ahead'}"


def consequence(fault: str | None, *, is_start: bool, is_live: bool) -> Consequence:
    """Return what follows: a start is refused its entries with real money and warned without, and
    while trading goes on entries are blocked either way.
    """
    if fault is None:
        return Consequence.NOTHING
    return Consequence.WARN if is_start and not is_live else Consequence.BLOCK


def _doubt(answer: NtpAnswer, venue: TimeTrip | None, limit_ns: int) -> str | None:
    """Return why an answer is not believed."""
    if not answer.is_echo:
        return "answers what it was not asked"
    if answer.leap == UNSET:
        return "says that its own clock is not set"
    if answer.stratum == BEGGED_OFF:
        return "asks not to be asked"
    if answer.stratum >= OUT_OF_REACH:
        return f"has no clock to go by (stratum {answer.stratum})"
    if not -MILLISECOND <= answer.delay_ns <= 2 * limit_ns or not 0 <= answer.vague_ns <= VAGUE_NS:
        return "can't tell precisely enough"
    if abs(answer.offset_ns) > ABSURD_NS:
        return f"says a time that is {abs(answer.offset_ns) // DAY} days away"
    if venue is None:
        return None
    apart_ns = abs(answer.offset_ns - venue.offset_ns)
    if apart_ns > limit_ns + (venue.trip_ns + max(0, answer.delay_ns)) // 2:
        return f"is {apart_ns // MILLISECOND} ms from {VENUE}'s time"
    return None


def _agreed(offsets: Sequence[int], limit_ns: int, *, is_vouched: bool) -> list[int]:
    """Return what most say within `limit_ns` of each other; the word of one alone has to be vouched
    for.
    """
    if not offsets:
        return []
    middle = _median(offsets)
    near = [each for each in offsets if abs(each - middle) <= limit_ns]
    is_enough = 2 * len(near) > len(offsets) and (len(near) > 1 or is_vouched)
    return near if is_enough else []


def _median(offsets: Sequence[int]) -> int:
    ordered = sorted(offsets)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) // 2


def _trip(each: TimeTrip) -> Nanos:
    return Nanos(each.trip_ns)
