"""The venue's own requests: how to connect, its books, its faults. On loopback only."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from adapters.simulator.engine.wire import Refused, Request, Response, encode, invalid
from adapters.simulator.faults.script import FaultsInvalid, parse_fault

if TYPE_CHECKING:
    from adapters.simulator.faults.faults import Faults
    from adapters.simulator.recordings.playable import Playable

OWN = "/bulkhead/"
"""How the paths begin that are no part of Coinbase's protocol."""
_NAMES_OF_LOOPBACK = ("127.0.0.1", "localhost")
_FORBIDDEN = Response(403, b"Forbidden", "text/plain")
_NO_TOKEN = Response(401, b"Unauthorized", "text/plain")


@frozen
class Admin:
    """Answers them; all but the session need the token, `Authorization: Bearer <token>`."""

    venue: Playable
    faults: Faults
    token: str
    session: Callable[[], dict[str, Any]]

    def answer(self, asked: Request, host: str, authorization: str) -> Response:
        """Return the answer to a request; `host` and `authorization` are its headers."""
        if host.rpartition(":")[0] not in _NAMES_OF_LOOPBACK:
            return _FORBIDDEN  # a page elsewhere that names us
        what = (asked.method, asked.path.removeprefix(OWN))
        if what == ("GET", "session"):
            return Response(200, encode(self.session()))
        if what not in (("GET", "books"), ("GET", "faults"), ("POST", "faults")):
            return Refused(404, "NOT_FOUND", f"{asked.path} does not exist").response()
        token = authorization.removeprefix("Bearer ")
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return _NO_TOKEN
        if what == ("GET", "books"):
            return Response(200, encode(self.venue.books()))
        if what == ("GET", "faults"):
            return Response(200, encode({"faults": self.faults.documents()}))
        return self._schedule(asked.body)

    def _schedule(self, body: bytes) -> Response:
        try:
            return Response(200, encode({"fault": self.faults.add(parse_fault(body, "body"))}))
        except FaultsInvalid as problems:
            return invalid(str(problems)).response()
