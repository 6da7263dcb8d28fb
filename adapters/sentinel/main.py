"""The sentinel: watches one trader's heartbeat, and cancels its entries when it stops.

Beats come as bytes on standard input. Their end without a word is the trader's death; before it a
trader says farewell, or that it ends and leaves orders to us. Silence is a trader that was stopped
or hangs. Started by the trader; its settings are the first line. Its own beats go to standard
output at every step, so that the trader finds out when it hangs.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.control.instances import holder, is_running
from adapters.control.kill_switch import strongest_kill
from adapters.sentinel.duty import Duty
from adapters.sentinel.gateway import Gateway
from adapters.sentinel.orders import ENTRY, OurOrders
from adapters.sentinel.state import State
from adapters.venues.coinbase.auth import ApiKey, load_key_file
from adapters.venues.coinbase.key_sources import find_key
from domain.model.errors import Unreachable
from domain.system.unread import is_first, sentence

ROOT = Path(__file__).resolve().parents[2]
FAREWELL, LEAVING, BEAT = b"q", b"l", b"."
LOOK_S = 0.1
STALE_S, STALE_UNDER_KILL_S = 3.0, 1.5
KILL_PATIENCE_S = 4.0
"""The trader has this long to cancel under the kill switch before we do it beside it."""
AGAIN_S, LONGEST_AGAIN_S, CALM_AGAIN_S = 0.2, 1.0, 2.0
REMEMBER_S = 1.0
"""How often it reads what is ours while it watches: the journal may be gone when it is needed."""
ROUND_S = 4.0
"""Shorter than the silence for which the trader takes a sentinel for lost."""
GIVE_UP_S = 30.0
"""A dead trader's embedded venue dies with it: no answer for this long ends the duty."""
CANCELLING = "our entries are being cancelled from the venue's own list"
LEFT_ALONE = "it is nobody's that we know; ours are cancelled all the same"
GAVE_UP = "nothing more: entries end at their good-till time, the next start cancels"
EXIT_OK, EXIT_UNREACHABLE = 0, 1


@frozen(kw_only=True)
class SentinelSettings:
    """What the trader tells. `lifetime_s`: how long a request may still create an order (H).

    `key_file` is None where the environment, which is the trader's, holds the key.
    `pid` is the trader's; `signals` are the folders whose signal file counts, if
    it is not older than `kills_since_s`; `look` is the command
    that shows the trader, `world` its name where logs are shared.
    """

    signals: tuple[Path, ...]
    mode_folder: Path
    log: Path
    look: str
    world: str
    rest: str
    key_file: Path | None
    ca: Path | None
    token_life_s: int
    lifetime_s: float
    pid: int
    kills_since_s: float | None = None


def read_settings(line: str) -> SentinelSettings:
    """Return the settings in the first line of standard input."""
    told: dict[str, Any] = json.loads(line)
    return SentinelSettings(
        signals=tuple(map(Path, told["signals"])),
        mode_folder=Path(told["mode_folder"]),
        log=Path(told["log"]),
        look=str(told["look"]),
        world=str(told["world"]),
        rest=told["rest"],
        key_file=None if told["key_file"] is None else Path(told["key_file"]),
        ca=None if told["ca"] is None else Path(told["ca"]),
        token_life_s=int(told["token_life_s"]),
        lifetime_s=float(told["lifetime_s"]),
        pid=int(told["pid"]),
        kills_since_s=told.get("kills_since_s"),
    )


class Overdue(Unreachable):
    """A round took too long: no time-out of single reads bounds a whole answer."""


