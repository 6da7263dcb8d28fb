"""What a person has said of a key: when it was made. The venue does not tell."""

from __future__ import annotations

from pathlib import Path

from adapters.control.files import read_json, write_json
from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, iso, parse_iso

FILE = "key.json"


class KeyNote:
    """The note in the data folder: the name of the newest key, and when it was made."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def created_ns(self, key_name: str) -> Nanos | None:
        """Return when the key of that name was made; None: nobody has said so of this one."""
        return self._created(key_name)

    def newest_created_ns(self) -> Nanos | None:
        """Return when the newest key that a person spoke of was made; None: of none."""
        return self._created(None)

    def _created(self, key_name: str | None) -> Nanos | None:
        noted = read_json(self._file) or {}
        created = noted.get("created")
        is_meant = key_name is None or noted.get("key") == key_name
        if not is_meant or not isinstance(created, str):
            return None
        try:
            return parse_iso(created)
        except (InvalidNumber, OverflowError):
            return None

    def write(self, key_name: str, created_ns: Nanos) -> None:
        """Note when a key was made.

        Raises:
            OSError: it can't be written.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_json(self._file, {"key": key_name, "created": iso(created_ns)}, is_durable=True)
