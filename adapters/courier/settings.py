"""What the trader tells its courier: one line of JSON on standard input, for it holds the URLs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

from domain.model.breakers import Severity

ESCALATE_S, LINGER_S, HEARTBEAT_EVERY_S = 120.0, 900.0, 60.0


@frozen(kw_only=True)
class CourierSettings:
    """`world` and `mode` name the trader in a log that several share; `pid` is its process.

    `begun_ns` (UTC): from when on alerts are for a channel that is new. `quiet_after_s`: how long
    the trader's cycles may stand still before the heartbeat URL is left alone. `escalate_s`: age at
    which an alert gets louder. `linger_s`: how long it may outlive a dead trader.
    """

    log: Path
    mode_folder: Path
    world: str
    mode: str
    pid: int
    begun_ns: int
    least: Severity
    urls: tuple[str, ...] = field(repr=False)
    heartbeat: str | None = field(default=None, repr=False)
    quiet_after_s: float
    problems: tuple[str, ...] = ()
    escalate_s: float = ESCALATE_S
    linger_s: float = LINGER_S
    heartbeat_every_s: float = HEARTBEAT_EVERY_S


def write_settings(settings: CourierSettings) -> bytes:
    """Return the line that tells `settings`."""
    told = asdict(settings) | {
        "log": str(settings.log),
        "mode_folder": str(settings.mode_folder),
        "least": settings.least.value,
    }
    return json.dumps(told).encode() + b"\n"


def read_settings(line: bytes) -> CourierSettings:
    """Return the settings in the first line of standard input."""
    told: dict[str, Any] = json.loads(line)
    return CourierSettings(
        **told
        | {
            "log": Path(told["log"]),
            "mode_folder": Path(told["mode_folder"]),
            "least": Severity(told["least"]),
            "urls": tuple(told["urls"]),
            "problems": tuple(told["problems"]),
        }
    )
