"""The tree of errors; blame and remedy are in the type.

TradingError
├─ InvalidNumber       a text that should be a number is none
├─ ConfigError         all problems with file:line (config/errors.py)  → exit 2
├─ InvariantBroken     our bug                                         → the actor crashes, HALT
├─ JournalError        the record cannot be written or is not whole     → HALT, or no start
├─ VenueError          what the venue or the way to it did
│  ├─ Unreachable      no answer, or not to everything                  → unknown: ask again
│  ├─ VenueRefused     understood, and answered with no                 → final for this request
│  ├─ RequestUnsent    it did not leave                                 → may be sent again
│  ├─ RateLimited      too many requests: not carried out               → again when there is room
│  ├─ OutcomeUnknown   it left, and nobody knows what became of it      → an order: never again
│  └─ ProtocolBroken   an answer that is not the protocol               → counted, told, no news
└─ MailboxFull         a bounded inbox overflowed; raised in the sender → HALT
"""

from __future__ import annotations


class TradingError(Exception):
    """Base of all errors that this project raises on purpose."""


class InvalidNumber(TradingError, ValueError):
    """A text or value that should be an exact number is none."""


class InvariantBroken(TradingError):
    """Something that our own code must never do has happened."""


class JournalError(TradingError):
    """The journal cannot be written, or is not an unbroken chain."""


class VenueError(TradingError):
    """A request to the venue did not end in a usable answer."""


class Unreachable(VenueError):
    """The venue does not answer, or not to everything that was asked: nothing is known of it."""


class VenueRefused(VenueError):
    """The venue has understood a request, and says no."""


class RequestUnsent(VenueError):
    """A request did not leave; where `is_final`, it must not be sent again."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class RateLimited(VenueError):
    """A request was one too many for the venue's limit: it was not carried out."""


class OutcomeUnknown(VenueError):
    """A request has left, and nobody knows whether it was carried out."""


class ProtocolBroken(VenueError):
    """The venue answered something that is not its protocol."""


class MailboxFull(TradingError):
    """A bounded inbox overflowed."""
