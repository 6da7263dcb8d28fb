"""Which orders the journal calls alive: cancelled by id, whatever the venue's list shows."""

from __future__ import annotations

ENDED = ("FILLED", "CANCELLED", "REJECTED", "EXPIRED", "VOID")


class LivingOrders:
    """The venue's order ids with our client order ids; as many as have not ended."""

    def __init__(self) -> None:
        self.clients: dict[str, str] = {}

    def note(self, order_id: str | None, client: str, state: str) -> None:
        """Take in a move of the order `client`, which the venue calls `order_id`."""
        if state in ENDED:
            for name in [name for name, each in self.clients.items() if each == client]:
                del self.clients[name]
        elif order_id is not None:
            self.clients[order_id] = client
