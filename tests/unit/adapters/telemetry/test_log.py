"""The structured log has fields; the human one has the same words as before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from actors.kernel.envelope import Envelope
from adapters.telemetry.log import STRUCTURED, ActorLog, configure
from domain.messages.control import DiscrepancyFound
from domain.model.instants import Nanos
from domain.system.address import Address
from tests.builders.harness import START_NS, HarnessClock
from tests.builders.messages import BTC, an_intent, approved, booked

INTENT = an_intent(approved())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    configure(tmp_path, "INFO", run="run-1")
    yield tmp_path
    logger.remove()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / STRUCTURED).read_text("utf-8").splitlines()]


def handling(body: object) -> ActorLog:
    """Return the log of an actor that is handling a message."""
    log = ActorLog("projector")
    envelope = Envelope(9, body, "order_manager", 1, 4711, 3, Nanos(START_NS))
    log.attend(HarnessClock(), lambda: envelope)
    return log


@pytest.mark.req("X2")
def test_a_line_has_the_event_its_chain_and_its_members_with_exact_decimals(folder: Path) -> None:
    handling(booked(INTENT, "0.1")).info("bought 0.1 BTC-USD at 100")

    (line,) = lines(folder)
    assert (line["event"], line["actor"], line["run"]) == ("FillBooked", "projector", "run-1")
    assert (line["correlation"], line["product"]) == (4711, BTC)
    assert line["text"] == "bought 0.1 BTC-USD at 100"
    assert line["data"]["fill"]["quantity"] == "0.1"
    assert line["data"]["client_order_id"] == INTENT.client_order_id
    assert line["market_time"] == "2023-11-14T22:13:20Z"
    assert line["time"].endswith("Z")


def test_what_is_said_outside_of_a_message_is_named_by_its_text(folder: Path) -> None:
    ActorLog("guardian").warning("the venue has ended", words="bye", price=Decimal("1.50"))

    (line,) = lines(folder)
    assert (line["event"], line["correlation"]) == ("the_venue_has_ended", None)
    assert line["data"] == {"words": "bye", "price": "1.5"}
    assert line["text"] == "the venue has ended words=bye price=1.50"


def test_fields_of_the_line_stand_beside_those_of_the_event(folder: Path) -> None:
    handling(DiscrepancyFound("BTC", "1", "2")).error("venue and ledger differ", venue="2")

    (line,) = lines(folder)
    assert line["data"] == {"subject": "BTC", "ours": "1", "theirs": "2", "venue": "2"}


def test_a_value_that_fails_when_it_is_looked_at_ends_nobody(folder: Path) -> None:
    class Odd(dict[str, object]):
        def items(self) -> Any:
            raise ZeroDivisionError

    ActorLog("feed").info("odd", value=Odd())

    assert lines(folder)[0]["data"] == {"left_out": "ZeroDivisionError"}


def test_a_failure_is_a_line_with_its_stack_and_no_value(folder: Path) -> None:
    try:
        raise ValueError("secret")
    except ValueError as error:
        ActorLog("exits").failure("ValueError in tick", error)

    (line,) = lines(folder)
    assert line["level"] == "CRITICAL"
    assert line["data"]["cause"] == "ValueError in tick"
    assert "secret" not in json.dumps(line)


def test_what_no_encoding_can_write_is_written_otherwise(folder: Path) -> None:
    ActorLog("feed").info("a half \ud800", name="\udfff")

    assert len(lines(folder)) == 1


def test_a_line_says_of_which_world_it_is_and_commands_in_it_mean_that_world(
    tmp_path: Path,
) -> None:
    configure(tmp_path, "INFO", address=Address(world="generated-7"))
    ActorLog("guardian").warning("it stands still", look="python run.py status")
    logger.remove()

    (line,) = lines(tmp_path)
    text = (tmp_path / "bulkhead.log").read_text("utf-8")
    assert line["world"] == "generated-7"
    assert "python run.py status --world generated-7" in line["text"]
    assert "[generated-7] it stands still look=python run.py status --world generated-7" in text


def test_in_the_usual_place_a_line_is_as_short_as_before(folder: Path) -> None:
    ActorLog("guardian").info("it trades")

    assert lines(folder)[0]["world"] == "default"
    assert (folder / "bulkhead.log").read_text("utf-8").endswith("guardian       it trades\n")


def test_the_log_for_people_has_market_time_where_that_is_not_now(folder: Path) -> None:
    handling(booked(INTENT, "0.1")).info("bought 0.1 BTC-USD at 100")

    text = (folder / "bulkhead.log").read_text("utf-8")
    assert text.endswith("projector      [11-14 22:13:20] bought 0.1 BTC-USD at 100\n")
