"""How old a key may become before it has to be replaced by a new one."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from domain.model.instants import DAY, Nanos
from domain.model.wording import counted

WARN_DAYS, LIMIT_DAYS = 83, 90
ROTATED = "python run.py secrets rotated"
CHECK = "python run.py secrets check"


class KeyState(Enum):
    """How a key stands with its age."""

    YOUNG = "young"
    DUE = "due"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"


@frozen
class KeyAge:
    """The whole days since a key was made, None where nobody knows, and what follows."""

    state: KeyState
    days: int | None = None

    @property
    def words(self) -> str:
        """What there is to say of it."""
        if self.days is None:
            return (
                f"nobody knows how old the key is: say when it was made, with {ROTATED} --on DATE"
            )
        age = f"the key is {counted(self.days, 'day')} old"
        mend = f"create a new one, put it in its place, then: {ROTATED}"
        match self.state:
            case KeyState.OVERDUE:
                return f"{age}, past the limit of {LIMIT_DAYS} days: {mend}"
            case KeyState.DUE:
                left = LIMIT_DAYS - self.days
                return f"{age}, {counted(left, 'day')} before the limit of {LIMIT_DAYS}: {mend}"
            case _:
                return age


def key_age(created_ns: Nanos | None, wall_ns: int) -> KeyAge:
    """Return how old a key is at the wall time `wall_ns`; one of tomorrow has no age."""
    if created_ns is None or created_ns > wall_ns + DAY:
        return KeyAge(KeyState.UNKNOWN)
    age_ns = max(0, wall_ns - created_ns)
    days = age_ns // DAY
    if age_ns > LIMIT_DAYS * DAY:
        return KeyAge(KeyState.OVERDUE, days)
    return KeyAge(KeyState.DUE if days >= WARN_DAYS else KeyState.YOUNG, days)
