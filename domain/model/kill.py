"""The operator's order to stop everything."""

from __future__ import annotations

from attrs import frozen


@frozen
class KillOrder:
    """Why to stop (maybe empty), and whether protective orders at the venue end too.

    `at` is since when, in words; empty if nobody said.
    """

    reason: str
    includes_exits: bool = False
    at: str = ""
