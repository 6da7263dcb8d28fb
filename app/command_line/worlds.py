"""Which world a start means: its name by what was asked for, and what a name was begun with."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from attrs import evolve

from adapters.control.files import read_json
from adapters.control.worlds import CARD, home_of, read_card, write_card
from adapters.simulator.options import DEFAULT_SEED, GENERATED, WorldOptions
from adapters.simulator.world import DEFAULT_OPENING
from app.command_line.options import COINBASE, MIRROR, Folders, TradeOptions
from domain.model.instants import iso, parse_iso
from domain.model.money import parse_decimal, plain
from domain.system.address import DEFAULT

HASH_DIGITS, LONGEST_SLUG = 6, 32


def in_its_home(options: TradeOptions, attached: str | None = None) -> TradeOptions:
    """Return `options` on the folder of their world, unless a folder or a world was named.

    `attached`: the id of the world that a venue plays which is not ours to start.
    """
    folders = options.folders
    if folders.is_data_given or folders.world is not None:
        return options
    name = f"venue-{attached[:8]}" if attached is not None else name_of(options)
    at_top = folders.of_mode(options.mode) / "venue"
    if name == DEFAULT or (not home_of(folders.data, name).exists() and _lives(at_top, options)):
        return options
    return evolve(options, folders=evolve(folders, world=name))


def name_of(options: WorldOptions) -> str:
    """Return the name of the world asked for: readable, and another one for any other world."""
    market, seed = _market(options.market), _seed(options)
    is_usual = options.opening in (None, DEFAULT_OPENING)
    opening = {} if is_usual else _texts(options.opening)
    if market == GENERATED and is_usual:
        return DEFAULT if seed == DEFAULT_SEED else f"{GENERATED}-{seed}"
    words = [_slug(market), *([] if seed == DEFAULT_SEED else [str(seed)])]
    words += [_slug(f"{currency}-{amount}") for currency, amount in opening.items()]
    asked = json.dumps([market, seed, options.from_ns, opening])
    return "-".join((*words, hashlib.sha256(asked.encode()).hexdigest()[:HASH_DIGITS]))


def _seed(options: WorldOptions) -> int:
    return DEFAULT_SEED if options.seed is None else options.seed


def _texts(opening: Mapping[str, Decimal] | None) -> dict[str, str]:
    """Return opening balances as they are written down, by currency."""
    known = DEFAULT_OPENING if opening is None else opening
    return {currency: plain(known[currency]) for currency in sorted(known)}


def _market(source: str) -> str:
    """Return what names a market whatever the working folder is."""
    is_file = source != GENERATED and not source.startswith(MIRROR)
    return str(Path(source).resolve()) if is_file else source


def _slug(text: str) -> str:
    """Return the part of `text` that people know it by, fit for the name of a folder."""
    if text.startswith(MIRROR):
        text = (urlsplit(text.removeprefix(MIRROR)).hostname or "").removeprefix("api.")
        text = text.removesuffix(".com")
    elif "/" in text:
        text = Path(text).name.partition(".")[0]
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_SLUG] or "market"


def _lives(venue: Path, options: WorldOptions) -> bool:
    """Tell whether the world asked for was begun in `venue`, as older versions had it."""
    stored = read_json(venue / "world.json")
    if stored is None:
        return False
    market = options.market
    known = "mirror of" if market.startswith(MIRROR) else market.rpartition("/")[2]
    return (
        str(stored.get("market", "")).startswith(f"{known} ")
        and stored.get("seed") == _seed(options)
        and stored.get("opening") == _texts(options.opening)
        and options.from_ns in (None, stored.get("origin_ns"))
    )


def remember(options: TradeOptions) -> None:
    """Keep what the world was begun with, where only its name says so.

    Raises:
        OSError: it could not be written.
    """
    folders = options.folders
    if folders.world in (None, DEFAULT) or options.venue_url is not None:
        return
    write_card(
        folders.home,
        {
            "market": None if options.venue == COINBASE else _market(options.market),
            "seed": options.seed,
            "from": None if options.from_ns is None else iso(options.from_ns),
            "balances": {
                name: plain(has) for name, has in (options.opening or DEFAULT_OPENING).items()
            },
            "venue": options.venue,
        },
    )


def recalled(folders: Folders, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trading options, with what a world that is only named was begun with.

    What is given beside the name stands: the venue refuses it where it is another world.
    """
    card = None if folders.world in (None, DEFAULT) else read_card(folders.home)
    if card is None or any(values[name] for name in ("market", "from_ns", "venue", "venue_url")):
        return dict(values)
    try:
        known = _read(card)
    except (KeyError, TypeError, ValueError):
        raise click.UsageError(
            f"--world: {folders.home / CARD} is damaged; say what {folders.world} plays "
            "(--market, --seed, --from, --paper-balance)"
        ) from None
    return {**values, **{name: known[name] for name in known if values[name] in (None, ())}}


def _read(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a card keeps, as the command line has them.

    Raises:
        KeyError, TypeError, ValueError: it is damaged.
    """
    seed, begins, market = card["seed"], card["from"], card["market"]
    return {
        "market": None if market is None else str(market),
        "seed": None if seed is None else int(seed),
        "from_ns": None if begins is None else parse_iso(begins),
        "venue": COINBASE if card["venue"] == COINBASE else None,
        "balances": tuple(
            (name, parse_decimal(text)) for name, text in dict(card["balances"]).items()
        ),
    }
