"""List and cancel, by REST: all that the sentinel can say to a venue. It has no way to order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from msgspec import Raw

from adapters.sentinel.orders import LiveOrders
from adapters.venues.coinbase.answers import order_ids_in, orders_in, read_orders
from adapters.venues.coinbase.auth import ApiKey, Signer
from adapters.venues.coinbase.wire import PREFIX
from domain.messages.venue import EntriesUnread
from domain.model.entries import Entries, Unread
from domain.model.errors import ProtocolBroken, Unreachable
from domain.system.unread import UnreadTally

TIMEOUT_S = (1.0, 3.0)
"""To connect, and between two bytes of an answer."""
PAGE = 250
CANCELS_PER_CALL = 100
IDS_PER_CALL = 50
# In this order, an order on its way through its life is seen by at least one of the calls.
LIVE = (("PENDING", "QUEUED"), ("OPEN",), ("CANCEL_QUEUED", "EDIT_QUEUED"))
PAGES_MAX = 100
Query = list[tuple[str, str]]
T = TypeVar("T")


class Gateway:
    """One account at one venue."""

    def __init__(self, rest: str, key: ApiKey, ca: Path | None, token_life_s: int) -> None:
        """Prepare to ask `rest` (scheme and host).

        Raises:
            KeyInvalid: the key can't be used.
        """
        self._rest = rest.rstrip("/")
        self._host = urlsplit(rest).netloc
        self._signer = Signer(key, token_life_s, time.time_ns)
        self._tally = UnreadTally()
        self._news: list[EntriesUnread] = []
        self._session = requests.Session()
        self._session.trust_env = False
        if ca is not None:
            self._session.verify = str(ca)

    def live_orders(self) -> LiveOrders:
        """Return everything that may still trade, every page.

        Raises:
            Unreachable: a part of the list could not be had; then nothing is known.
        """
        found: dict[str, str] = {}
        unread: list[Unread] = []
        for states in LIVE:
            query = [("product_type", "SPOT"), ("limit", str(PAGE))]
            query += [("order_status", state) for state in states]
            for entries in self._pages(query, order_ids_in):
                found.update(entries.read)
                unread += entries.unread
        self._news += self._tally.count(unread)
        return LiveOrders(found, tuple(unread))

    def ended(self, order_ids: Sequence[str]) -> Mapping[str, bool]:
        """Return whether each of these orders has ended; one that can't be had is not there.

        Raises:
            Unreachable: there was no answer to one of the calls.
        """
        found: dict[str, bool] = {}
        for at in range(0, len(order_ids), IDS_PER_CALL):
            query = [("order_ids", each) for each in order_ids[at : at + IDS_PER_CALL]]
            for entries in self._pages(query, orders_in):
                found.update((seen.order_id, seen.status.is_terminal) for seen in entries.read)
        return found

    def news(self) -> list[EntriesUnread]:
        """Return what was left out since the last call."""
        news, self._news = self._news, []
        return news

    def cancel(self, order_ids: Sequence[str]) -> None:
        """Ask for cancels. Whether they happened, only the next list says.

        Raises:
            Unreachable: there was no answer to one of the calls.
        """
        for at in range(0, len(order_ids), CANCELS_PER_CALL):
            body = {"order_ids": list(order_ids[at : at + CANCELS_PER_CALL])}
            self._ask("POST", "/orders/batch_cancel", [], body)

    def portfolio(self) -> str:
        """Return the portfolio that the key belongs to.

        Raises:
            Unreachable: the venue does not say.
        """
        body = self._ask("GET", "/key_permissions", [])
        try:
            portfolio = json.loads(body)["portfolio_uuid"]
        except (ValueError, KeyError, TypeError, RecursionError):
            portfolio = None
        if not isinstance(portfolio, str) or not portfolio:
            raise Unreachable("/key_permissions: the venue names no portfolio")
        return portfolio

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()

    def _pages(
        self, query: Query, read: Callable[[Sequence[Raw]], Entries[T]]
    ) -> Iterator[Entries[T]]:
        cursors = [""]
        for _ in range(PAGES_MAX):
            asked = [*query, ("cursor", cursors[-1])] if cursors[-1] else query
            try:
                page = read_orders(self._ask("GET", "/orders/historical/batch", asked))
            except ProtocolBroken as error:
                raise Unreachable(str(error)) from error
            yield read(page.orders)
            if not page.has_next:
                return
            if not page.cursor:
                raise Unreachable("the list of orders has more orders, but no cursor to them")
            if page.cursor in cursors:
                raise Unreachable("the list of orders repeats a page")
            cursors.append(page.cursor)
        raise Unreachable(f"the list of orders does not end after {PAGES_MAX} pages")

    def _ask(self, method: str, path: str, query: Query, body: object = None) -> bytes:
        where = f"{PREFIX}{path}"
        token = self._signer.request_token(method, self._host, where)
        try:
            answer = self._session.request(
                method,
                self._rest + where,
                params=query,
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=TIMEOUT_S,
                allow_redirects=False,  # what another address lists is not our venue's list
            )
        except requests.RequestException as error:
            raise Unreachable(f"{path}: {type(error).__name__}") from error
        if answer.status_code != requests.codes.ok:
            raise Unreachable(f"{path}: HTTP {answer.status_code}")
        return bytes(answer.content)
