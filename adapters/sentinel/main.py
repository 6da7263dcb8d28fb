"""The sentinel: watches one trader's heartbeat, and cancels its entries when it stops.

Beats come as bytes on standard input. Their end without a farewell is the trader's death; silence
is a trader that was stopped or hangs. Started by the trader; its settings are the first line.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.control.files import write_json
from adapters.control.instances import holder, is_running
from adapters.control.kill_switch import read_kill
from adapters.sentinel.duty import Duty
from adapters.sentinel.gateway import Gateway
from adapters.sentinel.orders import OurOrders
from domain.errors import Unreachable
from domain.instants import iso

FAREWELL = b"q"
LOOK_S = 0.1
STALE_S, STALE_UNDER_KILL_S = 3.0, 1.5
AGAIN_S, CALM_AGAIN_S = 0.2, 2.0
GIVE_UP_S = 30.0
"""A dead trader's embedded venue dies with it: no answer for this long ends the duty."""
STATE = "sentinel.json"
EXIT_OK, EXIT_UNREACHABLE = 0, 1


@frozen(kw_only=True)
class Settings:
    """What the trader tells. `lifetime_s`: how long a request may still create an order (H).

    `pid` is the trader's.
    """

    data: Path
    mode_folder: Path
    log: Path
    rest: str
    key_file: Path
    ca: Path | None
    token_life_s: int
    lifetime_s: float
    pid: int


def read_settings(line: str) -> Settings:
    """Return the settings in the first line of standard input."""
    told: dict[str, Any] = json.loads(line)
    return Settings(
        data=Path(told["data"]),
        mode_folder=Path(told["mode_folder"]),
        log=Path(told["log"]),
        rest=told["rest"],
        key_file=Path(told["key_file"]),
        ca=None if told["ca"] is None else Path(told["ca"]),
        token_life_s=int(told["token_life_s"]),
        lifetime_s=float(told["lifetime_s"]),
        pid=int(told["pid"]),
    )


class Sentinel:
    """One trader's sentinel."""

    def __init__(self, settings: Settings, beats: int) -> None:
        self._settings = settings
        self._beats = beats
        self._gateway = Gateway(
            settings.rest, settings.key_file, settings.ca, settings.token_life_s
        )
        self._ours = OurOrders(settings.mode_folder / "journal")
        self._beat_s: float | None = None
        self._death_s: float | None = None
        self._is_over = False
        self._duty: Duty | None = None
        self._is_told_clear = False
        self._heard_s = time.monotonic()

    def run(self) -> int:
        """Watch until the trader says farewell, or is dead and nothing of it is left."""
        self._tell("watching")
        while not self._is_over:
            busy = self._duty is not None and not self._duty.is_clear
            self._listen(AGAIN_S if busy else LOOK_S)
            reason = self._reason()
            if reason is None:
                self._stand_down()
            elif (code := self._serve(reason)) is not None:
                return code
        self._tell("ended", reason="the trader ended in order")
        return EXIT_OK

    def _listen(self, seconds: float) -> None:
        if self._death_s is not None:
            time.sleep(seconds)
            return
        readable, _, _ = select.select([self._beats], [], [], seconds)
        if not readable:
            return
        data = os.read(self._beats, 65536)
        if not data:
            self._death_s = time.monotonic()
        elif FAREWELL in data:
            self._is_over = True
        else:
            self._beat_s = time.monotonic()

    def _reason(self) -> str | None:
        """Return why we are responsible, None if the trader is."""
        if self._is_over:
            return None
        if self._death_s is not None:
            return "the trader died"
        if self._beat_s is None:
            return None  # it is still starting
        silent_s = time.monotonic() - self._beat_s
        kill = read_kill(self._settings.data) is not None
        if silent_s <= (STALE_UNDER_KILL_S if kill else STALE_S):
            return None
        return "the kill switch is on and the trader is silent" if kill else "the trader is silent"

    def _serve(self, reason: str) -> int | None:
        """Do one round of duty; return the exit code if that was the last."""
        if self._death_s is not None and self._is_succeeded():
            self._tell("relieved", by="a new trader holds the lock")
            return EXIT_OK
        duty = self._duty
        if duty is None:
            duty = self._duty = Duty(self._gateway, self._ours.purposes, self._includes_exits)
            self._is_told_clear = False
            self._heard_s = time.monotonic()
            self._tell("duty", reason=reason)
            self._alert(reason)
        try:
            duty.round()
            self._heard_s = time.monotonic()
        except Unreachable as error:
            if self._death_s is not None and time.monotonic() - self._heard_s > GIVE_UP_S:
                self._tell("unreachable", reason=str(error))
                return EXIT_UNREACHABLE
        return self._after_round(duty)

    def _is_succeeded(self) -> bool:
        """Tell whether another trader than ours holds the lock: then our entries are its."""
        folder = self._settings.mode_folder
        known = holder(folder)
        return known is not None and known.pid != self._settings.pid and is_running(folder)

    def _after_round(self, duty: Duty) -> int | None:
        if not duty.is_clear:
            return None
        if not self._is_told_clear:
            self._is_told_clear = True
            self._tell("clear", cancelled=len(duty.asked))
        if self._death_s is not None:
            left_s = self._death_s + self._settings.lifetime_s - time.monotonic()
            if left_s <= 0:
                self._tell("done", cancelled=len(duty.asked))
                return EXIT_OK
            # A request that left before the death may still arrive: look again until it can't.
            self._listen(min(left_s, CALM_AGAIN_S))
        else:
            self._listen(CALM_AGAIN_S)
        return None

    def _stand_down(self) -> None:
        if self._duty is not None:
            self._duty = None
            self._tell("watching", reason="the trader is back")

    def _includes_exits(self) -> bool:
        order = read_kill(self._settings.data)
        return order is not None and order.is_all

    # What people are told.

    def _tell(self, state: str, **fields: object) -> None:
        line = {"wall": iso(time.time_ns()), "state": state, **fields}
        write_json(self._settings.mode_folder / STATE, line)
        self._append(self._settings.log / "sentinel.jsonl", line)

    def _alert(self, reason: str) -> None:
        now = iso(time.time_ns())
        alert = {
            "at": now,
            "wall": now,
            "actor": "sentinel",
            "correlation": 0,
            "severity": "CRITICAL",
            "code": "SENTINEL",
            "what": f"{reason}: the sentinel is responsible",
            "done": "our entries are being cancelled from the venue's own list",
            "owned": "see status",
            "worst": "stops of owned lots as listed in status",
            "command": "python run.py status",
        }
        self._append(self._settings.log / "alerts.jsonl", alert)

    def _append(self, path: Path, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False) + "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, text.encode())
        finally:
            os.close(handle)


def main() -> int:
    """Read the settings, say ready, and watch."""
    os.umask(0o077)
    beats = sys.stdin.fileno()
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(beats, 1)
        if not byte:
            return EXIT_OK  # the trader was gone before it had told anything
        line += byte
    sentinel = Sentinel(read_settings(line.decode()), beats)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    return sentinel.run()


if __name__ == "__main__":
    sys.exit(main())
