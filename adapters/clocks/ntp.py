"""Servers of time, asked by NTP over UDP."""

from __future__ import annotations

import time

import ntplib

from domain.model.errors import TradingError
from domain.model.instants import SECOND
from domain.system.drift import NtpAnswer

PORT, VERSION = 123, 4
SERVER_MODE = 4
SLACK_S = 0.001


class NoTime(TradingError):
    """A server of time gave no answer; the text names it."""


def ask_ntp(address: str, within_s: float) -> NtpAnswer:
    """Return what the server at `address` (host or host:port) answers.

    Raises:
        NoTime: nothing, or nothing that is NTP, within that time.
    """
    host, _, port = address.partition(":")
    before_s = time.time()
    try:
        stats = ntplib.NTPClient().request(host, VERSION, int(port or PORT), within_s)
    except (ntplib.NTPException, OSError, UnicodeError) as error:
        cause = "no answer" if isinstance(error, ntplib.NTPException) else type(error).__name__
        raise NoTime(f"{address}: {cause}") from None
    # What it sends back of our request has to be of this one: anybody can send us a packet.
    is_echo = before_s - SLACK_S <= stats.orig_time <= stats.dest_time + SLACK_S
    return NtpAnswer(
        server=address,
        offset_ns=int(stats.offset * SECOND),
        delay_ns=int(stats.delay * SECOND),
        vague_ns=int((stats.root_delay / 2 + stats.root_dispersion) * SECOND),
        leap=stats.leap,
        stratum=stats.stratum,
        is_echo=is_echo and stats.mode == SERVER_MODE,
    )
