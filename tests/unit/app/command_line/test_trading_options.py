import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from attrs import evolve

from app.command_line.cli import cli
from app.command_line.options import DrillOrder, Folders, TradeOptions
from app.command_line.trading_options import of_real_money, options_of, trade
from config.effective import Config
from config.mode import Mode
from config.schema import App, QuoteCurrency, Universe
from domain.model.breakers import DrillKind
from domain.model.instants import HOUR, SECOND, Nanos, parse_iso

CONFIG = Path(__file__).parents[4] / "config"


def values_of(*arguments: str) -> dict[str, Any]:
    return cli.make_context("run.py", list(arguments)).params


def parsed(*arguments: str) -> TradeOptions:
    return options_of(Folders(), values_of(*arguments), Config())


def test_defaults_are_those_of_the_contract() -> None:
    options = parsed("--env", "paper")

    defaults = TradeOptions(mode=Mode.PAPER, config=Config())
    assert evolve(options, opening=None, lookback_ns=defaults.lookback_ns) == defaults
    assert (options.market, options.speed, options.is_virtual) == ("generated", Decimal(1), False)
    assert (options.cycles, options.duration_ns, options.seed) == (None, None, None)
    assert options.dashboard
    assert dict(options.opening or {}) == {"USD": Decimal(10_000)}


def test_every_option_arrives_as_a_value(tmp_path: Path) -> None:
    market = tmp_path / "candles.parquet"
    options = parsed(
        *("--env", "DRY_RUN", "--market", str(market), "--from", "2023-12-12T04:00:00Z"),
        *("--seed", "7", "--speed", "1.5", "--cycles", "3", "--duration", "6h"),
        *("--paper-balance", "USD=800", "--paper-balance", "USDC=5.5"),
        *("--set", "policy.loop.interval_seconds=3", "--no-dashboard"),
    )

    assert options.mode is Mode.DRY_RUN
    assert options.market == str(market)
    assert options.from_ns == parse_iso("2023-12-12T04:00:00Z")
    assert (options.seed, options.speed, options.cycles) == (7, Decimal("1.5"), 3)
    assert options.duration_ns == 6 * HOUR
    assert options.opening == {"USD": Decimal(800), "USDC": Decimal("5.5")}
    assert options.sets == ("policy.loop.interval_seconds=3",)
    assert not options.dashboard


def test_coinbase_on_paper_is_its_live_market_without_what_is_never_traded() -> None:
    universe = Universe(themes={"A": ("BTC", "USDC"), "B": ("ETH",)}, never_trade=("USDC",))
    config = evolve(Config(), universe=universe)
    options = options_of(Folders(), values_of("--env", "paper", "--venue", "coinbase"), config)
    assert options.venue == "coinbase"
    assert options.market == "mirror:https://api.coinbase.com?products=BTC-USD,ETH-USD"


@pytest.mark.req("CASH1")
def test_of_coinbase_what_prices_a_stablecoin_is_played_where_that_pays() -> None:
    config = evolve(
        Config(), app=App(quote=QuoteCurrency.USDC), universe=Universe(themes={"A": ("BTC",)})
    )
    options = options_of(Folders(), values_of("--env", "paper", "--venue", "coinbase"), config)

    assert options.market.endswith("?products=BTC-USDC,USDT-USD,USDT-USDC")


def test_coinbase_may_be_played_by_a_venue_on_this_machine() -> None:
    config = evolve(Config(), universe=Universe(themes={"A": ("BTC",)}))
    words = ("--env", "paper", "--venue", "coinbase", "--venue-url", "http://127.0.0.1:8080/")
    options = options_of(Folders(), values_of(*words), config)

    assert (options.venue, options.venue_url) == ("coinbase", None)
    assert options.market == "mirror:http://127.0.0.1:8080?products=BTC-USD"


def test_speed_max_is_virtual_time() -> None:
    assert parsed("--env", "paper", "--speed", "max", "--cycles", "1").is_virtual


def test_a_bare_duration_is_seconds() -> None:
    assert parsed("--env", "paper", "--duration", "90").duration_ns == 90 * SECOND


