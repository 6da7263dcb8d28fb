"""What a venue process serves: the market asked for, in the world that its folder holds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

from attrs import frozen

from adapters.clocks.market import ClockBroken, MarketClock
from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.catalogue import USDC
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.store import MARKET_TIME, Batch, SqliteStore
from adapters.simulator.faults.faults import Faults
from adapters.simulator.faults.script import read_script
from adapters.simulator.live_mirror.mirror import MirrorMarket
from adapters.simulator.live_mirror.mirroring import Mirror, is_mirror, open_mirror
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.open import (
    ANY_MARKET,
    PLAYABLE,
    expander_of,
    open_market,
    trading_start,
)
from adapters.simulator.market_data.raw import RawRecording
from adapters.simulator.market_data.source import Expander, PlayedMarket
from adapters.simulator.market_data.stablecoins import WithStablecoins, prices_usdc
from adapters.simulator.options import DEFAULT_SEED, GENERATED, WorldOptions
from adapters.simulator.recordings.playable import Playable
from adapters.simulator.recordings.playback import Playback
from adapters.simulator.recordings.recorded import RecordedMarket
from adapters.simulator.world import (
    DEFAULT_OPENING,
    WorldError,
    WorldFolder,
    WorldIdentity,
    identity,
    new_origin_ns,
    opening_time_ns,
    undamaged,
)
from domain.model.instants import SECOND, Nanos, parse_iso

REPEATABLE_ORIGIN_NS = parse_iso("2026-01-05T00:00:00Z")
"""Where a generated market begins in virtual time: a Monday, like any other day of it."""
FEES = FeeRates(maker=Decimal("0.006"), taker=Decimal("0.012"))
LEVEL2_FRAMES_A_SECOND = 4_000
Found = PLAYABLE | RecordedMarket | MirrorMarket


@frozen(kw_only=True)
class OpenedWorld:
    """An opened world, ready to be served from `start_ns` on."""

    venue: Playable
    faults: Faults
    store: SqliteStore
    world: WorldIdentity
    start_ns: Nanos
    end_ns: Nanos | None
    prices: str
    history: str
    waits: Callable[[], bool]
    """Whether market time must stand because nobody listens yet."""
    mirror: Mirror | None = None
    """The venue elsewhere whose market is played."""
    remarks: tuple[str, ...] = ()
    """What people should know of how the market was read, in sentences."""

    def save(self, now_ns: Nanos) -> None:
        """Keep the market time at which the world stops."""
        self.store.save(Batch(meta={MARKET_TIME: str(now_ns)}))

    def close(self) -> None:
        """Give the store back."""
        self.store.close()


def open_world(folder: WorldFolder, options: WorldOptions) -> OpenedWorld:
    """Open the market and go on with the folder's world, or begin a new one.

    Raises:
        WorldError: the folder holds another world, or a damaged one.
        TradingError: the market cannot be played.
    """
    if options.quirks.shows_wall_time and not _follows_wall(options):
        raise WorldError("clock=wall is for the generated market at --speed 1")
    stored = folder.stored()
    if is_mirror(options.market):
        return _mirrored(folder, options, stored)
    seed = DEFAULT_SEED if options.seed is None else options.seed
    asked_ns = _asked_origin_ns(options, stored)
    found = open_market(
        options.market,
        seed=seed,
        start_ns=asked_ns,
        origin_ns=asked_ns or Nanos(0),
        lookback_ns=options.lookback_ns,
    )
    market = _playable(found, options)
    begins_ns = asked_ns or trading_start(found, options.lookback_ns)
    world = _settled(folder, options, market, seed, begins_ns)
    wall_ns = time.time_ns() if _follows_wall(options) else None
    store, engine, faults = _books(folder, world, market, options, wall_ns)
    playback = None
    if isinstance(found, RawRecording):
        playback = Playback(
            engine,
            found.frames,
            [product.id for product in found.products],
            with_client_id=options.quirks.client_id,
        )
    return OpenedWorld(
        venue=playback or engine,
        faults=faults,
        store=store,
        world=world,
        start_ns=engine.now_ns,
        end_ns=market.end_ns,
        prices=market.prices,
        history="none" if playback else "candles",
        waits=lambda: playback is not None and playback.waits,
        remarks=() if isinstance(found, GeneratedMarket) else found.remarks,
    )


def _mirrored(
    folder: WorldFolder, options: WorldOptions, stored: WorldIdentity | None
) -> OpenedWorld:
    """Open the world that mirrors another venue, at that venue's time."""
    if options.speed != 1 or options.from_ns is not None:
        raise WorldError("a mirrored market is played as it happens: without --from, at --speed 1")
    mirror = open_mirror(options.market, options.lookback_ns)
    origin_ns = mirror.now_ns() if stored is None else Nanos(stored.origin_ns)
    world = _settled(folder, options, mirror.market, DEFAULT_SEED, origin_ns)
    store, engine, faults = _books(folder, world, mirror.market, options, mirror.now_ns())
    return OpenedWorld(
        venue=engine,
        faults=faults,
        store=store,
        world=world,
        start_ns=engine.now_ns,
        end_ns=None,
        prices=mirror.market.prices,
        history="candles",
        waits=lambda: False,
        mirror=mirror,
    )


