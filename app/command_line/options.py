"""What one start of the trader was asked to do, parsed and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.simulator.options import WorldOptions
from config.mode import Mode
from domain.model.breakers import DrillKind
from domain.model.instants import Nanos

if TYPE_CHECKING:
    from config.effective import Config

MIRROR = "mirror:"
"""How a `--market` begins that plays what happens at another venue."""
EMBEDDED, COINBASE = "embedded", "coinbase"


@frozen(kw_only=True)
class Folders:
    """Where configuration is read and where data and logs are written."""

    config: Path = Path("config")
    data: Path = Path("data")
    log: Path = Path("logs")

    def of_mode(self, mode: Mode) -> Path:
        """Return the data folder of `mode`."""
        return self.data / mode.value


@frozen
class DrillOrder:
    """Break the actor `actor` this much market time after READY."""

    kind: DrillKind
    actor: str
    after_ns: Nanos


@frozen(kw_only=True)
class TradeOptions(WorldOptions):
    """The trading options of the command line, with the configuration that they select.

    The world that is traded in is part of them. `venue` names whose market it is; in paper orders
    are matched by the embedded venue in any case. `duration_ns` is a length of market time.
    """

    mode: Mode
    config: Config
    folders: Folders = Folders()
    venue: str = EMBEDDED
    venue_url: str | None = None
    cycles: int | None = None
    duration_ns: Nanos | None = None
    sets: tuple[str, ...] = ()
    drills: tuple[DrillOrder, ...] = ()
    dashboard: bool = True
