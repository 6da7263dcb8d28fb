"""What a backtest is asked for: market, span, account and configuration."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from attrs import field, frozen

from adapters.simulator.bars.grid import Market
from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.market_data.candles import CandleMarket
from adapters.simulator.market_data.depth import NO_BOOKS, Books
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.open import open_market
from adapters.simulator.market_data.raw import RawRecording
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.options import GENERATED
from adapters.simulator.server.opened_world import FEES, REPEATABLE_ORIGIN_NS
from config.effective import Config
from domain.model.instants import DAY, MINUTE, Nanos, iso
from domain.model.product import ProductId

GENERATED_DAYS = 30
"""How long a generated market is played unless somebody says otherwise."""
DOLLARS = ("USD", "USDC", "USDT")
"""Currencies that stand for one another where a market has none of the account's."""


class BacktestEngine(StrEnum):
    """Who is asked when.

    `EVENTS` is the specification: every minute goes through the actors, and every strategy is asked
    about every product on its newest window. `COLUMNS` scans whole columns and asks only where
    something can happen. What follows is the same, which `--check` shows.
    """

    COLUMNS = "columns"
    EVENTS = "events"


class FillRule(StrEnum):
    """What decides that an order has filled: the tape of a minute, or its candle alone, read with
    caution or the kindest way.
    """

    TAPE = "tape"
    BAR = "bar"
    KIND = "kind"


@frozen
class LikeRun:
    """A recorded run by whose venue a backtest goes: `name` in words, of how many `orders` times
    are the median, and of how many `looks` at books their spread and depth.
    """

    name: str
    orders: int
    looks: int


@frozen(kw_only=True)
class BacktestPlan:
    """One backtest: `market` from `start_ns` to `end_ns`, whole minutes of market time.

    `opening` is what the account begins with, by currency. `products` are those of the account's
    currency; `renamed` says that the market's own are quoted in a currency that counts as it.
    `decided`: by minute, when the decision is made in it, instants of market time; in any other
    minute two seconds after its beginning. `delay_ns`: how long an order or a cancel takes to the
    venue and back. `books` are what those of some products usually look like; those of others are
    drawn by what is traded. `like` is the run that all this and the fees are from, None if they are
    assumed.
    """

    source: str
    market: Market
    products: tuple[ProductId, ...]
    start_ns: Nanos
    end_ns: Nanos
    opening: Mapping[str, Decimal]
    fees: FeeRates
    seed: int
    config: Config
    renamed: str = ""
    engine: BacktestEngine = BacktestEngine.COLUMNS
    fills: FillRule = FillRule.TAPE
    decided: Mapping[Nanos, Nanos] = field(factory=dict)
    delay_ns: Nanos = Nanos(0)
    books: Books = NO_BOOKS
    like: LikeRun | None = None


def plan_of(
    source: str,
    config: Config,
    *,
    seed: int,
    lookback_ns: Nanos,
    from_ns: Nanos | None = None,
    to_ns: Nanos | None = None,
    capital: Decimal | None = None,
    engine: BacktestEngine = BacktestEngine.COLUMNS,
    fills: FillRule = FillRule.TAPE,
) -> BacktestPlan:
    """Open the market and settle what is played of it.

    Raises:
        MarketError: it can't be played, has nothing of the account's currency, or not that span.
    """
    origin_ns = REPEATABLE_ORIGIN_NS
    asked = None if from_ns is None else Nanos(from_ns // MINUTE * MINUTE)
    found = open_market(
        source, seed=seed, start_ns=asked, origin_ns=origin_ns, lookback_ns=lookback_ns
    )
    if isinstance(found, RawRecording):
        raise MarketError(
            "a backtest plays candles or trades; recorded frames are played by"
            " `python run.py --env paper --market FILE`"
        )
    quote = config.app.quote.value
    market, renamed = _in_quote(found, quote)
    start_ns, end_ns = _span(market, source, asked, to_ns, lookback_ns)
    opening = config.app.paper.balances if capital is None else {quote: capital}
    return BacktestPlan(
        source=source,
        market=market,
        products=tuple(each.id for each in market.products if each.quote == quote),
        start_ns=start_ns,
        end_ns=end_ns,
        opening=opening,
        fees=FEES,
        seed=seed,
        config=config,
        renamed=renamed,
        engine=engine,
        fills=fills,
    )


def _in_quote(market: Market, quote: str) -> tuple[Market, str]:
    """Return the market with products that the account can pay for, and what was taken for it."""
    quotes = {each.quote for each in market.products}
    if quote in quotes:
        return market, ""
    other = next((each for each in DOLLARS if each in quotes), None)
    if other is None or not isinstance(market, CandleMarket):
        names = ", ".join(sorted(quotes))
        raise MarketError(f"the account is in {quote}, and the market has prices in {names} only")
    theirs = (each for each in market.products if each.quote == other)
    names_by = {each.id: ProductId(f"{each.base}-{quote}") for each in theirs}
    return market.renamed(names_by), other


def _span(
    market: Market, source: str, asked: Nanos | None, to_ns: Nanos | None, lookback_ns: Nanos
) -> tuple[Nanos, Nanos]:
    if source == GENERATED or isinstance(market, GeneratedMarket):
        first_ns = REPEATABLE_ORIGIN_NS
        last_ns = None
    else:
        first_ns, last_ns = Nanos(market.first_ns + lookback_ns), market.end_ns
    start_ns = first_ns if asked is None else asked
    if isinstance(market, GeneratedMarket) and start_ns < market.first_ns:
        raise MarketError(f"--from: the generated market begins at {iso(market.first_ns)}")
    end_ns = to_ns if to_ns is not None else (last_ns or Nanos(start_ns + GENERATED_DAYS * DAY))
    end_ns = Nanos(min(end_ns, last_ns or end_ns) // MINUTE * MINUTE)
    if end_ns <= start_ns:
        raise MarketError(
            f"nothing is left to play: from {iso(start_ns)} (after the look-back) to {iso(end_ns)}"
        )
    return start_ns, end_ns
