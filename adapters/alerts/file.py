"""Alerts as lines of JSON in `alerts.jsonl`, each on disk before the next."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import attrs

from actors.kernel.envelope import Envelope
from actors.kernel.ports import Meter
from domain.model.instants import iso
from domain.model.meters import CountKind
from domain.model.secrets import redacted
from domain.system.address import HERE, Address
from domain.system.alert_ends import RESOLVED


class AlertFile:
    """Appends one line an alert; usable from any thread, so that a dead actor loses none."""

    def __init__(
        self,
        path: Path,
        wall_ns: Callable[[], int] | None = None,
        address: Address = HERE,
        mode: str = "",
        meter: Meter | None = None,
    ) -> None:
        """`wall_ns` is a callable giving UTC nanoseconds, or None to write no wall time; `address`
        is the instance that alerts are about and their commands mean, `mode` its mode; `meter`
        counts them.
        """
        self._meter = meter
        self._mode = mode
        self._address = address
        self._path = path
        self._wall_ns = wall_ns
        self._lock = threading.Lock()

    def write(self, envelope: Envelope) -> None:
        """Append one alert.

        Raises:
            OSError: it could not be written.
        """
        put = self._address.put
        fields = {
            name: put(value) if type(value) is str else value
            for name, value in attrs.asdict(envelope.body).items()
        }
        line: dict[str, object] = {"at": iso(envelope.at_ns)}
        if self._wall_ns is not None:
            line["wall"] = iso(self._wall_ns())
        line |= {"world": self._address.name, "mode": self._mode, "actor": envelope.sender}
        line |= {"correlation": envelope.correlation, **fields}
        text = redacted(json.dumps(line, ensure_ascii=False)) + "\n"
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, text.encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        if self._meter is not None and envelope.body.code != RESOLVED:
            self._meter.count(CountKind.ALERTS, str(envelope.body.severity))
