import os
import threading
import time
from pathlib import Path

import pytest

from actors.kernel.ports import ControlRequest
from adapters.control.requests import FOLDER, STALE_SECONDS, FileControlInbox, NoReply, send_request


def answering(inbox: FileControlInbox, stop: threading.Event, seen: list[tuple[str, str]]) -> None:
    while not stop.wait(0.01):
        for each in inbox.poll():
            seen.append((each.verb, each.reason))
            inbox.reply(each.id, {"code": 0, "lines": [f"did {each.verb}"]})


def test_a_request_is_answered_once_and_leaves_no_file(tmp_path: Path) -> None:
    stop = threading.Event()
    seen: list[tuple[str, str]] = []
    instance = threading.Thread(target=answering, args=(FileControlInbox(tmp_path), stop, seen))
    instance.start()
    try:
        answer = send_request(tmp_path, "resume", {"reason": "checked"})
    finally:
        stop.set()
        instance.join()

    assert answer == {"code": 0, "lines": ["did resume"]}
    assert seen == [("resume", "checked")]
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_request_that_nobody_answers_is_withdrawn(tmp_path: Path) -> None:
    with pytest.raises(NoReply, match=r"did not answer `resume` within 0\.1 s"):
        send_request(tmp_path, "resume", {"reason": "x"}, timeout_seconds=0.1)

    assert FileControlInbox(tmp_path).poll() == ()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_request_is_given_out_once_until_it_is_answered(tmp_path: Path) -> None:
    inbox = FileControlInbox(tmp_path)
    (tmp_path / FOLDER / "1.json").write_text('{"verb": "release", "reason": "x", "subject": "y"}')

    assert inbox.poll() == (ControlRequest("1", "release", "x", "y"),)
    assert inbox.poll() == ()
    inbox.reply("1", {"code": 0})
    assert inbox.poll() == ()


@pytest.mark.parametrize(
    ("hours", "read"), [("168", 168), ('"168"', -1), ("1.5", -1), ("true", -1), ("null", -1)]
)
def test_hours_are_a_whole_number_or_no_length(hours: str, read: int, tmp_path: Path) -> None:
    inbox = FileControlInbox(tmp_path)
    card = '{"verb": "ban", "reason": "x", "subject": "PUMP", "hours": ' + hours + "}"
    (tmp_path / FOLDER / "1.json").write_text(card)

    assert inbox.poll() == (ControlRequest("1", "ban", "x", "PUMP", read),)


def test_requests_come_oldest_first(tmp_path: Path) -> None:
    inbox = FileControlInbox(tmp_path)
    for name in ("0003", "0001", "0002"):
        (tmp_path / FOLDER / f"{name}.json").write_text('{"verb": "pause"}')

    assert [each.id for each in inbox.poll()] == ["0001", "0002", "0003"]


def test_requests_from_before_the_start_are_never_carried_out(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "1.json").write_text('{"verb": "resume"}')

    assert FileControlInbox(tmp_path).poll() == ()


def test_a_stale_request_is_thrown_away(tmp_path: Path) -> None:
    inbox = FileControlInbox(tmp_path)
    file = tmp_path / FOLDER / "1.json"
    file.write_text('{"verb": "resume"}')
    old = time.time() - STALE_SECONDS - 1
    os.utime(file, (old, old))

    assert inbox.poll() == ()
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "nonsense", "[1]", '{"reason": "no verb"}', "null"])
def test_a_file_that_is_no_request_is_answered_and_does_nothing(tmp_path: Path, text: str) -> None:
    inbox = FileControlInbox(tmp_path)
    (tmp_path / FOLDER / "1.json").write_text(text)

    assert inbox.poll() == ()
    assert '"code": 2' in (tmp_path / FOLDER / "1.reply.json").read_text()


def test_the_folder_is_the_owners_alone(tmp_path: Path) -> None:
    FileControlInbox(tmp_path)

    assert (tmp_path / FOLDER).stat().st_mode & 0o077 == 0
