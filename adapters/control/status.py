"""The published status of an instance, and the copy of it that scripts know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapters.control.files import read_json, write_json
from adapters.control.instances import STATUS
from domain.model.instants import iso

COPY = "state.json"


class FileStatusBoard:
    """Writes `<mode>/status.json` and its copy `state.json`, in home and data folder."""

    def __init__(
        self,
        folder: Path,
        data: Path | None = None,
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """`folder` is that of the mode, inside the home of its world; `data` is above all homes.
        `wall_ns` gives UTC nanoseconds; without it no wall time is written.
        """
        self._wall_ns = wall_ns
        homes = dict.fromkeys((folder.parent, data or folder.parent))
        self._targets = (folder / STATUS, *(home / COPY for home in homes))
        self._last: Mapping[str, object] = {}

    @property
    def last(self) -> Mapping[str, object]:
        """The status that was given last, whether or not it could be written."""
        return self._last

    def publish(self, status: dict[str, object]) -> None:
        """Replace the published status atomically.

        Raises:
            OSError: it could not be written; the previous one still stands.
        """
        if self._wall_ns is not None:
            status = {**status, "wall_time": iso(self._wall_ns())}
        self._last = status
        for target in self._targets:
            write_json(target, status)


def read_status(folder: Path) -> dict[str, Any] | None:
    """Return the newest status of the mode in `folder`, or None."""
    return read_json(folder / STATUS)
