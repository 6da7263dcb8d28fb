"""The whole system in virtual time on a small hand-made market: production wiring, real files."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any

import attrs
import pykka
from attrs import evolve, field, frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import Log
from actors.kernel.topology import ROUTES
from adapters.journal.segments import read_records
from adapters.runtime.virtual import VirtualClock
from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.store import MARKET_TIME, Batch, SqliteStore
from adapters.simulator.faults.script import parse_script
from adapters.venues.coinbase.connect import Inside, connect_in_process, read_in_process
from adapters.venues.transport.budgeted import RequestLimits
from adapters.venues.transport.inprocess import Errand, Reply
from app.command_line.options import Folders, TradeOptions
from app.run.ports import RunPorts, VenueFacts
from app.run.recovery import CODEC, JOURNAL, open_state
from app.run.stop_request import StopRequest
from app.run.trader import last_gate, place_of, start
from app.run.virtual_ports import VirtualDriver, errand, limited
from app.selftest.proof import Proof
from app.shadow.begin import begin_shadow
from config.effective import Config
from config.loading import load
from config.mode import Mode
from domain.model.instants import HOUR, SECOND, Nanos
from domain.model.money import BPS
from domain.risk.rules.suspect_price import SuspectPrice
from tests.builders.capability import a_right
from tests.builders.pace import UNPACED
from tests.builders.price_paths import script
from tests.builders.simulator import script_of
from tests.builders.steps import START
from tests.fakes.log import KeptLog, LogLine
from tests.fakes.watched import WatchedFaults, WatchedLimits, WatchedRuntime

CONFIG = Path(__file__).parents[2] / "config"
FEES = FeeRates(maker=Decimal("0.006"), taker=Decimal("0.012"))
ANY_LIQUIDITY = (
    "universe.tiers={ALL: {min_volume: 0, max_spread_bps: 200, min_depth: 0,"
    " position_pct: 3, tier_pct: 15}}"
)
"""Hand-made markets trade little: here everything with a book may be bought."""
FAST = (
    ANY_LIQUIDITY,
    *UNPACED,
    "policy.loop.jitter_pct=0",
    "policy.exits.max_hold=3m",
    "strategies.breakout.lookback_minutes=5",
    "strategies.breakout.volume_minutes=3",
)
"""Short look-backs: the baseline breaks out within the first minutes of these markets."""
EXITS_ALONE = "policy.exits.venue_stops=false"


@frozen(kw_only=True)
class Setting:
    """What a world is made of."""

    folder: Path
    market: Any = field(factory=script)
    """A market that expands its own minutes."""
    opening: Mapping[str, str] = field(factory=lambda: {"USD": "10000"})
    mode: Mode = Mode.PAPER
    sets: tuple[str, ...] = ()
    any_move: bool = True
    """Hand-made prices move as no market does; otherwise too far in a minute is a jump, as shipped.
    """
    exits_alone: bool = False
    """Nothing at the venue protects the lots, only the exits do."""
    seed: int = 1
    start_ns: Nanos = START
    duration_ns: Nanos | None = None
    log: Callable[[str], Log] | None = None
    shadow: Config | None = None
    faults: tuple[Mapping[str, Any], ...] = ()
    """The lines of a fault script for the venue."""
    proof: Proof = Proof(())
    """What the self-test of the start has found; a real one takes too long for each world."""
    quirks: VenueQuirks = VenueQuirks()
    """Of these, the rates count."""


class World:
    """One start of trader and venue in this process; leave it orderly or let it `crash`."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.options = TradeOptions(
            mode=setting.mode,
            config=(hand_made if setting.any_move else shipped)(
                (*setting.sets, *((EXITS_ALONE,) if setting.exits_alone else ()))
            ),
            folders=Folders(
                config=CONFIG, data=setting.folder / "data", log=setting.folder / "logs"
            ),
            seed=setting.seed,
            speed=None,
            duration_ns=setting.duration_ns,
            shadow=setting.shadow,
        )
        self.said: list[str] = []
        self._log_lines: list[LogLine] = []
        self.on_accept: Callable[[], None] = lambda: None
        self.before_step: Callable[[], None] = lambda: None
        self._open_venue()
        self._open_trader()

    # Life.

    def __enter__(self) -> World:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.crash()

    def start(self) -> World:
        """Start every actor."""
        options, said = self.options, self.said
        self.shadow = None
        if options.shadow is not None:
            self.shadow = begin_shadow(self.runtime, options, self.opened.recovered)
        self.guardian = start(
            self.ports,
            options,
            self.opened,
            self._connect(),
            self.stop_request,
            said.append,
            said.extend,
            self.setting.proof,
        )
        self.guardian.begun.set()  # most tests step without the guardian that would say READY
        return self

    def until(self, is_true: Callable[[], bool], seconds: int = 600) -> bool:
        """Step until `is_true`, at most `seconds` of virtual time."""
        return self.driver.until(is_true, seconds * SECOND)

    def run_to_end(self) -> int:
        """Live until the run's end and take everything down in order; return the exit code."""
        self.guardian.live()
        code = self.guardian.end()
        if self.shadow is not None:
            self.shadow.end()
        self.guardian.publish()
        self.engine.advance(self.clock.market_ns())
        self.store.save(Batch(meta={MARKET_TIME: str(self.clock.market_ns())}))
        return code

    def crash(self) -> None:
        """Let everything fall; what is on disk stays as it is. Idempotent."""
        for actor in self.runtime.members.values():
            pykka.ActorRegistry.unregister(actor.actor_ref)
        self.opened.recorder.abandon()
        self.store.close()

    # What the system, the venue and the files say.

    @property
    def is_ready(self) -> bool:
        """Tell whether trading may have begun."""
        return self.guardian.is_ready

    @property
    def log_lines(self) -> list[LogLine]:
        """Return what the log was told."""
        return list(self._log_lines)

    @property
    def criticals(self) -> list[LogLine]:
        """Return what the log was told at its highest level."""
        return [line for line in self._log_lines if line.level in ("critical", "failure")]

    @property
    def mode_folder(self) -> Path:
        """Where this mode's files lie."""
        return self.options.folders.of_mode(self.options.mode)

    @property
    def now_s(self) -> float:
        """Seconds of virtual time since START."""
        return (self.clock.now_ns - START) / SECOND

    def books(self) -> dict[str, Any]:
        """Return the venue's own books."""
        return self.engine.books()

    def live_orders(self, side: str = "BUY") -> list[dict[str, Any]]:
        """Return the orders that rest at the venue."""
        orders = self.books()["orders"]
        return [each for each in orders if each["status"] == "OPEN" and each["side"] == side]

    def venue_cash(self) -> Decimal:
        """Return our account's quote currency at the venue."""
        return self.venue_total("USD")

    def venue_total(self, currency: str) -> Decimal:
        """Return what our account has of `currency` at the venue."""
        totals = [
            Decimal(each["total"])
            for each in self.books()["accounts"]
            if each["owner"] == "own" and each["currency"] == currency
        ]
        return sum(totals, Decimal(0))

    def messages(self) -> list[tuple[int, Any]]:
        """Return the journal, verified, as (market time, message)."""
        return messages_of(self.mode_folder)

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts written so far."""
        file = self.options.folders.log / "alerts.jsonl"
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    # Assembly, as in `app/run/virtual_ports.py`, around a market of ours.

    def _open_venue(self) -> None:
        folder = self.mode_folder / "venue"
        folder.mkdir(parents=True, exist_ok=True)
        self.store = SqliteStore(folder / "world.db")
        self.faults = WatchedFaults(self.setting.seed)
        self.engine = Engine(
            market=self.setting.market,
            expander=self.setting.market,
            store=self.store,
            start_ns=self.setting.start_ns,
            opening={name: Decimal(amount) for name, amount in self.setting.opening.items()},
            fees=FEES,
            ids=Ids("world"),
            hooks=self.faults,
        )
        self.faults.attach(self.engine, parse_script(script_of(self.setting.faults), "faults"))

    def _open_trader(self) -> None:
        clock = self.clock = VirtualClock(self.engine.now_ns)
        facts = VenueFacts(
            venue="embedded",
            world="script",
            prices="invented",
            has_history=True,
            end_ns=self.setting.market.end_ns,
        )
        self.stop_request = StopRequest()
        log = self.setting.log or (lambda name: KeptLog(name, self._log_lines))
        self.runtime = WatchedRuntime(clock, BreakerBoard(), ROUTES, log, seed=self.setting.seed)
        self.runtime.before_step = lambda: self.before_step()
        self.driver = VirtualDriver(self.runtime)
        self.ports = RunPorts(
            facts=facts,
            system=self.runtime,
            driver=self.driver,
            connect=lambda _: nullcontext(self._connect()),
            publish_every_ns=HOUR,
        )
        place = place_of(self.options, self.ports)
        self.opened = open_state(place, lineage=f"{self.setting.seed:032x}")

    def _connect(self) -> Any:
        runtime, clock, quirks = self.runtime, self.clock, self.setting.quirks
        self.limits = WatchedLimits(quirks, lambda: clock.machine_ns() / SECOND)
        inside = Inside(
            engine=self.engine,
            ask=limited(self._ask, self.limits),
            open_connection=self.engine.connect,
            after=lambda delay_ns, call: runtime.call_at(clock.now_ns + delay_ns, call),
            clock=clock,
            post=runtime.post,
            draw=random.Random(f"venue:{self.setting.seed}").random,
            tell=runtime.announce,
            limits=RequestLimits(private=quirks.private_rate, public=quirks.public_rate),
        )
        if self.options.mode is Mode.DRY_RUN:
            return read_in_process(inside)
        gate = last_gate(self.ports, self.options, self.stop_request)
        return connect_in_process(inside, gate, a_right())

    def _ask(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Errand:
        passed = errand(self.engine, method, path, query, body)

        def run() -> Reply | None:
            answer = passed.run()
            if self.faults.watched.has_accepted:
                self.faults.watched.has_accepted = False
                self.on_accept()
            return answer

        return evolve(passed, run=run)


def shipped(sets: Sequence[str] = ()) -> Config:
    """Return the shipped settings with short look-backs, and those of `sets`."""
    return load(CONFIG, (*FAST, *sets))


def hand_made(sets: Sequence[str] = ()) -> Config:
    """Return settings for prices that move as no market does: no move of them is a jump."""
    config = shipped(sets)
    with attrs.validators.disabled():
        rules = tuple(
            evolve(rule, jump_floor_bps=BPS) if isinstance(rule, SuspectPrice) else rule
            for rule in config.policy.rules
        )
    return evolve(config, policy=evolve(config.policy, rules=rules))


def messages_of(mode_folder: Path) -> list[tuple[int, Any]]:
    """Return the journal of a mode, verified, as (market time, message)."""
    records = read_records(mode_folder / JOURNAL)
    # A world without a journal would seem to have sent orders that nobody intended.
    assert records.names, f"somebody else has removed {mode_folder / JOURNAL} during the test"
    return [(record.at_ns, CODEC.decode(record.type, record.data)) for record in records]


def journal_bytes(mode_folder: Path) -> bytes:
    """Return all segments, names included."""
    files = sorted((mode_folder / JOURNAL).glob("*.jsonl"))
    return b"".join(file.name.encode() + b"\n" + file.read_bytes() for file in files)
