"""The way to order asks for the right to, at its making and again for each order."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.venues.coinbase.client import CoinbaseReader
from adapters.venues.coinbase.gateway import CoinbaseGateway
from adapters.venues.coinbase.traits import EMBEDDED
from domain.messages.venue import CancelAnswered, PlaceAnswered
from domain.model.capability import Extent, NoCapability
from domain.model.instants import SECOND
from domain.model.orders import Accepted, NotSent, OrderIntent
from tests.builders.capability import a_right
from tests.builders.coinbase import a_request, never_refuses
from tests.builders.messages import an_intent, approved_sale
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import ScriptedVenue

pytestmark = pytest.mark.req("M1")

ENTRY = an_intent()
EXIT = an_intent(approved_sale(ENTRY.client_order_id), 2)


def taken(*_: Any) -> tuple[int, bytes]:
    return 200, b'{"success":true,"success_response":{"order_id":"o-1"}}'


def outcome_of(venue: ScriptedVenue, intent: OrderIntent) -> Any:
    venue.client.place(a_request(intent), ME)
    venue.time.run(limit_ns=SECOND)
    return venue.inbox.of(PlaceAnswered)[-1].outcome


def test_who_only_reads_has_no_way_to_order() -> None:
    assert not hasattr(CoinbaseReader, "place")
    assert not hasattr(CoinbaseReader, "cancel")


@pytest.mark.parametrize("right", [None, object(), a_right(extent=Extent.HARMLESS)])
def test_without_the_right_there_is_no_gateway(right: Any) -> None:
    whole = ScriptedVenue()

    with pytest.raises(NoCapability):
        CoinbaseGateway(
            whole.transport,
            whole.inbox.post,
            whole.time,
            never_refuses,
            capability=right,
            traits=EMBEDDED,
            draw=lambda: 0.5,
        )


def test_with_the_right_to_exits_no_entry_leaves_though_the_last_gate_lets_it() -> None:
    venue = ScriptedVenue(taken, capability=a_right(extent=Extent.EXITS))

    refused = outcome_of(venue, ENTRY)

    assert refused == NotSent("this run has no right to send an entry: exits only", is_final=True)
    assert venue.asked == []


def test_with_the_right_to_exits_exits_leave_and_entries_are_cancelled() -> None:
    venue = ScriptedVenue(taken, capability=a_right(extent=Extent.EXITS))

    assert outcome_of(venue, EXIT) == Accepted("o-1")
    venue.client.cancel(("o-2",), 1, ME)
    venue.time.run(limit_ns=SECOND)
    assert venue.inbox.of(CancelAnswered)
    assert [path.rpartition("/")[2] for _, path, _, _ in venue.asked] == ["orders", "batch_cancel"]


def test_the_last_gate_is_asked_besides() -> None:
    venue = ScriptedVenue(taken, gate=lambda _: "kill switch")

    assert outcome_of(venue, EXIT) == NotSent("kill switch", is_final=True)
    assert venue.asked == []
