"""`venue-check` as a user types it, against a second venue that plays Coinbase."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from attrs import frozen

from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET
from tests.builders.full import only_whole, some
from tests.builders.keys import shreds
from tests.builders.runs import command_line
from tests.builders.simulator_process import API, RunningVenue, playing_coinbase
from tests.builders.waiting import wait_for

OTHER_PORTFOLIO = "0a1b2c3d-0000-4000-8000-000000000000"
PUBLIC = ("reach", "clock", "products", "candle", "stream")
PRIVATE = ("permissions", "portfolio", "accounts", "fees", "orders", "preview")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVenue]:
    with playing_coinbase(tmp_path_factory.mktemp("coinbase")) as venue:
        yield venue


@frozen
class Checked:
    """How a check ended, and what it said of each step."""

    code: int
    steps: dict[str, dict[str, str]]

    def of(self, *names: str) -> set[str]:
        """Return how these steps went."""
        return {self.steps[name]["verdict"] for name in names}


def typed(home: Path, url: str, *words: str, key: Path | None) -> subprocess.CompletedProcess[str]:
    """Type the command; nothing of the key is ever shown."""
    mine = {name: text for name, text in os.environ.items() if name not in (FILE, NAME, SECRET)}
    given = mine if key is None else {**mine, FILE: str(key)}
    servers = "--set=app.time.ntp_servers=[]"
    line = command_line(home, "venue-check", "--venue-url", url, servers, *words)
    done = subprocess.run(line, capture_output=True, text=True, env=given, timeout=240, check=False)
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    if key is not None:
        assert not any(each in said for each in shreds(key.read_text())), "it shows the key"
    return done


def check(home: Path, real: RunningVenue, *words: str, key: Path | None) -> Checked:
    done = typed(home, real.session.rest, "--json", *words, key=key)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode
    assert told["ok"] is (done.returncode == 0)
    return Checked(done.returncode, {each["step"]: each for each in told["steps"]})


def orders(real: RunningVenue) -> list[dict[str, Any]]:
    return list(real.books()["orders"])


@pytest.mark.req("CL1", "M1")
def test_one_order_rests_is_cancelled_and_read_back_and_all_is_well(
    real: RunningVenue, tmp_path: Path
) -> None:
    before = {each["order_id"] for each in orders(real)}
    found = check(tmp_path, real, "--with-order", key=real.session.key_file)

    assert found.code == 0, found.steps
    assert found.of(*PUBLIC, *PRIVATE, "order", "cancelled") == {"ok"}
    rotated = f"python run.py secrets rotated --data-dir {tmp_path / 'data'} --on DATE"
    assert found.steps["key"]["next"] == rotated
    (order,) = [each for each in orders(real) if each["order_id"] not in before]
    told = real.api.get(f"/orders/historical/{order['order_id']}")["order"]
    limit = told["order_configuration"]["limit_limit_gtd"]
    asked = {"product_id": told["product_id"]}
    book = requests.get(f"{real.session.rest}{API}/market/product_book", asked, timeout=30).json()
    assert (told["status"], told["side"]) == ("CANCELLED", "BUY")
    assert limit["post_only"] is True
    assert Decimal(told["filled_size"]) == 0
    assert Decimal(limit["limit_price"]) < Decimal(book["pricebook"]["bids"][0]["price"]) * 6 / 10
    assert Decimal(limit["limit_price"]) * Decimal(limit["base_size"]) < 25
    assert real.books()["fills"] == []


@pytest.mark.req("CL1")
def test_without_a_key_what_everybody_may_ask_is_tried(real: RunningVenue, tmp_path: Path) -> None:
    found = check(tmp_path, real, key=None)

    assert (found.code, found.of(*PUBLIC)) == (0, {"ok"})
    assert found.of("key", *PRIVATE) == {"skipped"}
    assert "CB_API_SECRET_FILE" in found.steps["key"]["found"]


def give_transfer(real: RunningVenue) -> None:
    odd = {"endpoint": "permissions", "member": "can_transfer", "value": True}
    real.fault("odd_content", **odd, count=1)


def nothing(_: RunningVenue) -> None:
    """Leave the venue as it is."""


GATES = {
    "a key that may transfer": (give_transfer, "key_file", (), "permissions", "money out of"),
    "another portfolio": (
        nothing,
        "key_file",
        (f"--set=app.account.portfolio_uuid={OTHER_PORTFOLIO}",),
        "portfolio",
        f"not {OTHER_PORTFOLIO}",
    ),
    "a key that may only view": (nothing, "user_key_file", (), "permissions", "may not trade"),
    "a mode that sends nothing": (
        nothing,
        "key_file",
        ("--set=app.mode=dry-run",),
        "order",
        "dry-run",
    ),
}


@pytest.mark.req("CL1", "M1", "SEC1")
@pytest.mark.parametrize("name", some(list(GATES)))
def test_a_gate_that_is_shut_ends_with_4_and_sends_nothing(
    name: str, real: RunningVenue, tmp_path: Path
) -> None:
    arrange, key, words, step, told = GATES[name]
    before = orders(real)
    arrange(real)
    found = check(tmp_path, real, "--with-order", *words, key=getattr(real.session, key))

    assert (found.code, found.of(step)) == (4, {"refused"})
    assert told in found.steps[step]["found"]
    assert orders(real) == before


@only_whole
@pytest.mark.req("K1", "CL1")
def test_nothing_is_sent_while_the_kill_file_is_there(real: RunningVenue, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "KILL_SWITCH").write_text("looks wrong")
    before = orders(real)
    found = check(tmp_path, real, "--with-order", key=real.session.key_file)

    assert (found.code, found.of("order")) == (4, {"refused"})
    assert "looks wrong" in found.steps["order"]["found"]
    assert orders(real) == before


@only_whole
@pytest.mark.req("CL1", "TIME1")
def test_a_skewed_clock_costs_its_step_and_the_order(real: RunningVenue, tmp_path: Path) -> None:
    before = orders(real)
    real.fault("clock_skew", by="7s", **{"for": "6s"})
    found = check(tmp_path, real, "--with-order", key=real.session.key_file)

    assert (found.code, found.of("clock")) == (1, {"failed"})
    assert "behind by the venue (limit 150 ms)" in found.steps["clock"]["found"]
    assert found.steps["clock"]["next"] == "timedatectl set-ntp true"
    assert found.of("products", "stream", *PRIVATE) == {"ok"}
    assert found.of("order") == {"skipped"}
    assert orders(real) == before


@only_whole
@pytest.mark.req("CL1")
def test_where_nobody_listens_the_rest_is_not_tried(tmp_path: Path) -> None:
    done = typed(tmp_path, "http://127.0.0.1:9", key=None)

    assert done.returncode == 1
    assert "FAILED   reach        expected name, connection and certificate; found nobody" in (
        done.stdout
    )
    assert "next: curl -sv http://127.0.0.1:9" in done.stdout
    assert done.stdout.count("not tried: the venue is not reached") == 4 + len(PRIVATE)


@only_whole
@pytest.mark.req("SEC1")
def test_nobody_elsewhere_is_sent_a_token(real: RunningVenue, tmp_path: Path) -> None:
    done = typed(tmp_path, "https://api.coinbase.example", key=real.session.key_file)

    assert (done.returncode, done.stdout) == (2, "")
    assert "only a venue on this machine" in done.stderr


@only_whole
@pytest.mark.req("CL1")
@pytest.mark.parametrize("kind", ["maintenance", "http_503_html"])
def test_a_venue_in_maintenance_costs_what_it_does_not_answer(
    kind: str, real: RunningVenue, tmp_path: Path
) -> None:
    real.fault(kind, **{"for": "40s"})
    found = check(tmp_path, real, key=real.session.key_file)

    assert found.code == 1
    assert found.of("clock", "products", "candle", "permissions") == {"failed"}
    assert "HTTP 503" in found.steps["products"]["found"]
    url = f"{real.session.rest}{API}/time"
    wait_for(lambda: requests.get(url, timeout=30).status_code == 200)


STREAMS: dict[str, dict[str, Any]] = {
    "refuse_stream": {"for": "8s"},
    "seq_gap": {"count": 1, "channel": "heartbeats"},
    "garbage_frame": {"count": 1, "channel": "heartbeats"},
    "stream_auth_error": {"count": 1, "stream": "market"},
}


@only_whole
@pytest.mark.req("CL1")
@pytest.mark.parametrize("kind", STREAMS)
def test_a_broken_stream_costs_its_own_step(kind: str, real: RunningVenue, tmp_path: Path) -> None:
    real.fault(kind, **STREAMS[kind])
    found = check(tmp_path, real, key=real.session.key_file)

    assert (found.code, found.of("stream")) == (1, {"failed"})
    assert found.of("products", "candle", *PRIVATE) == {"ok"}


@only_whole
@pytest.mark.req("CL1", "X1")
def test_an_order_whose_answer_is_lost_is_found_and_cancelled(
    real: RunningVenue, tmp_path: Path
) -> None:
    before = {each["order_id"] for each in orders(real)}
    real.fault("lost_response", endpoint="place", count=1)
    found = check(tmp_path, real, "--with-order", key=real.session.key_file)

    assert (found.code, found.of("order"), found.of("cancelled")) == (1, {"failed"}, {"ok"})
    new = [each for each in orders(real) if each["order_id"] not in before]
    assert [each["status"] for each in new] == ["CANCELLED"]


@only_whole
@pytest.mark.req("CL1")
def test_a_venue_over_tls_has_to_prove_who_it_is(
    real: RunningVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = typed(tmp_path, real.session.rest_tls, key=real.session.key_file)
    monkeypatch.setenv("SSL_CERT_FILE", str(real.session.ca))
    known = typed(tmp_path, real.session.rest_tls, key=real.session.key_file)

    assert unknown.returncode == 1
    assert "certificate is not trusted" in unknown.stdout
    assert "(TLSv1.3, certificate until " in known.stdout
    assert known.stdout.count("\nok ") >= len(PRIVATE)
