"""What a client must know to use an embedded venue: the answer of GET /bulkhead/session."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from domain.model.errors import TradingError
from domain.model.money import parse_decimal


class SessionInvalid(TradingError):
    """An answer that is not the session of an embedded venue."""


@frozen(kw_only=True)
class VenueSession:
    """Addresses, files and clock of a running venue.

    `clock` is the file of the shared market clock; `e0_ns` and `m0_ns` are its anchor when asked;
    `end_ns` is where the market ends (None: never); `from_ns` is where this world began to trade;
    `history` is "candles", or "none" for a recording without any. `private_rate` and `public_rate`
    are the requests a second that it takes of one key, and of one address without any.
    """

    rest: str
    rest_tls: str
    ws: str
    ca: Path
    key_file: Path
    user_key_file: Path
    admin_file: Path
    world: str
    prices: str
    history: str
    clock: Path
    speed: Decimal
    e0_ns: int
    m0_ns: int
    from_ns: int
    end_ns: int | None
    private_rate: int
    public_rate: int

    def document(self) -> dict[str, Any]:
        """Return the session as JSON values."""
        values = asdict(self, value_serializer=_text)
        values["E0"], values["M0"] = values.pop("e0_ns"), values.pop("m0_ns")
        return values

    def line(self) -> str:
        """Return the VENUE line."""
        return (
            f"VENUE rest={self.rest} rest_tls={self.rest_tls} ws={self.ws} ca={self.ca} "
            f"key={self.key_file} user_key={self.user_key_file} admin={self.admin_file}"
        )


def read_session(document: object) -> VenueSession:
    """Return the session written in `document`.

    Raises:
        SessionInvalid: something is missing or of the wrong form.
    """
    if not isinstance(document, dict):
        raise SessionInvalid("expected a JSON object as session")
    paths = ("ca", "key_file", "user_key_file", "admin_file", "clock")
    texts = ("rest", "rest_tls", "ws", "world", "prices", "history")
    try:
        plain: dict[str, Any] = {name: str(document[name]) for name in texts}
        plain |= {name: Path(document[name]) for name in paths}
        return VenueSession(
            **plain,
            speed=parse_decimal(document["speed"]),
            e0_ns=int(document["E0"]),
            m0_ns=int(document["M0"]),
            from_ns=int(document["from_ns"]),
            end_ns=None if document["end_ns"] is None else int(document["end_ns"]),
            private_rate=_rate(document["private_rate"]),
            public_rate=_rate(document["public_rate"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SessionInvalid(f"the venue's session lacks or misspells {error}") from error


def _rate(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"a rate: expected a whole number from 1, was {value!r}")
    return value


def _text(_: object, __: object, value: object) -> object:
    return str(value) if isinstance(value, Path | Decimal) else value
