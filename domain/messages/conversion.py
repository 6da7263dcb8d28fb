"""Conversions: what we intend, what the venue says, and what came of it."""

from __future__ import annotations

from attrs import frozen

from domain.model.conversion import Conversion, ConversionSeen
from domain.model.money import Amount
from domain.model.orders import NotSent, OutcomeLost, Rejected


@frozen
class ConversionIntended:
    """A conversion that may be committed from now on, and nothing else may: on record before it is.

    `reason` is why, in an operator's words.
    """

    conversion: Conversion
    reason: str


@frozen
class ConversionSettled:
    """What became of it is certain: `is_done`, all of it, or nothing was moved, for `reason`."""

    conversion: Conversion
    is_done: bool
    reason: str


@frozen
class QuoteRequest:
    """Asks the venue for a conversion of `amount` of `source` into `target`; nothing moves."""

    source: str
    target: str
    amount: Amount


@frozen
class ConversionRequest:
    """What the gateway commits after the last gate. `epoch` is the operator's actor's."""

    conversion: Conversion
    epoch: int


@frozen
class ConversionQuoted:
    """What a conversion would be. `objection`: a definite no of the venue, or terms that are not
    one to one without a fee; `failure`: no answer.
    """

    token: int
    conversion: Conversion | None
    objection: str | None = None
    failure: str | None = None


@frozen
class ConversionAnswered:
    """What came back for a commit."""

    trade_id: str
    outcome: ConversionSeen | Rejected | NotSent | OutcomeLost


@frozen
class ConversionShown:
    """How far a conversion is; None with the `failure` that kept it from being known."""

    token: int
    seen: ConversionSeen | None
    failure: str | None = None
