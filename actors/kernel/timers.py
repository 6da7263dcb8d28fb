"""Timers are an actor's own: each kind is a small frozen class beside the actor that sets it."""

from __future__ import annotations

from attrs import frozen


@frozen
class Timer:
    """Base of the values that an actor sends to itself later; they travel as control."""
