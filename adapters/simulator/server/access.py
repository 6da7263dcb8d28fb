"""Who may ask what: tokens of the world's two keys, judged on the wall clock."""

from __future__ import annotations

import json
import time
from pathlib import Path

from attrs import evolve

from adapters.simulator.engine.auth import (
    PUBLIC,
    TRADE,
    UNAUTHORIZED,
    VIEW,
    Keyring,
    KeyType,
    Unauthorized,
    create_key,
    public_pem,
    scope_of,
)
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.wire import Refused, Request, Response
from adapters.simulator.server.keys import Secrets
from adapters.simulator.server.tls import write_private
from adapters.simulator.world import undamaged

_BEARER = "Bearer "


class Access:
    """Admits requests and stream messages that prove one of the registered keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def admit(self, request: Request, authorization: str | None, host: str) -> Request | Response:
        """Return the request with the rights of its key, or the refusal.

        `authorization` and `host` are the headers of these names. A token that comes with a
        public request must be good too.
        """
        method, path = request.method, request.path
        if authorization is None and scope_of(method, path) == PUBLIC:
            return request
        try:
            key = self._keyring.authorize(
                (authorization or "").removeprefix(_BEARER),
                method=method,
                host=host,
                path=path,
                now_s=time.time(),
            )
        except Unauthorized:
            return UNAUTHORIZED
        except Refused as refused:
            return refused.response()
        return evolve(request, can_trade=TRADE in key.scopes, key=key.name)

    def verify(self, token: str) -> bool:
        """Tell whether a token in a stream message proves a key that may view."""
        try:
            self._keyring.authorize_stream(token, now_s=time.time())
        except Unauthorized:
            return False
        return True


def access_to(secrets: Secrets, ids: Ids, key_type: KeyType = "ecdsa") -> Access:
    """Return the access by a world's two keys, made of `key_type` at the first call in a folder."""
    keyring = Keyring()
    for path, label, scopes in (
        (secrets.key, "trade", (VIEW, TRADE)),
        (secrets.user_key, "view", (VIEW,)),
    ):
        name, public = _key_in(path, ids, label, key_type)
        keyring.register(name, public, scopes)
    return Access(keyring)


def _key_in(path: Path, ids: Ids, label: str, key_type: KeyType) -> tuple[str, str]:
    if not path.exists():
        made, _ = create_key(ids, label, key_type)
        write_private(path, json.dumps(made.members(), indent=2).encode() + b"\n")
    with undamaged(path):
        members = json.loads(path.read_text(encoding="utf-8"))
        return str(members["name"]), public_pem(members["privateKey"])
