"""The secrets of a world: two API keys in the form Coinbase hands out, and the admin token."""

from __future__ import annotations

import secrets
from pathlib import Path

from attrs import frozen

from adapters.simulator.server.tls import write_private
from adapters.simulator.world import undamaged

TOKEN_BYTES = 32


@frozen
class Secrets:
    """Where the secrets are; every file has mode 0600 in a folder of mode 0700."""

    folder: Path

    @property
    def key(self) -> Path:
        """The key that may trade."""
        return self.folder / "key.json"

    @property
    def user_key(self) -> Path:
        """The key that may view."""
        return self.folder / "user_key.json"

    @property
    def admin(self) -> Path:
        """The token of the admin requests."""
        return self.folder / "admin.token"

    @property
    def tls(self) -> Path:
        """The private key of the loopback certificate."""
        return self.folder / "tls.key"

    def admin_token(self) -> str:
        """Return the admin token, drawn at the first call in a folder."""
        if not self.admin.exists():
            write_private(self.admin, secrets.token_hex(TOKEN_BYTES).encode() + b"\n")
        with undamaged(self.admin):
            token = self.admin.read_text(encoding="ascii").strip()
            if len(token) != 2 * TOKEN_BYTES:
                raise ValueError(f"expected {2 * TOKEN_BYTES} characters, was {len(token)}")
            return token


def secrets_of(folder: Path) -> Secrets:
    """Return the secrets of a world's folder, making their folder."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    keys.chmod(0o700)
    return Secrets(keys)
