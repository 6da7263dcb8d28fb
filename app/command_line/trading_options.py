"""The trading options: what each must look like and which of them exclude each other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import click
from attrs import fields

from adapters.simulator.options import GENERATED, parse_balance_amount
from adapters.venues.transport.endpoint import AddressInvalid, endpoint, is_loopback
from app.command_line.environment import FolderUnusable, in_words
from app.command_line.options import (
    COINBASE,
    MIRROR,
    ROOT,
    DrillOrder,
    Folders,
    TradeOptions,
)
from app.command_line.shell import check_world
from app.command_line.worlds import in_its_home, recalled
from config.mode import Mode
from domain.market.stablecoin import BRIDGES, FIAT
from domain.model.bounds import ASSET
from domain.model.breakers import DrillKind
from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, parse_duration
from domain.model.money import parse_decimal
from domain.model.wording import meant

if TYPE_CHECKING:
    from config.effective import Config

COINBASE_REST = "https://api.coinbase.com"
SLOWEST, FASTEST = Decimal(1), Decimal(60)
Virtual = Literal["max"]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def parse_speed(text: str) -> Decimal | Virtual:
    """Return the speed written in `text`, 1 to 60, or "max".

    Raises:
        InvalidNumber: it is neither.
    """
    if text == "max":
        return "max"
    speed = parse_decimal(text)
    if not SLOWEST <= speed <= FASTEST:
        raise InvalidNumber(f"expected 1 to 60, or max, was {text}")
    if speed % Decimal("0.000001"):
        raise InvalidNumber(f"expected at most six fractional digits, was {text}")
    return speed


def parse_length(text: str) -> Nanos:
    """Return the duration written in `text`, which must be longer than nothing.

    Raises:
        InvalidNumber: it is no such duration.
    """
    length = parse_duration(text)
    if length <= 0:
        raise InvalidNumber(f"expected a duration above zero, was {text!r}")
    return length


def parse_balance(text: str) -> tuple[str, Decimal]:
    """Return currency and amount of `text`, which is like USD=800.

    Raises:
        InvalidNumber: it is not like that.
    """
    currency, equals, amount = text.partition("=")
    if not equals or not ASSET.fullmatch(currency):
        is_name = equals and ASSET.fullmatch(currency.upper())
        hint = f"; did you mean {currency.upper()}={amount}?" if is_name else ""
        raise InvalidNumber(f"expected CURRENCY=AMOUNT like USD=800, was {text!r}{hint}")
    return currency, parse_balance_amount(amount)


def parse_drill(text: str) -> DrillOrder:
    """Return the drill written in `text`, which is like crash:risk_gate@20s.

    Raises:
        InvalidNumber: it is not like that.
    """
    what, at, when = text.rpartition("@")
    kind, colon, actor = what.partition(":")
    kinds = [each.value for each in DrillKind]
    if not at or not colon or not actor or kind not in kinds:
        form = "KIND:NAME@TIME like crash:risk_gate@20s"
        raise InvalidNumber(f"expected {form}, KIND one of {', '.join(kinds)}; was {text!r}")
    return DrillOrder(DrillKind(kind), actor, parse_duration(when))


def parse_url(text: str) -> str:
    """Return `text`, an http or https address without a trailing slash.

    Raises:
        InvalidNumber: it is no such address.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidNumber(f"expected an address like http://127.0.0.1:8080, was {text!r}")
    return text.rstrip("/")


def trade(folders: Folders, values: Mapping[str, Any]) -> int:
    """Check the options against each other, the config and the mode gates, then trade."""
    # What only a start needs is not loaded by every command, nor by the venue beside it.
    from app.run.mode_gate import refusals
    from app.run.stray_keys import stray_keys
    from config.loading import load
    from config.own import folder_of

    check_world(folders)
    values = recalled(folders, values)
    mode: Mode = values["mode"]
    values = of_real_money(values) if mode is Mode.LIVE else values
    refuse_contradictions(values)
    own = (folders.data, folders.log, ROOT / "data", ROOT / "logs")
    beside = None if values["shadow_dir"] is None else Folders(config=values["shadow_dir"]).config
    read = [each for each in (folders.config, beside) if each is not None]
    if strays := stray_keys((ROOT, *read), values["sets"], own):
        return _refused(mode, strays)
    config = load(folders.config, values["sets"])
    _refuse_drills(values, config)
    shadow = shadow_of(beside, config)
    values = {**values, "shadow": shadow}
    refused = (*refusals(mode, config), *_left_live(folders, values))
    loaded = [each for each in (config, shadow) if each is not None]
    strategies = [folder_of(each.app.strategies.folder) for each in loaded]
    refused += stray_keys(strategies, (), own)
    if refused:
        return _refused(mode, refused)
    options = options_of(folders, values, config)
    if mode is Mode.LIVE:
        from app.run.live_start import refused_at_once

        if refused := refused_at_once(options, os.environ):
            return _refused(mode, refused)
    from app.commands.trade import trade as run_trade

    return run_trade(options if mode is Mode.LIVE else placed(options))


