"""Whatever writes for people or for the record writes no key: each sink is handed every form."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from loguru import logger

from actors.kernel.envelope import Envelope
from adapters.alerts.file import AlertFile
from adapters.control.files import write_json
from adapters.control.kill_switch import write_kill
from adapters.courier.marks import Mark, MarkFile
from adapters.courier.state import StateFile
from adapters.journal.segments import read_records
from adapters.sentinel.state import State
from adapters.telemetry.acks import Ack, AckFile
from adapters.telemetry.log import ActorLog, configure
from adapters.telemetry.terminal import Terminal
from app.command_line import streams
from app.run.incident import record_incident
from domain.messages.control import AlertRaised
from domain.model.breakers import Severity
from domain.model.instants import Nanos
from domain.model.kill import KillOrder
from domain.model.secrets import REMOVED
from tests.builders.harness import START_NS
from tests.builders.journal import start
from tests.builders.keys import KEYS, shreds


def log(folder: Path, text: str) -> None:
    screen = io.StringIO()
    configure(folder, "INFO", Terminal(screen))
    try:
        ActorLog("feed").critical(f"died: {text}", cause=text, rows=[text])
        try:
            raise ValueError(text)
        except ValueError as error:
            ActorLog("feed").failure(f"ValueError: {error}", error)
    finally:
        logger.remove()
    (folder / "screen").write_text(screen.getvalue())


def alerts(folder: Path, text: str) -> None:
    told = dict.fromkeys(("what", "done", "owned", "worst", "command"), text)
    body = AlertRaised(severity=Severity.CRITICAL, code="X", **told)
    AlertFile(folder / "alerts.jsonl").write(Envelope(1, body, "feed", 1, 1, 0, Nanos(START_NS)))


def acks(folder: Path, text: str) -> None:
    AckFile(folder).add("1", Ack("2026-11-28T21:40:33Z", text))


def sentinel(folder: Path, text: str) -> None:
    state = State(folder, folder)
    state.tell("watching", why=text)
    state.alert(text, text)


def deliveries(folder: Path, text: str) -> None:
    MarkFile(folder).add(
        Mark(written_ns=Nanos(START_NS), channel="c", label=text, alert=text),
    )


def courier(folder: Path, text: str) -> None:
    StateFile(folder).tell({"channels": [{"failure": text}], "problems": [text]})


def files(folder: Path, text: str) -> None:
    write_json(folder / "status.json", {"breakers": [{"reason": text}], text: text})


def kill(folder: Path, text: str) -> None:
    write_kill(folder, KillOrder(text))


def incident(folder: Path, text: str) -> None:
    try:
        raise RuntimeError(text) from ValueError(text)
    except RuntimeError as error:
        told = record_incident(error, folder)
    (folder / "told").write_text(str(told))


def journal(folder: Path, text: str) -> None:
    writer = start(folder)
    writer.append("Note", {"reason": text, "more": [{"why": text}]}, at_ns=START_NS)
    writer.append("Note", {"reason": "and the chain goes on"}, at_ns=START_NS)
    writer.close()
    assert len(list(read_records(folder))) >= 2


SINKS: dict[str, Callable[[Path, str], None]] = {
    each.__name__: each
    for each in (
        *(log, alerts, acks, sentinel, deliveries, courier),
        *(files, kill, incident, journal),
    )
}


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("write", SINKS.values(), ids=SINKS)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_no_sink_writes_any_of_a_key(
    tmp_path: Path, write: Callable[[Path, str], None], key: str
) -> None:
    write(tmp_path, f"the venue said {key}")

    written = "".join(each.read_text() for each in tmp_path.rglob("*") if each.is_file())
    assert REMOVED in written
    assert [each for each in shreds(key) if each in written] == []


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_no_standard_stream_shows_any_of_a_key(
    key: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))

    def say() -> int:
        click.echo(f"not a number: {key}")
        click.echo(f"not a number: {key}", err=True)
        return 0

    assert streams.on_safe_streams(say) == 0
    out, err = capfd.readouterr()
    assert REMOVED in out
    assert REMOVED in err
    assert [each for each in shreds(key) if each in out + err] == []
