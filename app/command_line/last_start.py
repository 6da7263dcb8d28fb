"""What a run was started with, so that another start of the same world needs nobody to type it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapters.control.files import read_json, write_json
from adapters.venues.transport.endpoint import is_loopback
from app.command_line.options import COINBASE, MIRROR, TradeOptions
from config.mode import Mode
from domain.model.instants import iso
from domain.model.money import plain

FILE = "start.json"
_SINGLE = ("market", "seed", "from", "venue", "venue-url")
_REPEATED = ("paper-balance", "set")


def keep_start(options: TradeOptions) -> None:
    """Keep the options that say which world is traded, and by which settings.

    Raises:
        OSError: they could not be written.
    """
    kept: dict[str, Any] = {"set": list(options.sets)}
    if options.venue_url is not None:
        kept["venue-url"] = options.venue_url
    elif options.venue == COINBASE:
        kept["venue"] = COINBASE
        stand_in = _stand_in(options.market)
        if stand_in is not None:
            kept["venue-url"] = stand_in
    else:
        market = Path(options.market)
        kept["market"] = str(market.resolve()) if market.exists() else options.market
    if options.venue_url is None and options.mode is not Mode.LIVE:
        opening = (options.opening or {}).items()
        kept["paper-balance"] = [f"{name}={plain(amount)}" for name, amount in opening]
        if options.seed is not None:
            kept["seed"] = str(options.seed)
        if options.from_ns is not None:
            kept["from"] = iso(options.from_ns)
    write_json(options.folders.of_mode(options.mode) / FILE, kept)


def _stand_in(market: str) -> str | None:
    """Return the address of what plays Coinbase on this machine, None where it is Coinbase."""
    parts = urlsplit(market.removeprefix(MIRROR))
    here = is_loopback(parts.hostname or "")
    return f"{parts.scheme}://{parts.netloc}" if market.startswith(MIRROR) and here else None


def start_again(folder: Path) -> tuple[str, ...]:
    """Return the options that a run on the mode's `folder` was started with last.

    None where nothing says so, or nothing that can be read: the default world is meant then.
    """
    return tuple(_arguments(read_json(folder / FILE) or {}))


def _arguments(kept: dict[str, Any]) -> Iterator[str]:
    for name in _SINGLE:
        if isinstance(value := kept.get(name), str):
            yield f"--{name}={value}"
    for name in _REPEATED:
        values = kept.get(name)
        for value in values if isinstance(values, list) else ():
            if isinstance(value, str):
                yield f"--{name}={value}"
