"""Timers are an actor's own: each kind is a small frozen class beside the actor that sets it."""

from __future__ import annotations

from attrs import frozen


@frozen
class Timer:
    """Base of the values that an actor sends to itself later; they travel as control."""


@frozen
class InTurn(Timer):
    """Base of timers that wait in line behind what had come by then.

    For who judges what has arrived: the envelope's time is the moment to judge by, however late
    the actor gets to it.
    """
