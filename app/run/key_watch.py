"""Is the key of the real venue due to be replaced? Told once a day of wall time, with the mend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from adapters.control.key_note import KeyNote
from adapters.runtime.actor_system import ActorSystem
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.auth import KeyInvalid
from adapters.venues.coinbase.key_sources import FoundKey, find_key, is_configured
from app.run.watches import Watch
from domain.model.instants import DAY, HOUR, Nanos
from domain.system.access_alerts import of_key_age
from domain.system.key_age import KeyAge, KeyState, key_age

Created = Callable[[], Nanos | None]


class KeyWatch(Watch):
    """Tells of a key that is due, overdue, or of unknown age."""

    def __init__(self, system: ActorSystem, created: Created) -> None:
        """`created` says when the key was made; it is asked anew each hour."""
        self._system = system
        self._created = created
        self._hour = -1
        self._told: tuple[int, KeyState] | None = None

    def look(self) -> None:
        """Judge at the start and with each new hour; tell what is new or of a new day."""
        wall_ns = self._system.clock.wall_ns()
        if wall_ns // HOUR == self._hour:
            return
        self._hour = wall_ns // HOUR
        age = key_age(self._created(), wall_ns)
        news = wall_ns // DAY, age.state
        if age.state is not KeyState.YOUNG and news != self._told:
            self._system.announce(of_key_age(age))
        self._told = news


def created_of(found: FoundKey, note: KeyNote) -> Nanos | None:
    """Return when a key was made: what its file says, else what a person said."""
    return found.created_ns or note.created_ns(found.key.name)


def age_of(found: FoundKey, note: KeyNote, wall_ns: int) -> KeyAge:
    """Return how old a key is."""
    return key_age(created_of(found, note), wall_ns)


def configured_key(environment: Mapping[str, str], checkout: Path) -> FoundKey | None:
    """Return the key that is named in the environment, None if none is; one that can't be used is
    told, for it will not do where it is needed.
    """
    if not is_configured(environment):
        return None
    try:
        return find_key(environment, checkout)
    except KeyInvalid as error:
        ActorLog("guardian").warning(
            "the key of the real venue can't be used; this run needs none", reason=str(error)
        )
        return None
