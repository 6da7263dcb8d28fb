"""Servers of time over real sockets: ahead, behind, silent, cut off, not there."""

from __future__ import annotations

import pytest

from adapters.clocks.ntp import NoTime, ask_ntp
from domain.model.instants import MILLISECOND, SECOND
from tests.fakes.time_server import Saying, TimeServer

pytestmark = pytest.mark.req("TIME1")

PATIENCE_S, NO_PATIENCE_S = 10.0, 0.2
NEAR_NS = 100 * MILLISECOND
"""A busy machine may take its time between two lines."""


@pytest.mark.parametrize("ahead_s", [0.0, 3.0, -3.0])
def test_a_server_says_how_far_its_time_is_from_ours(ahead_s: float) -> None:
    with TimeServer(Saying(ahead_s=ahead_s)) as server:
        answer = ask_ntp(server.address, PATIENCE_S)

    assert abs(answer.offset_ns - int(ahead_s * SECOND)) < NEAR_NS
    assert answer.delay_ns >= -MILLISECOND
    assert (answer.is_echo, answer.leap, answer.stratum) == (True, 0, 2)
    assert answer.vague_ns == pytest.approx(10 * MILLISECOND, abs=MILLISECOND)


def test_a_server_that_is_silent_gives_no_time_and_is_named() -> None:
    with TimeServer(None) as server, pytest.raises(NoTime, match=server.address):
        ask_ntp(server.address, NO_PATIENCE_S)


@pytest.mark.parametrize("length", [1, 12, 47])
def test_a_packet_that_is_cut_off_is_no_answer(length: int) -> None:
    with (
        TimeServer(Saying(), forge=lambda packet: packet[:length]) as server,
        pytest.raises(NoTime, match="no answer"),
    ):
        ask_ntp(server.address, PATIENCE_S)


@pytest.mark.parametrize(
    "address", ["no.such.host.invalid", "xn--a.invalid", "a" * 70 + ".invalid"]
)
def test_a_server_that_can_not_be_found_gives_no_time(address: str) -> None:
    with pytest.raises(NoTime, match=address):
        ask_ntp(address, NO_PATIENCE_S)
