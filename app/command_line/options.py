"""What one start of the trader was asked to do, parsed and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from attrs import evolve, field, frozen

from adapters.control.worlds import home_of, homes, signal_folders, world_of
from adapters.simulator.options import WorldOptions
from config.mode import Mode
from domain.model.breakers import DrillKind
from domain.model.instants import Nanos
from domain.system.address import DEFAULT, Address

if TYPE_CHECKING:
    from adapters.runtime.actor_system import ActorSystem
    from config.effective import Config

MIRROR = "mirror:"
"""How a `--market` begins that plays what happens at another venue."""
EMBEDDED, COINBASE = "embedded", "coinbase"


ROOT = Path(__file__).resolve().parents[2]
DATA, LOGS = Path("data"), Path("logs")
VERSION = "0.1.0"
"""As in `setup.cfg`: the program also runs where it is not installed."""


def _of_checkout(path: Path) -> Path:
    """Return `path` of the checkout; as short as it was given where that says the same."""
    try:
        is_there = Path.cwd() == ROOT
    except OSError:  # the working folder is gone
        is_there = False
    return path if is_there else ROOT / path


@frozen(kw_only=True)
class Folders:
    """Where configuration is read and where data and logs are written.

    A path that is not absolute is one of the checkout, whatever the working folder is: a command
    that is given from elsewhere means the same folders.
    """

    config: Path = field(default=Path("config"), converter=_of_checkout)
    data: Path = field(default=DATA, converter=_of_checkout)
    log: Path = field(default=LOGS, converter=_of_checkout)
    world: str | None = None
    """Name of the world below `data` that is meant; None: nobody said."""
    is_data_given: bool = field(default=False, eq=False)
    """Whether `data` was named, and so is the home of whatever world is asked for."""

    @property
    def home(self) -> Path:
        """The folder of the world, which holds the folders of the modes."""
        return home_of(self.data, self.world)

    @property
    def homes(self) -> tuple[Path, ...]:
        """The homes that an operating command means: the one of `world`, else all."""
        return homes(self.data) if self.world is None else (self.home,)

    @property
    def signals(self) -> tuple[Path, ...]:
        """The folders whose signal file stops a trader here, its own first."""
        return signals_of(self.home)

    @property
    def address(self) -> Address:
        """How commands mean the world of these folders."""
        data, log = shown(self.data), shown(self.log)
        return Address(
            data="" if data == str(DATA) else data,
            world="" if self.world in (None, DEFAULT) else str(self.world),
            log="" if log == str(LOGS) else log,
        )

    @property
    def logged(self) -> str | None:
        """The name in a shared log of the world that was named; None: nobody named one."""
        return None if self.world is None else self.address.name

    def address_of(self, folder: Path) -> Address:
        """Return how commands mean the instance in the mode's `folder`."""
        return evolve(self, world=world_of(folder.parent)).address

    def of_mode(self, mode: Mode) -> Path:
        """Return the data folder of `mode`."""
        return self.home / mode.value


def shown(path: Path) -> str:
    """Return a folder as it is given to a command: one of the checkout by its name there."""
    try:
        whole = path.absolute()
    except OSError:  # the working folder is gone
        return str(path)
    return str(whole.relative_to(ROOT)) if whole.is_relative_to(ROOT) else str(path)


def signals_of(home: Path) -> tuple[Path, ...]:
    """Return the folders whose signal file stops a trader with this home, its own first."""
    return signal_folders(home.absolute(), ROOT / DATA)


@frozen
class DrillOrder:
    """Break the actor `actor` this much market time after READY."""

    kind: DrillKind
    actor: str
    after_ns: Nanos


class Deed(Protocol):
    """Something that a rehearsal does to a run of its own, at its time."""

    @property
    def after_ns(self) -> Nanos:
        """Return when, in market time after READY."""

    def do(self, system: ActorSystem) -> None:
        """Do it, on the thread of the guardian."""


@frozen(kw_only=True)
class TradeOptions(WorldOptions):
    """The trading options of the command line, with the configuration that they select.

    The world that is traded in is part of them. `shadow` is what a second pipeline decides by, None
    for none. `venue` names whose market it is; in paper orders
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
    deeds: tuple[Deed, ...] = ()
    """What a drill of a rehearsal does besides; no option of the command line leads here."""
    shadow: Config | None = None
    dashboard: bool = True
    watch: bool = False
    plain: bool = False
    quiet: bool = False
    confirm_live: bool = False
    """Whether a person has confirmed that real money is meant."""
    liquidates_since_s: float | None = None
    """When a person ordered this run to sell everything, UTC wall seconds; None: it trades."""
