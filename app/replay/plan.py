"""What a run is played again with: its market, its configuration, its account, its span."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from attrs import evolve, frozen

from adapters.control.files import read_json
from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.raw import RAW_SUFFIXES
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.options import GENERATED
from adapters.simulator.world import FOLDER, WorldIdentity
from adapters.telemetry.bars import BARS
from app.backtest.plan import BacktestEngine, BacktestPlan, plan_of
from app.command_line.last_start import FILE
from app.command_line.options import MIRROR
from app.configuration.history import KeptConfig
from app.configuration.restoring import loaded
from app.replay.measured import odd_rows, seen_books
from app.replay.runs import NotReplayable, RecordedRun
from app.run.settings import lookback_ns
from config.effective import Config, code_hash
from config.errors import ConfigError
from domain.model.instants import DAY, MINUTE, Nanos, bucket_start, iso
from domain.model.wording import counted

INVENTED = re.compile(r"generated seed=(?P<seed>\d{1,19}) offset=(?P<offset>\d{1,9})m")
FETCH = "python run.py data fetch {products} --from {first} --to {last}"

WEEK = 7 * DAY
SHORT_PAST = (
    "its candles begin less than a week before the run: the regime, and with it sizes, may be"
    " judged otherwise than in the run"
)


@frozen(kw_only=True)
class ReplayPlan:
    """How a run is played again, as far as its market reaches. `is_own`: on the very market that it
    traded on; else prices within a minute are drawn anew. `remarks` say in sentences what is not as
    it was.
    """

    run: RecordedRun
    backtest: BacktestPlan
    is_own: bool
    remarks: tuple[str, ...]


def plan_for(run: RecordedRun, kept: KeptConfig, folder: Path, market: str | None) -> ReplayPlan:
    """Return the plan for a run of the mode's `folder`, on `market` where one is named.

    Raises:
        NotReplayable: its market can't be played, or its configuration fits no more.
    """
    config = _config(kept)
    remarks = []
    if kept.code != code_hash() + config.own_code:
        remarks.append(
            "the program, or a strategy of your own, is another one than in the run: a difference"
            " may come from that"
        )
    try:
        plan, is_own, more = _on(run, config, folder, market)
        if plan.end_ns < bucket_start(run.ended_ns, MINUTE):
            run = run.until(plan.end_ns)
            more.append(f"compared up to {iso(run.ended_ns)}: there {plan.source} ends")
    except (MarketError, NotReplayable) as error:
        raise NotReplayable(f"{error}; {_missing(run, config)}") from error
    if not is_own:
        plan, told = _with_books(plan, run, folder)
        more += told
    if not is_own and plan.market.first_ns > run.begun_ns - WEEK:
        more.append(SHORT_PAST)
    fees = FeeRates(maker=Decimal(run.boot.maker_rate), taker=Decimal(run.boot.taker_rate))
    plan = evolve(plan, opening=run.opening, fees=fees, engine=BacktestEngine.EVENTS)
    return ReplayPlan(run=run, backtest=plan, is_own=is_own, remarks=(*remarks, *more))


def _with_books(
    plan: BacktestPlan, run: RecordedRun, folder: Path
) -> tuple[BacktestPlan, list[str]]:
    """Return the plan with the books that the run kept, and what is to be said of them."""
    try:
        seen = seen_books(run, folder, plan.products)
    except NotReplayable as error:
        return plan, [f"books are drawn: {error}"]
    told, looks = [], counted(seen.looks, "look")
    if seen.books:
        told.append(f"books are about as wide and deep as the run saw them ({looks})")
    if seen.odd:
        told.append(odd_rows(seen.odd))
    return evolve(plan, books=seen.books), told


def _config(kept: KeptConfig) -> Config:
    try:
        return loaded(kept.files, kept.sets)
    except ConfigError as error:
        count = counted(len(error.problems), "problem")
        raise NotReplayable(
            f"the configuration {kept.config_hash} of the run does not fit this version of the"
            f" program ({count}); play it with the version that wrote it:\n{error}"
        ) from error


def _on(
    run: RecordedRun, config: Config, folder: Path, market: str | None
) -> tuple[BacktestPlan, bool, list[str]]:
    if market is not None:
        return _recorded(run, config, market), False, [_drawn(market)]
    world = _world(folder, run)
    if world is not None and (found := INVENTED.fullmatch(world.market)):
        seed, offset = int(found["seed"]), int(found["offset"])
        return _invented(run, config, world, seed, offset), True, []
    source = _source(folder)
    if world is not None and source is not None and _is_played(source):
        plan = _recorded(run, config, source, seed=world.seed)
        if plan.market.description == world.market:
            return plan, True, []
        told = f"{source} is another market than the run's ({world.market})"
        raise MarketError(told)
    bars = folder / BARS
    if not bars.is_dir():
        raise MarketError("the minutes that the run saw are not kept")
    if run.ended_ns < run.begun_ns + MINUTE:
        raise MarketError(
            "the run ended within its first minute, and a minute is kept once it is over"
        )
    return _recorded(run, config, str(bars)), False, [_drawn("the minutes that the run saw")]


def _drawn(what: str) -> str:
    return (
        f"played on {what}: the order of prices within a minute, books and sizes are drawn, not"
        " those of the venue, so that fills may differ by them"
    )


def _world(folder: Path, run: RecordedRun) -> WorldIdentity | None:
    """Return the world of the embedded venue, None where the run had another one."""
    stored = read_json(folder / FOLDER / "world.json")
    if stored is None:
        return None
    try:
        world = WorldIdentity(
            market=str(stored["market"]),
            seed=int(stored["seed"]),
            origin_ns=int(stored["origin_ns"]),
            opening={str(key): str(value) for key, value in stored["opening"].items()},
            nonce=str(stored["nonce"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return world if world.id == run.started.world else None


def _invented(
    run: RecordedRun, config: Config, world: WorldIdentity, seed: int, offset: int
) -> BacktestPlan:
    market = GeneratedMarket(seed, Nanos(world.origin_ns), offset)
    quote = config.app.quote.value
    products = tuple(each.id for each in market.products if each.quote == quote)
    if not products:
        raise MarketError(f"the invented market has nothing in {quote}")
    start_ns, end_ns = _span(run)
    return BacktestPlan(
        source=GENERATED,
        market=market,
        products=products,
        start_ns=start_ns,
        end_ns=end_ns,
        opening=run.opening,
        fees=FeeRates(maker=Decimal(0), taker=Decimal(0)),
        seed=world.seed,
        config=config,
    )


def _recorded(
    run: RecordedRun, config: Config, source: str, seed: int | None = None
) -> BacktestPlan:
    start_ns, end_ns = _span(run)
    return plan_of(
        source,
        config,
        seed=run.started.seed if seed is None else seed,
        lookback_ns=lookback_ns(config),
        from_ns=start_ns,
        to_ns=end_ns,
    )


def _span(run: RecordedRun) -> tuple[Nanos, Nanos]:
    """Return the whole minutes around the decisions of the run."""
    return run.begun_ns, Nanos(bucket_start(run.ended_ns, MINUTE) + MINUTE)


def _source(folder: Path) -> str | None:
    """Return the market that the mode was started with last."""
    found = (read_json(folder / FILE) or {}).get("market")
    return found if isinstance(found, str) else None


def _is_played(source: str) -> bool:
    """Tell whether it is a file of candles or trades, or a folder of them."""
    path = Path(source)
    if source.startswith(MIRROR) or not path.exists():
        return False
    names = [path.name] if path.is_file() else [each.name for each in path.iterdir()]
    return not any(name.endswith(RAW_SUFFIXES) for name in names)


def _missing(run: RecordedRun, config: Config) -> str:
    """Return how to get the candles that are missing."""
    start_ns, end_ns = _span(run)
    first = iso(bucket_start(start_ns - lookback_ns(config), DAY))
    names = sorted({each.id for each in run.boot.products if each.quote == config.app.quote.value})
    fetch = FETCH.format(products=" ".join(_few(names)), first=first, last=iso(end_ns))
    return (
        f"candles from {first} on are needed: `{fetch}` gets them from Coinbase where the run"
        " traded its prices, and `python run.py replay --market FOLDER` plays them"
    )


def _few(names: Sequence[str]) -> Iterator[str]:
    yield from names[:3]
    if len(names) > 3:
        yield "…"
