"""What one start of the trader was asked to do, parsed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from config.mode import Mode
from domain.model.breakers import DrillKind
from domain.model.instants import Nanos

if TYPE_CHECKING:
    from config.effective import Config

GENERATED = "generated"
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
class TradeOptions:
    """The trading options of the command line, with the configuration that they select.

    `venue` names whose market it is; in paper orders are matched by the embedded venue in any case.
    `speed` is 1 to 60, or None for virtual time. `from_ns` is an instant of the market's own
    time, `duration_ns` a length of market time. `seed` of None means the shipped one.
    """

    mode: Mode
    config: Config
    folders: Folders = Folders()
    venue: str = EMBEDDED
    venue_url: str | None = None
    market: str = GENERATED
    from_ns: Nanos | None = None
    seed: int | None = None
    speed: Decimal | None = Decimal(1)
    cycles: int | None = None
    duration_ns: Nanos | None = None
    paper_balances: Mapping[str, Decimal] | None = None
    sets: tuple[str, ...] = ()
    drills: tuple[DrillOrder, ...] = ()
    dashboard: bool = True
    faults: Path | None = None
    """A script of faults for the embedded venue."""

    @property
    def virtual(self) -> bool:
        """Whether trader and venue share one simulated clock (`--speed max`)."""
        return self.speed is None

    @property
    def opening_balances(self) -> Mapping[str, Decimal]:
        """What a new paper world starts with, per currency."""
        return self.paper_balances or self.config.app.paper.balances
