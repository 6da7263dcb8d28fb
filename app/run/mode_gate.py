"""Which gates keep a mode from starting, and who may send orders: nobody else gives that right."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.venues.transport.endpoint import is_loopback
from app.command_line.options import ROOT
from config.mode import Mode
from domain.model.capability import IN_PROCESS, Extent, NoCapability, OrderCapability
from domain.model.product import quote_of
from domain.system.recovery import Recovered

if TYPE_CHECKING:
    from config.effective import Config


class ModeGate:
    """Gives the right to send orders in a run of `mode`: once, no farther than the mode goes."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        self._has_given = False

    def on_paper(self, venue: str) -> OrderCapability | None:
        """Return the right to order at a venue of this machine; None in a dry run, which has none.

        Raises:
            NoCapability: real money is at stake, or the venue is elsewhere, or it was given before.
        """
        if self._mode is Mode.DRY_RUN:
            return None
        if self._mode is not Mode.PAPER:
            raise NoCapability(f"{self._mode} is not paper: its own gates decide")
        if venue != IN_PROCESS and not is_loopback(urlsplit(venue).hostname or ""):
            raise NoCapability(f"on paper nothing is sent to {venue}: it is not of this machine")
        return self._give(Extent.ALL, venue)

    def _give(self, extent: Extent, venue: str) -> OrderCapability:
        if self._has_given:
            raise NoCapability("the right to send orders was given in this run before")
        self._has_given = True
        return OrderCapability(extent, venue)


def right_of_check(venue: str) -> OrderCapability:
    """Return the right to send the one harmless order of a check, to which a person consents."""
    return OrderCapability(Extent.HARMLESS, venue)


def right_of_self_test() -> OrderCapability:
    """Return the right to order where nobody is: what a self-test tries has no way out."""
    return OrderCapability(Extent.ALL, IN_PROCESS)


def refusals(mode: Mode, config: Config, *, is_confirmed: bool) -> tuple[str, ...]:
    """Return a sentence for each gate that `mode` does not pass; none means it may start."""
    found = []
    ceiling = config.app.mode
    if mode.rank > ceiling.rank:
        source = config.sources.get(("app", "mode"), "the default")
        found.append(f"mode: --env {mode} is above the ceiling app.mode: {ceiling} ({source})")
    if mode is Mode.LIVE:
        found += _live(config, is_confirmed=is_confirmed)
    return tuple(found)


def refused_books(recovered: Recovered, quote_currency: str) -> str | None:
    """Return a sentence if the journal's books are kept in another currency than
    `quote_currency`: in that one they would be wrong, and the lots without their prices.
    """
    living = [each for each in recovered.orders.values() if not each.is_terminal]
    products = recovered.traded | {each.intent.order.product for each in living}
    others = sorted({quote_of(each) for each in products} - {quote_currency})
    if not others:
        return None
    lots = recovered.ledger.lots if recovered.ledger is not None else ()
    owned = sorted({lot.product for lot in lots if quote_of(lot.product) in others})
    held = f"; lots are owned: {', '.join(owned)}" if owned else ""
    kept = ", ".join(others)
    return (
        f"quote: the books of this folder are kept in {kept}, and app.quote is {quote_currency}"
        f"{held}; set app.quote back to {kept}, or trade {quote_currency} in a folder of its own"
        " (--data-dir)"
    )


def _live(config: Config, *, is_confirmed: bool) -> list[str]:
    """Return the gates of LIVE; there is no live gateway, so they never all open."""
    found = [] if is_confirmed else ["confirmation: --confirm-live was not given"]
    wrong = _key(os.environ)
    if wrong is not None:
        found.append(f"secrets: {wrong}")
    return [
        *found,
        f"certificate: no rehearsal certificate exists for policy={config.policy_hash}",
        "clock, permissions, fees: proven only by a rehearsal on the live venue",
        "gateway: this version cannot send orders to a venue with real money",
    ]


def _key(environment: Mapping[str, str]) -> str | None:
    """Return in a sentence why the key that the environment names won't do."""
    # Only here: what signs takes long to load, and other modes need none of it.
    from adapters.venues.coinbase.auth import KeyInvalid
    from adapters.venues.coinbase.key_sources import find_key

    try:
        find_key(environment, ROOT)
    except KeyInvalid as error:
        return str(error)
    return None
