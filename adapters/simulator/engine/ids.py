"""Ids that look like the venue's, from a seed and a running number: a world repeats exactly."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID


class Ids:
    """A source of UUID-shaped ids; the same seed, kind and number give the same id."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def uuid(self, kind: str, name: int | str) -> str:
        """Return the id of the thing `name` among all of its `kind`."""
        digest = sha256(f"{self._seed}\n{kind}\n{name}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))
