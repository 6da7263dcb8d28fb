"""Which orders the journal calls alive: cancelled by id, whatever the venue's list shows."""

from __future__ import annotations

import contextlib
import json

ENDED = ("FILLED", "CANCELLED", "REJECTED", "EXPIRED", "VOID")
ADVANCED = b'"type":"OrderAdvanced"'


class LivingOrders:
    """The venue's order ids with our client order ids; as many as have not ended."""

    def __init__(self) -> None:
        self.clients: dict[str, str] = {}

    def read(self, line: bytes) -> None:
        """Take in a line of the journal; one that can't be read leaves an order to the list."""
        if ADVANCED in line:
            with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                moved = json.loads(line)["data"]
                self._note(moved["order_id"], moved["client_order_id"], moved["state"])

    def _note(self, order_id: str | None, client: str, state: str) -> None:
        if state in ENDED:
            for name in [name for name, each in self.clients.items() if each == client]:
                del self.clients[name]
        elif order_id is not None:
            self.clients[order_id] = client