def _books(
    folder: WorldFolder,
    world: WorldIdentity,
    market: Found,
    options: WorldOptions,
    wall_ns: int | None,
) -> tuple[SqliteStore, Engine, Faults]:
    """Open the books of the world and let its engine go on with them."""
    with undamaged(folder.database):
        store = SqliteStore(folder.database)
        start_ns = _start_ns(folder, store, world, wall_ns)
        engine, faults = _engine(market, store, world, options, start_ns)
    return store, engine, faults


def _settled(
    folder: WorldFolder, options: WorldOptions, market: Found, seed: int, origin_ns: Nanos
) -> WorldIdentity:
    return folder.settle(
        identity(
            market=market.description,
            seed=seed,
            origin_ns=origin_ns,
            opening=options.opening or _opening_of(folder.stored()),
            nonce="repeatable" if options.is_virtual else None,
        )
    )


def _engine(
    market: Found,
    store: SqliteStore,
    world: WorldIdentity,
    options: WorldOptions,
    start_ns: Nanos,
) -> tuple[Engine, Faults]:
    opening = _opening_of(world)
    played: PlayedMarket = market
    if isinstance(market, RecordedMarket | MirrorMarket):
        expander: Expander = market
    else:
        expander = expander_of(market, world.seed)
        if USDC in opening and not prices_usdc(market):
            played = expander = WithStablecoins(market, expander, world.seed)
    unknown = set(options.quirks.limit_only) - {product.id for product in market.products}
    if unknown:
        raise WorldError(f"limit-only names {', '.join(sorted(unknown))}: the market has no such")
    faults = Faults(world.seed)
    engine = Engine(
        market=played,
        expander=expander,
        store=store,
        start_ns=start_ns,
        opening=opening,
        fees=FEES,
        ids=Ids(world.id),
        level2_interval_ns=level2_interval_ns(len(played.products), options.pace),
        quirks=options.quirks,
        timeline=market if isinstance(market, MirrorMarket) else None,
        hooks=faults,
        wall_ns=time.time_ns if options.quirks.shows_wall_time else None,
    )
    faults.attach(engine, () if options.faults is None else read_script(options.faults))
    return engine, faults


def _playable(found: ANY_MARKET, options: WorldOptions) -> PLAYABLE | RecordedMarket:
    if not isinstance(found, RawRecording):
        return found
    if options.from_ns is not None:
        raise WorldError("--from is for candles and trades; a recording plays from its beginning")
    return RecordedMarket(found.description, found.products, found.frames)


def level2_interval_ns(products: int, speed: Decimal) -> int:
    """Return the least market time between two level2 frames of a product at `speed`.

    Zero at speed 1; above, all products together stay within 4,000 frames a machine second.
    """
    if speed == 1:
        return 0
    return int(products * speed * SECOND / LEVEL2_FRAMES_A_SECOND)


def _asked_origin_ns(options: WorldOptions, stored: WorldIdentity | None) -> Nanos | None:
    """Return where the world's trading time begins; None: where the market itself says."""
    if options.market == GENERATED and options.from_ns is not None:
        raise WorldError("--from is for recorded markets; a generated one begins now")
    if options.from_ns is not None:
        return options.from_ns
    if stored is not None:
        return Nanos(stored.origin_ns)
    if options.market != GENERATED:
        return None
    return REPEATABLE_ORIGIN_NS if options.is_virtual else new_origin_ns()


def _opening_of(stored: WorldIdentity | None) -> Mapping[str, Decimal]:
    if stored is None:
        return DEFAULT_OPENING
    return {currency: Decimal(amount) for currency, amount in stored.opening.items()}


def _start_ns(
    folder: WorldFolder, store: SqliteStore, world: WorldIdentity, wall_ns: int | None
) -> Nanos:
    """Return where market time goes on: never before what anybody has seen of it.

    The clock file knows that better than the store after a SIGKILL. `wall_ns` is the clock that a
    market follows at speed 1, None for one that keeps its own time.
    """
    stored = store.meta(MARKET_TIME)
    seen_ns = None if stored is None else int(stored)
    if seen_ns is not None:
        with contextlib.suppress(ClockBroken):  # gone: the store is right to a second
            seen_ns = max(seen_ns, MarketClock(folder.clock).anchor().limit_ns)
    return opening_time_ns(
        origin_ns=world.origin_ns,
        stored_ns=seen_ns,
        follows_wall=wall_ns is not None,
        wall_ns=wall_ns or 0,
    )


def _follows_wall(options: WorldOptions) -> bool:
    return options.market == GENERATED and options.speed == 1
