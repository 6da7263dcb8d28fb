"""The published status of an instance, and the copy of it that scripts know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.control.files import read_json, write_json
from adapters.control.instances import STATUS

COPY = "state.json"


class FileStatusBoard:
    """Writes `<mode>/status.json` and its copy `state.json` in the data folder."""

    def __init__(self, folder: Path) -> None:
        """`folder` is that of the mode, inside the data folder."""
        self._targets = (folder / STATUS, folder.parent / COPY)

    def publish(self, status: dict[str, object]) -> None:
        """Replace the published status atomically.

        Raises:
            OSError: it could not be written; the previous one still stands.
        """
        for target in self._targets:
            write_json(target, status)


def read_status(folder: Path) -> dict[str, Any] | None:
    """Return the newest status of the mode in `folder`, or None."""
    return read_json(folder / STATUS)
