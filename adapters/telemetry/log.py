"""The human and the structured log, through loguru.

`bulkhead.log` has a text with its fields, `bulkhead.jsonl` the event that it is about
(`events.py`); `diagnose` is off, so no value of a variable is ever printed;
no `enqueue`, so what was logged before a crash is there. The journal, not the log, is the record.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

from loguru import logger

from actors.kernel.envelope import Envelope
from actors.kernel.ports import Clock
from adapters.telemetry.events import Moment, nothing
from adapters.telemetry.log_outlet import OUTLET
from adapters.telemetry.terminal import APART_NS, ONLY_FILES, Terminal
from domain.model.instants import SECOND, parse_iso
from domain.model.secrets import redacted
from domain.system.address import HERE, Address

ROTATION = "64 MB"
SINKS = 3
"""Terminal, human file, structured file."""
KEPT_FILES = 20
STRUCTURED = "bulkhead.jsonl"
CONTROL = {code: None for code in range(32) if chr(code) not in "\t"} | {127: None}
"""Control characters: removed, so that a text of the venue can't forge a line."""


def configure(
    log_dir: Path,
    level: str,
    terminal: Terminal | None = None,
    *,
    run: str | None = None,
    address: Address = HERE,
) -> None:
    """Send logs to the terminal, `bulkhead.log` (human) and `bulkhead.jsonl` (structured).

    `run` names the run in every structured line; `address` is where commands in lines mean, and
    names the instance in the files, which several may share.
    """
    logger.remove()
    atexit.unregister(logger.remove)
    atexit.register(close)
    logger.configure(extra={"actor": "-", "run": run, "address": address})
    log_dir.mkdir(parents=True, exist_ok=True)
    if terminal is not None:
        logger.add(
            terminal.sink,
            level=terminal.level(level),
            format=_human,
            filter=lambda record: ONLY_FILES not in record["extra"],
            diagnose=False,
            backtrace=False,
            catch=False,
        )
    _add_file(log_dir / "bulkhead.log", level, _human)
    _add_file(log_dir / STRUCTURED, "DEBUG", _structured)
    logging.getLogger("pykka").addHandler(_Intercept())
    logging.getLogger("pykka").setLevel(logging.WARNING)
    logging.getLogger("pykka").propagate = False


def _add_file(path: Path, level: str, style: Callable[[Any], str]) -> None:
    logger.add(
        path,
        level=level,
        format=style,
        rotation=ROTATION,
        retention=KEPT_FILES,
        diagnose=False,
        backtrace=False,
        opener=_private,
        catch=False,
    )


def close() -> None:
    """End the log. A file that can't be written to its end costs no other and shows nothing: that
    it could not be written has been told.
    """
    for _ in range(SINKS):
        with contextlib.suppress(OSError, ValueError):
            logger.remove()


class ActorLog:
    """The log bound to one actor's name."""

    def __init__(self, actor: str) -> None:
        self._logger = logger.bind(actor=actor)
        self._moment = Moment()

    def attend(self, clock: Clock, handling: Callable[[], Envelope | None] = nothing) -> None:
        """Stamp structured lines with market time and with the message that is being handled."""
        self._moment = Moment(clock, handling)

    def debug(self, message: str, /, **fields: object) -> None:
        """Detail."""
        self._say("DEBUG", message, fields)

    def info(self, message: str, /, **fields: object) -> None:
        """Lifecycle and order changes."""
        self._say("INFO", message, fields)

    def warning(self, message: str, /, **fields: object) -> None:
        """Degraded but handled."""
        self._say("WARNING", message, fields)

    def error(self, message: str, /, **fields: object) -> None:
        """A person should look."""
        self._say("ERROR", message, fields)

    def critical(self, message: str, /, **fields: object) -> None:
        """Halted."""
        self._say("CRITICAL", message, fields)

    def failure(self, cause: str, error: BaseException) -> None:
        """An actor died of `error`."""
        stack = "".join(_frames(error))
        self._say("CRITICAL", "actor died", {"cause": cause, "stack": stack})

    def _say(self, level: str, message: str, fields: dict[str, object]) -> None:
        event = self._moment.fields(message, fields)
        OUTLET.log(self._logger.bind(fields=fields, event=event), level, message)


def _frames(error: BaseException) -> list[str]:
    """Return file, line and function of each frame: no values, no source lines."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name} < ")
        trace = trace.tb_next
    return frames


def _text(record: Any) -> str:
    """Return what is said, with the fields behind it; halves of surrogates become "?"."""
    fields = record["extra"].get("fields") or {}
    tail = " ".join(f"{name}={value}" for name, value in fields.items() if name != "stack")
    text = redacted(f"{record['message']} {tail}".strip()).translate(CONTROL)
    text = _address(record).put(text)
    return text.encode("utf-8", "replace").decode("utf-8")


def _address(record: Any) -> Address:
    found = record["extra"].get("address")
    return found if isinstance(found, Address) else HERE


def _human(record: Any) -> str:
    address = _address(record)
    is_shared = address.name != HERE.name and not address.log
    record["extra"]["line"] = _text(record)
    record["extra"]["whose"] = f"[{address.name}] " if is_shared else ""
    record["extra"]["when"] = _market_time(record)
    form = "{time:YYYY-MM-DD HH:mm:ss!UTC} {level: <8} {extra[actor]: <14} "
    return form + "{extra[when]}{extra[whose]}{extra[line]}\n"


def _market_time(record: Any) -> str:
    """Return the market time of a line, in brackets, where it is not now."""
    told = (record["extra"].get("event") or {}).get("market_time")
    if told is None:
        return ""
    is_now = abs(parse_iso(told) - int(record["time"].timestamp() * SECOND)) <= APART_NS
    return "" if is_now else f"[{told[5:19].replace('T', ' ')}] "


def _structured(record: Any) -> str:
    extra = record["extra"]
    line = {
        "time": record["time"].astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "run": extra.get("run"),
        "world": _address(record).name,
        "level": record["level"].name,
        "actor": extra.get("actor"),
        **(extra.get("event") or Moment().fields(record["message"], {})),
        "text": _text(record),
    }
    text = redacted(json.dumps(line, ensure_ascii=False))
    extra["json"] = text.encode("utf-8", "replace").decode("utf-8")  # halves of surrogates
    return "{extra[json]}\n"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Intercept(logging.Handler):
    """pykka's own log: it only speaks of what our guard has already told."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a line of the standard log on, without its stack."""
        OUTLET.log(logger.bind(actor="pykka"), "DEBUG", record.getMessage())