@pytest.mark.parametrize(
    "arguments",
    [
        ("--speed", "0.5"),
        ("--speed", "61"),
        ("--speed", "fast"),
        ("--speed", "1.0000001"),
        ("--speed", "NaN"),
        ("--cycles", "0"),
        ("--cycles", "-1"),
        ("--cycles", "many"),
        ("--duration", "0s"),
        ("--duration", "1 week"),
        ("--from", "yesterday"),
        ("--from", "2023-13-01T00:00:00Z"),
        ("--seed", "-1"),
        ("--seed", "x"),
        ("--paper-balance", "800"),
        ("--paper-balance", "usd=800"),
        ("--paper-balance", "USD=-1"),
        ("--paper-balance", "USD=much"),
        ("--venue-url", "localhost:8080"),
        ("--venue-url", "ftp://localhost"),
        ("--venue", "kraken"),
        ("--drill", "crash"),
        ("--drill", "crash:risk_gate"),
        ("--drill", "risk_gate@20s"),
        ("--drill", "crash:@20s"),
        ("--drill", "break:risk_gate@20s"),
        ("--drill", "CRASH:risk_gate@20s"),
        ("--drill", "crash:risk_gate@"),
        ("--drill", "crash:risk_gate@soon"),
        ("--drill", "crash:risk_gate@-1s"),
        ("--env", "test"),
    ],
)
def test_refuses_values_that_are_none(arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.BadParameter):
        values_of("--env", "paper", *arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--speed", "max"), "needs an end"),
        (("--speed", "max", "--cycles", "1", "--venue-url", "http://127.0.0.1:1"), "one process"),
        (("--speed", "max", "--cycles", "1", "--venue", "coinbase"), "one process"),
        (("--venue", "coinbase", "--speed", "2"), "cannot be sped up"),
        (("--venue", "coinbase", "--market", "generated"), "exclude each other"),
        (("--venue", "coinbase", "--from", "2026-01-05T00:00:00Z"), "begins now"),
        (("--venue", "coinbase", "--venue-url", "https://10.0.0.1"), "a venue on this machine"),
        (("--venue", "coinbase", "--venue-url", "http://127.0.0.1:1/x"), "a venue on this machine"),
        (("--venue", "coinbase", "--venue-url", "http://a@localhost:1"), "expected http or https"),
        (("--venue-url", "http://127.0.0.1:1", "--market", "."), "belongs to the venue"),
        (("--venue-url", "http://127.0.0.1:1", "--paper-balance", "USD=1"), "belongs to the venue"),
        (("--market", "/no/such/file.parquet"), "no file or folder"),
        (("--paper-balance", "USD=1", "--paper-balance", "USD=2"), "twice"),
    ],
)
def test_refuses_options_that_cannot_be_had_together(
    arguments: tuple[str, ...], words: str
) -> None:
    with pytest.raises(click.UsageError, match=words):
        trade(Folders(), values_of("--env", "paper", *arguments))


@pytest.mark.req("SUP1")
def test_drills_arrive_in_order_and_as_often_as_given() -> None:
    options = parsed(
        *("--env", "paper", "--drill", "crash:risk_gate@20s", "--drill", "hang:feed@1m"),
        *("--drill", "exit:strategy.breakout@90", "--drill", "crash:risk_gate@20s"),
    )

    assert options.drills == (
        DrillOrder(DrillKind.CRASH, "risk_gate", Nanos(20 * SECOND)),
        DrillOrder(DrillKind.HANG, "feed", Nanos(60 * SECOND)),
        DrillOrder(DrillKind.EXIT, "strategy.breakout", Nanos(90 * SECOND)),
        DrillOrder(DrillKind.CRASH, "risk_gate", Nanos(20 * SECOND)),
    )


@pytest.mark.req("SUP1")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--env", "paper", "--drill", "crash:risk_gte@1s"), "did you mean risk_gate?"),
        (("--env", "paper", "--drill", "crash:nonsense@1s"), "there is no actor 'nonsense'"),
        (("--env", "paper", "--drill", "crash:strategy.none@1s"), "there is no actor"),
        (("--env", "paper", "--drill", "crash:strategy.@1s"), "there is no actor"),
        (("--env", "live"), "only on an embedded or loopback venue"),
        (("--env", "live", "--confirm-live"), "only on an embedded or loopback venue"),
        (("--env", "live", "--venue", "coinbase"), "only on an embedded or loopback venue"),
        (("--env", "paper", "--venue-url", "http://10.0.0.1:80"), "embedded or loopback"),
        (("--env", "paper", "--venue-url", "http://127.0.0.1.evil.io"), "embedded or loopback"),
        (("--env", "paper", "--venue-url", "https://api.coinbase.com"), "embedded or loopback"),
    ],
)
def test_a_drill_that_names_nobody_or_could_reach_real_money_is_refused(
    arguments: tuple[str, ...], words: str
) -> None:
    if "--drill" not in arguments:
        arguments = (*arguments, "--drill", "crash:risk_gate@1s")

    with pytest.raises(click.UsageError, match=re.escape(words)) as refused:
        trade(Folders(config=CONFIG), values_of(*arguments))

    assert refused.value.exit_code == 2


@pytest.mark.req("M1")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--venue", "embedded"), "trades at Coinbase"),
        (("--market", "generated"), "--market is for paper"),
        (("--seed", "0"), "--seed is for paper"),
        (("--paper-balance", "USD=800"), "--paper-balance is for paper"),
        (("--from", "2026-01-05T00:00:00Z"), "--from is for paper"),
        (("--faults", "f.jsonl"), "--faults is for paper"),
        (("--speed", "2"), "can't be sped up"),
        (("--speed", "max", "--cycles", "1"), "can't be sped up"),
        (("--venue-url", "https://10.0.0.1"), "a venue on this machine"),
    ],
)
def test_what_is_for_paper_is_no_option_of_real_money(
    arguments: tuple[str, ...], words: str
) -> None:
    with pytest.raises(click.UsageError, match=words):
        trade(Folders(), values_of("--env", "live", *arguments))


@pytest.mark.req("M1")
def test_real_money_is_traded_at_coinbase_unless_somebody_here_plays_it() -> None:
    for words, rest in (
        ((), "https://api.coinbase.com"),
        (("--venue-url", "http://127.0.0.1:8080"), "http://127.0.0.1:8080"),
    ):
        values = of_real_money(values_of("--env", "live", "--confirm-live", *words))
        options = options_of(Folders(), values, Config())
        assert (options.venue, options.confirm_live) == ("coinbase", True)
        assert options.market.startswith(f"mirror:{rest}?")
