"""Names of orders: unique over restarts, derived from the journal and never from a clock."""

from __future__ import annotations

from uuid import UUID, uuid5

VERSION = 5
"""Of a UUID that is derived from names: nobody who draws ids makes such."""


def client_order_id(lineage: str, number: int) -> str:
    """Return the client order id of intent `number` (from 1) in the journal `lineage`.

    `lineage` is 32 hex digits. UUIDv5, so 36 characters. Source: RFC 9562 5.5.
    """
    return str(uuid5(UUID(hex=lineage), str(number)))


def is_of_a_lineage(text: str) -> bool:
    """Tell whether a client order id has the form of ours, of whatever journal."""
    try:
        return UUID(text).version == VERSION
    except ValueError:
        return False
