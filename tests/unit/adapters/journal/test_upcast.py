"""Records written before a message changed are still that message."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.journal.codec import Codec, CodecError
from domain.messages.catalogue import CATALOGUE
from domain.messages.control import ReconcileFinished, SweepFinished
from domain.model.instants import Nanos

CODEC = Codec(CATALOGUE)
pytestmark = pytest.mark.req("AUD1")


@pytest.mark.parametrize(
    ("name", "old", "message"),
    [
        (
            "SweepFinished",
            {"reason": "boot, daily_loss", "cancelled": 2, "took_ns": 7},
            SweepFinished(("boot", "daily_loss"), 2, Nanos(7)),
        ),
        (
            "ReconcileFinished",
            {"reason": "boot", "is_clean": False, "problems": ["USD"], "products": []},
            ReconcileFinished("boot", False, ("USD",)),
        ),
    ],
)
def test_a_record_of_an_earlier_version_is_read_as_todays_message(
    name: str, old: dict[str, Any], message: object
) -> None:
    assert CODEC.decode(name, old) == message
    assert CODEC.decode(name, CODEC.encode(message)) == message


def test_what_no_version_ever_wrote_is_refused() -> None:
    with pytest.raises(CodecError):
        CODEC.decode("SweepFinished", {"reason": 7, "cancelled": 2, "took_ns": 7})
    with pytest.raises(CodecError):
        CODEC.decode(
            "SweepFinished", {"reason": "a", "reasons": ["b"], "cancelled": 2, "took_ns": 7}
        )
