"""Alerts about alerts: a channel that takes none, a courier that is gone; and the daily word."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.messages.control import AlertRaised
from domain.model.breakers import Severity
from domain.model.instants import DAY, MINUTE, SECOND, Nanos
from domain.model.wording import counted
from domain.system.alert_ends import of_end
from domain.system.ways_out import STATUS

DEAF_NS = Nanos(60 * SECOND)
"""A channel that has failed for as long is told of."""
SIGN_OF_LIFE = "SIGN_OF_LIFE"
COURIER = "courier of alerts"
TEST = "python run.py alerts test"
_NOWHERE = "alerts are in the log folder all the same: python run.py alerts list"


@frozen(kw_only=True)
class DayFigures:
    """What the daily word tells; None where it is not known. Money is in `quote`.

    `pnl` is that of the day, or since the account opened where no day before is known. `head` is
    where the journal stands: whoever keeps it finds out later if the journal was written anew.
    """

    equity: Decimal | None
    pnl: Decimal | None
    is_of_day: bool
    lots: int
    open_alerts: int
    quote: str
    head: str | None = None


def of_lost_courier(reason: str) -> AlertRaised:
    """Return the alert about a courier that is gone."""
    return _warning(COURIER, "COURIER", reason, "started again; what is written is sent then")


def of_courier_back() -> AlertRaised:
    """Return what ends it."""
    return of_end(COURIER, "the courier of alerts works again")


def of_deaf_channel(label: str, failure: str, waiting: int) -> AlertRaised:
    """Return the alert about a channel that has taken nothing for `DEAF_NS`."""
    what = f"{label} has taken no alert for {DEAF_NS // SECOND} s: {failure}"
    done = f"tried again each minute; {counted(waiting, 'alert')} wait for it"
    return _warning(_channel(label), "CHANNEL", what, done)


def of_hearing_channel(label: str) -> AlertRaised:
    """Return what ends it."""
    return of_end(_channel(label), f"{label} takes alerts again")


def of_unusable_url(problem: str) -> AlertRaised:
    """Return the alert about an address that can't be used; `problem` has the mend."""
    return _warning("", "CHANNEL", problem, "left out; the others are used")


def of_sign_of_life(figures: DayFigures) -> AlertRaised:
    """Return the daily word that the trader lives."""
    gained = "not known" if figures.pnl is None else f"{figures.pnl:+.2f} {figures.quote}"
    since = "of the day" if figures.is_of_day else "since the account opened"
    worth = "not known" if figures.equity is None else f"{figures.equity:.2f} {figures.quote}"
    head = "" if figures.head is None else f", {figures.head}"
    return AlertRaised(
        severity=Severity.INFO,
        code=SIGN_OF_LIFE,
        what=(
            f"it lives: equity {worth}, PnL {since} {gained}, {counted(figures.lots, 'lot')}, "
            f"{counted(figures.open_alerts, 'open alert')}{head}"
        ),
        done="nothing is needed",
        owned=f"{counted(figures.lots, 'lot')}; see status",
        worst="stops of owned lots as listed in status",
        command=STATUS,
    )


def last_due_ns(now_ns: Nanos, of_day_ns: int) -> Nanos:
    """Return when the daily word was due last: `of_day_ns` after midnight UTC, today or before."""
    today_ns = now_ns - now_ns % DAY + of_day_ns
    return Nanos(today_ns if today_ns <= now_ns else today_ns - DAY)


def of_day_ns(text: str) -> Nanos | None:
    """Return how long after midnight "HH:MM" is, None for "".

    Raises:
        ValueError: the text is neither.
    """
    if not text:
        return None
    hours, mark, minutes = text.partition(":")
    is_time = (
        mark
        and len(hours) == len(minutes) == 2
        and (hours + minutes).isdecimal()
        and text.isascii()
    )
    if not is_time or int(hours) > 23 or int(minutes) > 59:
        raise ValueError(f"expected HH:MM in UTC, or an empty text, was {text!r}")
    return Nanos((int(hours) * 60 + int(minutes)) * MINUTE)


def _channel(label: str) -> str:
    return f"channel {label}"


def _warning(topic: str, code: str, what: str, done: str) -> AlertRaised:
    return AlertRaised(
        severity=Severity.WARNING,
        code=code,
        what=what,
        done=f"{done}; trading goes on",
        owned="unchanged",
        worst=_NOWHERE,
        command=TEST,
        topic=topic,
    )
