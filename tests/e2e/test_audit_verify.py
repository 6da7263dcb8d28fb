"""`run.py audit verify` on journals that are whole, damaged, forged or absent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.journal.chain import GENESIS, Head, body, seal
from adapters.journal.codec import Codec
from adapters.journal.segments import open_journal, read_records
from domain.messages.catalogue import CATALOGUE
from domain.messages.decisions import OrderApproved
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.messages.portfolio import StatementTaken
from domain.model.approval import ApprovedEntry, Limit, Purpose
from domain.model.instants import Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.orders import FillSeen, OrderIntent, OrderState
from domain.model.portfolio import AccountBalance
from domain.model.product import ProductId, Side
from domain.orders.identity import client_order_id

ROOT = Path(__file__).parents[2]
AT_NS = 1_702_353_600_000_000_000
LINEAGE = "0123456789abcdef" * 2
CODEC = Codec(CATALOGUE)
BTC = ProductId("BTC-USD")
ORDER_ID = client_order_id(LINEAGE, 1)
SEGMENT = "00000001.jsonl"
RUN = RunStarted("paper", "embedded", "generated", "c0ffee", "7ea", 7)

APPROVED = ApprovedEntry(
    approval=1,
    strategy="breakout",
    product=BTC,
    quantity=Quantity(Decimal("0.005")),
    order_type=Limit(
        price=Price(Decimal("40000")), post_only=True, lifetime_ns=Nanos(45_000_000_000)
    ),
    worst_case=Amount(Decimal("202.4")),
    stop_loss_pct=Decimal(4),
    take_profit_pct=Decimal(8),
    max_hold_ns=Nanos(86_400_000_000_000),
    reason="breakout",
    bar_ns=Nanos(AT_NS),
    approved_ns=Nanos(1),
)


def fill(entry_id: str, quantity: str) -> FillBooked:
    amount = Decimal(quantity) * 40_000
    seen = FillSeen(
        entry_id=entry_id,
        order_id="venue-1",
        product=BTC,
        side=Side.BUY,
        price=Price(Decimal(40_000)),
        quantity=Quantity(Decimal(quantity)),
        fee=Amount(amount * Decimal("0.006")),
        is_maker=True,
        at_ns=Nanos(AT_NS + 3),
    )
    return FillBooked(seen, ORDER_ID, APPROVED)


def advanced(state: OrderState, filled: str) -> OrderAdvanced:
    return OrderAdvanced(
        ORDER_ID, "venue-1", BTC, Side.BUY, Purpose.ENTRY, state, Quantity(Decimal(filled)), ""
    )


def statement(occasion: str, usd: str, btc: str) -> StatementTaken:
    return StatementTaken(
        occasion,
        (
            AccountBalance("BTC", Quantity(Decimal(btc)), Quantity(Decimal(0))),
            AccountBalance("USD", Quantity(Decimal(usd)), Quantity(Decimal(0))),
        ),
    )


STORY = (
    statement("start", "10000", "0"),
    OrderApproved(APPROVED),
    IntentRaised(OrderIntent(1, ORDER_ID, APPROVED, None)),
    advanced(OrderState.OPEN, "0"),
    fill("entry-1", "0.002"),
    advanced(OrderState.PARTIALLY_FILLED, "0.002"),
    fill("entry-2", "0.003"),
    advanced(OrderState.FILLED, "0.005"),
    statement("stop", "9798.8", "0.005"),
    RunStopped("duration", 6, 1, 2),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    journal, _ = open_journal(
        tmp_path / "paper" / "journal", CODEC.encode(RUN), at_ns=AT_NS, lineage=LINEAGE
    )
    for number, message in enumerate(STORY):
        journal.append(CODEC.name(message), CODEC.encode(message), at_ns=AT_NS + number)
    journal.close()
    return tmp_path


def verify(*arguments: object, before: tuple[object, ...] = ()) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "run.py", *map(str, (*before, "audit", "verify", *arguments))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def segment_of(data: Path) -> Path:
    return data / "paper" / "journal" / SEGMENT


@pytest.mark.req("AUD1", "X2")
def test_a_whole_journal_is_whole(data: Path) -> None:
    done = verify("--data-dir", data, "--env", "paper")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "whole: 12 records in 1 segment," in done.stdout
    assert "1 order and 2 fills recomputed: agrees" in done.stdout


@pytest.mark.req("AUD1")
def test_a_journal_of_an_older_version_is_whole() -> None:
    done = verify("--json", ROOT / "tests" / "golden" / "journal")

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["ok"], report["records"], report["fills"]) == (True, 63, 6)


@pytest.mark.parametrize(
    "where", [lambda data: data / "paper", lambda data: data / "paper" / "journal", segment_of]
)
def test_the_path_may_be_the_mode_the_journal_or_a_segment(
    data: Path, where: Callable[[Path], Path]
) -> None:
    done = verify("--json", where(data))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert (report["records"], report["fills"], report["lineage"]) == (12, 2, LINEAGE)


def test_the_only_journal_of_a_data_folder_needs_no_name(data: Path) -> None:
    assert verify("--data-dir", data).returncode == 0
    assert verify(before=("--data-dir", data)).returncode == 0


def test_the_help_shows_an_example() -> None:
    done = verify("--help")
    assert done.returncode == 0
    assert "python run.py audit verify --env paper" in done.stdout


@pytest.mark.req("AUD1")
def test_a_changed_digit_in_any_record_is_named(data: Path) -> None:
    segment = segment_of(data)
    whole = segment.read_bytes()
    lines = whole.splitlines(keepends=True)
    for number in (1, 6, len(lines)):
        line = lines[number - 1]
        at = line.index(b'"at":"2023') + 6
        changed = line[:at] + b"9" + line[at + 1 :]
        segment.write_bytes(b"".join([*lines[: number - 1], changed, *lines[number:]]))
        done = verify("--data-dir", data, "--json")
        assert done.returncode == 1
        broken = json.loads(done.stdout)["broken"]
        assert (broken["segment"], broken["line"], broken["seq"]) == (SEGMENT, number, number)
        text = verify("--data-dir", data).stdout
        assert f"{SEGMENT} line {number} (record {number}): expected" in text


def rewritten(data: Path, *, without: str) -> None:
    """Drop the first record that holds `without` and compute the whole chain anew."""
    head: Head = GENESIS
    lines = []
    dropped = False
    for record in list(read_records(data / "paper" / "journal")):
        if not dropped and without in json.dumps(record.data):
            dropped = True
            continue
        line, digest = seal(body(head, record.type, record.data, at=record.at))
        head = Head(head.seq + 1, digest)
        lines.append(line)
    assert dropped
    segment_of(data).write_bytes(b"".join(lines))


@pytest.mark.req("AUD1")
@pytest.mark.parametrize("entry", ["entry-1", "entry-2"])
def test_a_dropped_fill_is_found_although_every_hash_was_computed_anew(
    data: Path, entry: str
) -> None:
    rewritten(data, without=entry)
    done = verify("--data-dir", data)
    assert done.returncode == 1, done.stdout
    assert "chain    whole: 11 records" in done.stdout
    assert "DISAGREES" in done.stdout


@pytest.mark.req("AUD1")
def test_a_well_hashed_record_of_no_known_kind_is_named(data: Path) -> None:
    *_, last = read_records(data / "paper" / "journal")
    line, _ = seal(body(Head(last.seq, last.hash), "Nonsense", {}, at=last.at))
    with segment_of(data).open("ab") as file:
        file.write(line)
    done = verify("--data-dir", data)
    assert done.returncode == 1
    assert "line 13 (record 13): expected a message of this program" in done.stdout


def test_an_unfinished_last_line_is_reported_and_no_fault(data: Path) -> None:
    with segment_of(data).open("ab") as file:
        file.write(b'{"actor":"audi')
    done = verify("--data-dir", data)
    assert done.returncode == 0, done.stdout
    assert "line 13 is unfinished (14 bytes)" in done.stdout
    assert segment_of(data).read_bytes().endswith(b'"audi')


def test_nothing_to_verify_is_said_and_ends_with_2(tmp_path: Path) -> None:
    for arguments in (["--data-dir", tmp_path], [tmp_path / "no"], [tmp_path, "--env", "paper"]):
        done = verify(*arguments)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "nothing to verify" in done.stderr


def test_two_modes_without_a_run_need_a_name(data: Path) -> None:
    shutil.copytree(data / "paper", data / "dry-run")
    done = verify("--data-dir", data)
    assert done.returncode == 2
    assert "name it with --env" in done.stderr
    assert verify("--data-dir", data, "--env", "DRY_RUN").returncode == 0


@pytest.mark.req("AUD1")
def test_problems_without_end_are_cut_short_for_people_only(data: Path) -> None:
    journal, _ = open_journal(data / "paper" / "journal", CODEC.encode(RUN), at_ns=AT_NS)
    booked = CODEC.encode(fill("entry-1", "0.002"))
    for _ in range(25):
        journal.append("FillBooked", booked, at_ns=AT_NS)
    journal.close()
    text = verify("--data-dir", data).stdout
    report = json.loads(verify("--data-dir", data, "--json").stdout)
    assert len(report["problems"]) >= 25
    assert f"and {len(report['problems']) - 20} more; --json lists all" in text
    assert "record 14: " in text


@pytest.mark.req("AUD1")
def test_a_journal_without_a_record_is_no_pass(data: Path) -> None:
    segment_of(data).write_bytes(b"")

    done = verify("--data-dir", data, "--env", "paper")

    assert done.returncode == 1
    assert "EMPTY: there is no record in it" in done.stdout