class Sentinel:
    """One trader's sentinel. What it fails to tell never keeps it from what it has to do."""

    def __init__(
        self,
        settings: SentinelSettings,
        beats: int,
        give_up_s: float = GIVE_UP_S,
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        """`progress` is called at every step: whoever waits for it knows that this one lives."""
        self._settings = settings
        self._progress = progress
        self._beats = beats
        self._give_up_s = give_up_s
        key = key_of(settings.key_file)
        self._gateway = Gateway(settings.rest, key, settings.ca, settings.token_life_s)
        self._ours = OurOrders(settings.mode_folder / "journal")
        self._state = State(settings.mode_folder, settings.log, settings.look, settings.world)
        self._beat_s: float | None = None
        self._death_s: float | None = None
        self._kill_s: float | None = None
        self._heard_s = time.monotonic()
        self._pause_s = AGAIN_S
        self._remembered_s = 0.0
        self._is_over = False
        self._has_left = False
        self._end: str | None = None
        """How the trader has ended, once that is known."""
        self._is_told_clear = False
        self._duty: Duty | None = None

    def run(self) -> int:
        """Watch until the trader says farewell, or is dead and nothing of it is left."""
        self._state.tell("watching")
        while not self._is_over:
            self._progress()
            busy = self._duty is not None
            if not busy:
                self._remember()
            self._listen(self._pause_s if busy else LOOK_S)
            reason = self._reason()
            self._progress()
            if reason is None:
                self._stand_down()
            elif (code := self._serve(reason)) is not None:
                return code
        self._look_at_journal()
        self._state.tell("ended", reason="the trader ended in order")
        return EXIT_OK

    def _remember(self) -> None:
        """Read what is ours, so that a folder that is moved or deleted takes no knowledge away."""
        now_s = time.monotonic()
        if now_s - self._remembered_s >= REMEMBER_S:
            self._remembered_s = now_s
            self._look_at_journal()

    def _look_at_journal(self) -> None:
        failure_of(self._ours.refresh)
        self._state.saw(self._ours.head.told)

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
        elif LEAVING in data:
            self._has_left = True
        else:
            self._beat_s = time.monotonic()

    def _reason(self) -> str | None:
        """Return why we are responsible, None if the trader is."""
        now_s = time.monotonic()
        told = self._settings
        is_killed = strongest_kill(told.signals, told.kills_since_s) is not None
        self._kill_s = (self._kill_s or now_s) if is_killed else None
        if self._is_over:
            return None
        if self._death_s is not None:
            return None if self._is_succeeded() else self._end or self._end_of_trader()
        if self._beat_s is None:
            return None  # it is still starting
        if self._kill_s is not None and now_s - self._kill_s > KILL_PATIENCE_S:
            return "the kill switch is on for long and the trader still lives"
        silent_s = now_s - self._beat_s
        if silent_s <= (STALE_UNDER_KILL_S if is_killed else STALE_S):
            return None
        return f"the trader is silent{' under the kill switch' if is_killed else ''}"

    def _end_of_trader(self) -> str:
        if not self._has_left:
            return "the trader died"
        count = self._ours.known().unsettled((ENTRY,))
        if count == 0:
            return "the trader has ended before it knew that no order of it is left"
        are = "1 order of it is" if count == 1 else f"{count} orders of it are"
        return f"the trader has ended, and {are} not confirmed cancelled"

    def _is_succeeded(self) -> bool:
        """Tell whether another trader holds the lock; leave for good once its sentinel watches."""
        folder = self._settings.mode_folder
        known = holder(folder)
        if known is None or known.pid == self._settings.pid or not is_running(folder):
            return False
        if self._state.is_watched_by_another():
            self._is_over = True
        return True

    def _serve(self, reason: str) -> int | None:
        """Do one round of duty; return the exit code if that was the last."""
        is_new = self._duty is None or (self._death_s is not None and self._end is None)
        if self._death_s is not None:
            self._end = reason
        if self._duty is None:
            self._duty = Duty(self._gateway, self._ours.known, self._includes_exits)
            self._is_told_clear = False
            self._heard_s = time.monotonic()
        begun_s = time.monotonic()
        failure = failure_of(self._duty.round)
        if is_new:  # told after the first cancels: a full disk must not stand before them
            self._state.tell("duty", reason=reason)
            self._state.alert(f"{reason}: the sentinel is responsible", CANCELLING)
        for news in self._gateway.news():
            if is_first(news):
                self._state.alert(sentence(news), LEFT_ALONE)
        if failure is None:
            self._heard_s, self._pause_s = time.monotonic(), AGAIN_S
            return self._after_round(self._duty, begun_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_AGAIN_S)
        self._is_told_clear = False
        self._state.tell("waiting", reason=failure)
        if self._death_s is None:
            return None
        if time.monotonic() - max(self._heard_s, self._death_s) > self._give_up_s:
            self._state.tell("unreachable", reason=failure)
            silent = f"no answer from the venue for {self._give_up_s:g} s: {failure}"
            self._state.alert(silent, GAVE_UP)
            return EXIT_UNREACHABLE
        return None

    def _after_round(self, duty: Duty, begun_s: float) -> int | None:
        if not duty.is_clear:
            return None
        if not self._is_told_clear:
            self._is_told_clear = True
            self._state.tell("clear", cancelled=len(duty.asked))
        self._pause_s = CALM_AGAIN_S
        if duty.is_over(begun_s, self._death_s, self._settings.lifetime_s):
            self._state.tell("done", cancelled=len(duty.asked))
            return EXIT_OK
        return None

    def _stand_down(self) -> None:
        if self._duty is not None:
            self._duty = None
            self._state.tell("watching", reason="a trader is responsible again")

    def _includes_exits(self) -> bool:
        told = self._settings
        order = strongest_kill(told.signals, told.kills_since_s)
        return order is not None and order.includes_exits


def key_of(file: Path | None) -> ApiKey:
    """Return the trader's key: of its file, else of the environment that both share.

    Raises:
        KeyInvalid: it can't be used.
    """
    return find_key(os.environ, ROOT).key if file is None else load_key_file(file)


def overdue(_number: int, _frame: object) -> None:
    """Break off whatever goes on: the handler of SIGALRM."""
    raise Overdue(f"no whole answer within {ROUND_S:g} s")


def failure_of(step: Callable[[], None]) -> str | None:
    """Return why `step` failed, None if it did not; it may take `ROUND_S` and no longer."""
    try:
        signal.setitimer(signal.ITIMER_REAL, ROUND_S)
        try:
            step()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except Unreachable as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next round is still to come
        return type(error).__name__
    return None


def main(give_up_s: float = GIVE_UP_S) -> int:
    """Read the settings, say ready, and watch."""
    os.umask(0o077)
    beats = sys.stdin.fileno()
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(beats, 1)
        if not byte:
            return EXIT_OK  # the trader was gone before it had told anything
        line += byte
    signal.signal(signal.SIGALRM, overdue)
    out = sys.stdout.fileno()
    os.set_blocking(out, False)
    sentinel = Sentinel(read_settings(line.decode()), beats, give_up_s, lambda: _say(out, BEAT))
    _say(out, b"ready\n")
    return sentinel.run()


def _say(out: int, text: bytes) -> None:
    # A trader that was stopped reads nothing until the pipe is full, one that has died never.
    with contextlib.suppress(OSError):
        os.write(out, text)


if __name__ == "__main__":
    sys.exit(main())
