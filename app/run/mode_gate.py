"""Which gates keep a mode from starting, and who may send orders: nobody else gives that right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.venues.transport.endpoint import is_loopback
from config.mode import Mode
from domain.model.capability import IN_PROCESS, Extent, NoCapability, OrderCapability
from domain.model.product import quote_of
from domain.system.live_gates import UnmetGate, is_final
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

    def on_live(self, venue: str, unmet: Iterable[UnmetGate], *, is_owner: bool) -> OrderCapability:
        """Return the right to order with the gates `unmet` shut: to everything if none is, to exits
        if something is there to be sold (`is_owner`).

        Raises:
            NoCapability: the mode is another, a gate lets nothing pass, real money is behind the
                address, or it was given before.
        """
        if self._mode is not Mode.LIVE:
            raise NoCapability(f"{self._mode} does not trade real money")
        if not is_loopback(urlsplit(venue).hostname or ""):
            raise NoCapability(f"no order leaves for {venue}, where real money is")
        shut = tuple(unmet)
        if is_final(shut, is_owner=is_owner):
            raise NoCapability("; ".join(map(str, shut)))
        return self._give(Extent.EXITS if shut else Extent.ALL, venue)

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


def refusals(mode: Mode, config: Config) -> tuple[str, ...]:
    """Return why `mode` may not start by the ceiling of the configuration; none means it may.

    The gates of live trading are more than this one, and looked at together (`live_start.py`).
    """
    ceiling = config.app.mode
    if mode is Mode.LIVE or mode.rank <= ceiling.rank:
        return ()
    source = config.sources.get(("app", "mode"), "the default")
    return (f"mode: --env {mode} is above the ceiling app.mode: {ceiling} ({source})",)


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
