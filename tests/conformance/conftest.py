"""Two venues for all tests: the usual one, and one with Coinbase's own limits and delays."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from coinbase.rest import RESTClient
from venues import BTC, Venue, running

BALANCES = ("--paper-balance", "USD=100000", "--paper-balance", "USDC=5000")
COINS = ("--paper-balance", "BTC=2")
STRICT = (
    "cancel-delay=1s",
    "edit-delay=1s",
    "lag=2s",
    "private-rate=30",
    "public-rate=10",
    "subscribe-within=1s",
    "idle-close=2s",
    "limit-only=ETH-USD",
    "client-id=off",
    "counter-text=on",
    "epoch-snapshots=on",
    "refuse-duplicates=on",
    "legacy-envelope=on",
)


@pytest.fixture(scope="session")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """A venue in its usual manner, ten times as fast as life, with P-256 keys."""
    folder = tmp_path_factory.mktemp("venue")
    with running(folder, "--speed", "10", *BALANCES, *COINS) as found:
        yield found


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """A venue with Coinbase's limits, late answers, other forms, and Ed25519 keys."""
    manners = [word for text in STRICT for word in ("--manner", text)]
    folder = tmp_path_factory.mktemp("strict")
    with running(folder, "--key-type", "ed25519", *BALANCES, *COINS, *manners) as found:
        yield found


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """A venue whose faults nobody else meets."""
    with running(tmp_path_factory.mktemp("faulty"), "--speed", "10", *BALANCES, *COINS) as found:
        yield found


@pytest.fixture
def client(venue: Venue) -> RESTClient:
    return venue.client()


@pytest.fixture
def away(client: RESTClient) -> Callable[[str], str]:
    """Return a price by how far it is from the market, like "0.5", on the product's steps."""

    def price(share: str) -> str:
        product = client.get_product(BTC)
        step = Decimal(product["price_increment"])
        return str(Decimal(product["price"]) * Decimal(share) // step * step)

    return price


_numbers = itertools.count(1)


@pytest.fixture
def new_id() -> Callable[[], str]:
    return lambda: f"sdk-{next(_numbers)}"


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Begin where the checklist begins."""
    items.sort(key=lambda item: item.name)
