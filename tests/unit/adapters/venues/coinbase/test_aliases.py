"""Data under another name than the one asked for come back under the one asked for."""

from __future__ import annotations

from attrs import evolve

from adapters.venues.coinbase.aliases import (
    Aliases,
    Listing,
    has_aliases,
    renamed,
    renamed_quotes,
)
from domain.messages.market import (
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    HeartbeatSeen,
    MarketEvent,
    MarketFrame,
    TradesPrinted,
)
from domain.model.product import ProductId
from tests.builders.messages import BTC, ETH, NOW, a_product, a_quote, a_trade

BTC_USDC, ETH_USDC = ProductId("BTC-USDC"), ProductId("ETH-USDC")


def known() -> Aliases:
    aliases = Aliases()
    pairs = {BTC: "", BTC_USDC: BTC, ETH: ETH, ETH_USDC: ETH}
    aliases.learn(Listing(a_product(name), alias) for name, alias in pairs.items())
    return aliases


def test_an_alias_is_asked_for_by_the_venues_own_name() -> None:
    assert known().names((BTC_USDC, ETH)) == {BTC: (BTC_USDC,), ETH: (ETH,)}
    assert known().names((BTC, BTC_USDC)) == {BTC: (BTC, BTC_USDC)}
    assert not has_aliases(known().names((BTC, ETH)))
    assert has_aliases(known().names((BTC_USDC,)))


def test_every_event_comes_under_every_name_that_was_asked_for() -> None:
    names = known().names((BTC_USDC, ETH, ETH_USDC))
    events: tuple[MarketEvent, ...] = (
        BookSnapshotSeen(BTC, (), ()),
        BookChanged(ETH, (), ()),
        BookLost(BTC, "odd"),
        HeartbeatSeen(1),
        TradesPrinted((a_trade(),), False),
        BookChanged(ProductId("SOL-USD"), (), ()),
    )

    found = renamed(MarketFrame(1, 0, NOW, events), names).events

    assert found[:6] == (
        BookSnapshotSeen(BTC_USDC, (), ()),
        BookChanged(ETH, (), ()),
        BookChanged(ETH_USDC, (), ()),
        BookLost(BTC_USDC, "odd"),
        HeartbeatSeen(1),
        TradesPrinted((evolve(a_trade(), product=BTC_USDC),), False),
    )


def test_quotes_too() -> None:
    names = known().names((BTC_USDC,))

    assert [each.product for each in renamed_quotes([a_quote()], names)] == [BTC_USDC]
