"""When in a minute, and in an hour, the timeline of a backtest does what."""

from __future__ import annotations

from app.backtest.plan import BacktestPlan
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos, bucket_start

CYCLE_AFTER_NS = 2 * SECOND
"""Market time from the end of a bar to the decision on it."""
MEASURED_NS = (0, 4 * MINUTE)
"""When in an hour the books of all products are looked at."""


def decides_ns(plan: BacktestPlan, minute_ns: int) -> Nanos:
    """Return when the decision of a minute is made, market time."""
    return plan.decided.get(Nanos(minute_ns), Nanos(minute_ns + CYCLE_AFTER_NS))


def is_look(now_ns: int) -> bool:
    """Tell whether all products are looked at in that minute."""
    return now_ns % HOUR in MEASURED_NS


def next_look(now_ns: int) -> int:
    """Return the first minute from `now_ns` on in which all products are looked at."""
    hour_ns = bucket_start(now_ns, HOUR)
    looks = (hour_ns + each for each in (*MEASURED_NS, HOUR))
    return next(each for each in looks if each >= now_ns)


def looks_of_day(now_ns: int) -> list[Nanos]:
    """Return the minutes of the day of `now_ns` in which all products are looked at."""
    day_ns = bucket_start(now_ns, DAY)
    hours = range(day_ns, day_ns + DAY, HOUR)
    return [Nanos(hour_ns + each) for hour_ns in hours for each in MEASURED_NS]
