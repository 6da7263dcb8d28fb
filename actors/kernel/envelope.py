"""The plumbing around a message: who sent it, when, and what it follows from."""

from __future__ import annotations

from typing import Any

from attrs import define, frozen

from domain.model.instants import Nanos


@define
class Envelope:
    """A message on its way; nobody changes it.

    Not frozen: one is made for every message, and making a frozen one takes four times as long.
    `sequence` counts envelopes of a run. `causation` is the sequence of the message being handled
    when this one was sent; `correlation` the sequence at the head of the chain. `at_ns` is market
    time of sending.
    """

    sequence: int
    body: Any
    sender: str
    epoch: int
    correlation: int
    causation: int
    at_ns: Nanos


@frozen
class ReplyTo:
    """Where an answer belongs, and the chain it continues."""

    actor: str
    correlation: int = 0
    causation: int = 0