def _refused(mode: Mode, sentences: Iterable[str]) -> int:
    click.echo(f"--env {mode}: refused, nothing was started", err=True)
    for sentence in sentences:
        click.echo(f"  {sentence}", err=True)
    return 4


def _left_live(folders: Folders, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a run on paper may not start beside what live trading owns.

    Raises:
        FolderUnusable: nobody can read what it owns.
    """
    if values["mode"] is Mode.PAPER and not values["leave_live_positions"]:
        from app.run.live_positions import owned_live

        try:
            found = owned_live({folders.data: None, folders.home: None})
        except OSError as error:
            told = f"what live trading owns can't be read: {in_words(error)}"
            raise FolderUnusable(f"--data-dir: {told}; nothing was started") from error
        yield from map(folders.address.put, found)


def shadow_of(folder: Path | None, config: Config) -> Config | None:
    """Return the configuration in `folder`, by which a shadow decides beside the trader.

    Raises:
        ConfigError: with everything that is wrong with it.
    """
    if folder is None:
        return None
    from config.loading import load

    shadow = load(folder)
    theirs, ours = config.app.quote.value, shadow.app.quote.value
    if theirs != ours:
        raise click.UsageError(
            f"--shadow: app.quote is {ours} there and {theirs} here; both decide on one market"
        )
    return shadow


def placed(options: TradeOptions) -> TradeOptions:
    """Return `options` on the folder of their world; which one a venue elsewhere plays, it says.

    Raises:
        Unreachable: it does not answer.
    """
    if options.venue_url is None or options.folders.is_data_given:
        return in_its_home(options)
    from adapters.processes.simulator import attach

    return in_its_home(options, attach(options.venue_url).world)


def options_of(folders: Folders, values: Mapping[str, Any], config: Config) -> TradeOptions:
    """Return the parsed options of the command line as one value."""
    from app.run.settings import lookback_ns

    speed = values["speed"] or SLOWEST
    known = {each.name for each in fields(TradeOptions)}
    # An option is passed on by its name; here stands only what is not taken as it was given.
    given = {name: value for name, value in values.items() if name in known and value is not None}
    given |= {
        "config": config,
        "folders": folders,
        "market": _market_of(values, config),
        "venue_url": None if values["venue"] == COINBASE else values["venue_url"],
        "lookback_ns": lookback_ns(config),
        "speed": None if speed == "max" else speed,
        "opening": _balances(values["balances"]) or config.app.paper.balances,
        "dashboard": not values["no_dashboard"],
    }
    return TradeOptions(**given)


def _market_of(values: Mapping[str, Any], config: Config) -> str:
    """Return what the embedded venue plays: with `--venue coinbase`, Coinbase's own live market.

    Mirrored are the products of the universe's themes, in the quote currency of the account, and
    what prices that where it is a stablecoin.
    `--venue-url` is then who plays Coinbase on this machine.
    """
    if values["venue"] != COINBASE:
        return values["market"] or GENERATED
    rest = values["venue_url"] or COINBASE_REST
    universe, quote = config.universe, config.app.quote.value
    bases = {base for members in universe.themes.values() for base in members}
    names = sorted(f"{base}-{quote}" for base in bases - set(universe.never_trade))
    if quote != FIAT:  # what that is worth has to be known before anything is bought
        names += [f"{BRIDGES[0]}-{currency}" for currency in (FIAT, quote)]
    return f"{MIRROR}{rest}?products={','.join(names)}"


def _balances(pairs: tuple[tuple[str, Decimal], ...]) -> Mapping[str, Decimal] | None:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise click.UsageError("--paper-balance names a currency twice")
    return MappingProxyType(found) if found else None


def of_real_money(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of live trading, which is at Coinbase and nowhere else.

    Raises:
        click.UsageError: one of them is for paper.
    """
    if values["venue"] not in (None, COINBASE):
        raise click.UsageError("--env live trades at Coinbase; --venue embedded is for paper")
    of_paper = {
        "market": "--market",
        "from_ns": "--from",
        "balances": "--paper-balance",
        "faults": "--faults",
        "seed": "--seed",
    }
    if values["leave_live_positions"]:
        raise click.UsageError("--leave-live-positions is for paper: live trading watches its own")
    for name, flag in of_paper.items():
        if values[name] not in (None, ()):
            raise click.UsageError(f"{flag} is for paper; --env live trades the market there is")
    if values["speed"] not in (None, SLOWEST):
        raise click.UsageError("real time can't be sped up; leave --speed at 1")
    return {**values, "venue": COINBASE}


def refuse_contradictions(values: Mapping[str, Any]) -> None:
    """End with exit code 2 where options cannot be had together."""
    market = values["market"] or GENERATED
    is_live = values["venue"] == COINBASE or market.startswith(MIRROR)
    if not is_live and market != GENERATED and not Path(market).exists():
        raise click.UsageError(f"--market: there is no file or folder {market!r}")
    if values["venue_url"] is not None:
        _refuse_venue_of_others(values)
    if values["speed"] == "max":
        _refuse_endless_virtual_time(values, market)
    if is_live:
        _refuse_what_is_not_live(values)
    _balances(values["balances"])


def _refuse_what_is_not_live(values: Mapping[str, Any]) -> None:
    if values["speed"] not in (None, SLOWEST):
        raise click.UsageError("a live market cannot be sped up; leave --speed at 1")
    if values["from_ns"] is not None:
        raise click.UsageError("--from is for recorded markets; a live one begins now")
    if values["venue"] == COINBASE and values["market"]:
        raise click.UsageError("--market and --venue coinbase exclude each other")


def refuse_foreign_coinbase(url: str) -> None:
    """End with exit code 2 where somebody elsewhere would be taken for Coinbase.

    What is sent to Coinbase may be signed with its key; nobody but Coinbase and what plays it on
    this machine is ever asked in its place.
    """
    try:
        address = endpoint(url, ("http", "https"))
    except AddressInvalid as error:
        raise click.UsageError(f"--venue-url: {error}") from error
    if not is_loopback(address.hostname) or address.path:
        raise click.UsageError(
            "--venue-url: in the place of Coinbase only a venue on this machine is asked, like "
            f"http://127.0.0.1:8080; was {url!r}; without the option it is {COINBASE_REST}"
        )


def _refuse_venue_of_others(values: Mapping[str, Any]) -> None:
    if values["venue"] == COINBASE:
        refuse_foreign_coinbase(values["venue_url"])
        return
    own = {
        "market": "--market",
        "from_ns": "--from",
        "balances": "--paper-balance",
        "faults": "--faults",
    }
    for name, flag in own.items():
        if values[name]:
            raise click.UsageError(f"{flag} belongs to the venue at --venue-url; give it there")


def _refuse_drills(values: Mapping[str, Any], config: Config) -> None:
    """End with exit code 2 where a drill names nobody, or could reach real money."""
    from actors.kernel.topology import START_ORDER, STRATEGY

    drills: tuple[DrillOrder, ...] = values["drills"]
    if not drills:
        return
    host = urlsplit(values["venue_url"] or "http://127.0.0.1").hostname
    if values["mode"] is Mode.LIVE or values["venue"] == "coinbase" or host not in LOOPBACK:
        raise click.UsageError("--drill breaks actors only on an embedded or loopback venue")
    enabled = [name for name, spec in sorted(config.strategies.items()) if spec.enabled]
    known = [name for name in START_ORDER if name != STRATEGY]
    known += [STRATEGY + name for name in enabled]
    for drill in drills:
        if drill.actor not in known:
            raise click.UsageError(
                f"--drill: there is no actor {drill.actor!r}{meant(drill.actor, known)}"
                f" Actors: {', '.join(known)}"
            )


def _refuse_endless_virtual_time(values: Mapping[str, Any], market: str) -> None:
    if values["venue_url"] is not None or values["venue"] == "coinbase":
        raise click.UsageError(
            "--speed max runs trader and venue in one process: "
            "it excludes --venue-url and --venue coinbase"
        )
    if market == GENERATED and values["cycles"] is None and values["duration_ns"] is None:
        raise click.UsageError(
            "--speed max needs an end: --cycles, --duration or a recorded --market"
        )
