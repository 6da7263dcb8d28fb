"""A child sees no key, says its last words, and leaves nothing behind that runs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.run.child import CleanChildren, last_words
from tests.builders.waiting import wait_for

pytestmark = pytest.mark.req("SEC1")

TELLS = "import os; print(sorted(os.environ))"
SLEEPER = ("http.server", "--bind", "127.0.0.1", "0")


def test_its_exit_code_is_returned_and_its_last_words_are_kept(tmp_path: Path) -> None:
    said = tmp_path / "said"

    assert CleanChildren().run(("json.tool", "/no/such/file"), said, 60) != 0

    assert "/no/such/file" in last_words(said)
    assert last_words(tmp_path / "nothing") == "it said nothing"


def test_what_has_no_end_is_ended_and_has_no_exit_code(tmp_path: Path) -> None:
    assert CleanChildren().run(SLEEPER, tmp_path / "said", 0.2) is None


def test_it_sees_neither_keys_nor_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINBASE_API_KEY", "a-key")
    monkeypatch.setenv("BULKHEAD_ALERT_URLS", "json://somewhere")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    said = tmp_path / "said"

    assert CleanChildren().run(("timeit", "-n1", "-s", TELLS), said, 60) == 0

    told = said.read_text(encoding="utf-8")
    assert "LC_ALL" in told
    assert "COINBASE_API_KEY" not in told
    assert "BULKHEAD_ALERT_URLS" not in told


def test_none_outlives_the_end_of_all(tmp_path: Path) -> None:
    children, codes = CleanChildren(), list[int | None]()
    said = tmp_path / "said"
    waiting = threading.Thread(target=lambda: codes.append(children.run(SLEEPER, said, 60)))
    waiting.start()
    wait_for(lambda: said.exists() and bool(children._running), 60)

    children.end()
    waiting.join(60)

    assert codes == [-9]
    assert children.is_over
    assert children.run(SLEEPER, said, 60) == -9, "nor does one that is begun after it"
