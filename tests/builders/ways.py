"""Whether a message goes a way that the topology knows."""

from __future__ import annotations

from actors.kernel.envelope import Envelope
from actors.kernel.routes import GROUP, matches
from actors.kernel.topology import ACTORS, BOARD, GUARDIAN, OUTSIDE, ROUTES, STRATEGY, THE_VENUE

FROM_OUTSIDE = {THE_VENUE, GUARDIAN, BOARD, GROUP}


def detour(receiver: str, envelope: Envelope) -> str | None:
    """Return what is wrong with a delivery, or None; only kinds and actors of ours are judged."""
    way = receiver, envelope.sender, type(envelope.body)
    if way not in _JUDGED:
        _JUDGED[way] = _judge(*way)
    return _JUDGED[way]


_JUDGED: dict[tuple[str, str, type], str | None] = {}
"""Every way that was seen: there are few, and each is gone thousands of times."""


def _judge(receiver: str, sender: str, kind: type) -> str | None:
    row = ROUTES.get(kind)
    if row is None:
        return None
    is_ours = sender in ACTORS or sender.startswith(STRATEGY)
    if is_ours and not matches(row.says, sender):
        return f"the topology does not let {sender} say {kind.__name__}"
    if sender == OUTSIDE and not FROM_OUTSIDE.intersection(row.says):
        return f"the topology does not let anybody outside say {kind.__name__}"
    if (is_ours or sender == OUTSIDE) and not matches(row.receivers, receiver):
        return f"the topology does not send {kind.__name__} to {receiver}"
    return None
