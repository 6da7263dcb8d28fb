"""No receipt without a durable intent."""

from __future__ import annotations

import errno
import itertools
from decimal import Decimal
from typing import Any

import pytest

from actors.kernel.envelope import Envelope
from actors.kernel.meters import Meters
from adapters.journal.codec import Codec, CodecError
from adapters.journal.recorder import Recorder
from adapters.journal.segments import open_journal, read_records
from domain.messages.catalogue import CATALOGUE
from domain.messages.control import OperatorActed
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import EquityMarked
from domain.model.approval import ApprovedEntry, Limit
from domain.model.errors import InvariantBroken, JournalError
from domain.model.instants import Nanos
from domain.model.meters import TimeKind
from domain.model.money import Amount, Price, Quantity
from domain.model.orders import OrderIntent
from domain.model.product import ProductId
from tests.builders.journal import AT_NS, RUN
from tests.fakes.memory_journal import MemoryFolder, MemorySegment

CODEC = Codec(CATALOGUE)


def intent(number: int) -> IntentRaised:
    order = ApprovedEntry(
        approval=number,
        strategy="breakout",
        product=ProductId("BTC-USD"),
        quantity=Quantity(Decimal("0.01")),
        order_type=Limit(price=Price(Decimal("43000.10")), post_only=True, lifetime_ns=None),
        worst_case=Amount(Decimal("435.161012")),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(8),
        max_hold_ns=Nanos(86_400_000_000_000),
        reason="",
        bar_ns=Nanos(AT_NS),
        approved_ns=Nanos(1),
    )
    return IntentRaised(OrderIntent(number, f"id-{number}", order, None))


def envelope(body: object, sequence: int = 9) -> Envelope:
    return Envelope(sequence, body, "order_manager", 2, 3, 8, Nanos(AT_NS))


def recorder() -> tuple[Recorder, MemoryFolder]:
    folder = MemoryFolder()
    journal, _ = open_journal(folder, RUN, at_ns=AT_NS)
    return Recorder(journal, CODEC, lambda: Nanos(77)), folder


@pytest.mark.req("X2", "AUD1")
def test_a_receipt_names_the_durable_record_of_its_intent() -> None:
    journal, folder = recorder()
    journal.append(envelope(intent(1)))
    journal.append(envelope(OperatorActed("resume", "because")))
    (receipt,) = journal.commit(("id-1",))
    folder.lose_power()
    records = {record.seq: record for record in read_records(folder)}
    record = records[receipt.sequence]
    assert receipt.hash == record.hash
    assert receipt.issued_ns == 77
    assert CODEC.decode(record.type, record.data) == intent(1)
    assert (record.actor, record.epoch) == ("order_manager", 2)
    assert (record.envelope, record.correlation, record.causation) == (9, 3, 8)


def test_one_commit_serves_many_intents() -> None:
    journal, _ = recorder()
    for number in (1, 2, 3):
        journal.append(envelope(intent(number)))
    receipts = journal.commit(("id-3", "id-1"))
    assert [one.client_order_id for one in receipts] == ["id-3", "id-1"]
    assert receipts[0].sequence == receipts[1].sequence + 2


def test_an_intent_that_was_never_appended_gets_no_receipt() -> None:
    journal, _ = recorder()
    with pytest.raises(InvariantBroken, match="id-9"):
        journal.commit(("id-9",))


def test_a_receipt_is_given_once() -> None:
    journal, _ = recorder()
    journal.append(envelope(intent(1)))
    journal.commit(("id-1",))
    with pytest.raises(InvariantBroken, match="id-1"):
        journal.commit(("id-1",))


def test_a_disk_that_refuses_gives_no_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    journal, _ = recorder()
    journal.append(envelope(intent(1)))

    def refuse(_: MemorySegment) -> None:
        raise OSError(errno.EIO, "the disk says no")

    monkeypatch.setattr(MemorySegment, "sync", refuse)
    for _ in range(2):
        with pytest.raises(JournalError):
            journal.commit(("id-1",))


def test_a_message_without_an_exact_form_is_refused() -> None:
    journal, folder = recorder()
    inexact: Any = 1.0
    with pytest.raises(CodecError, match="opening_nlv"):
        journal.append(envelope(EquityMarked(1, None, inexact)))
    assert len(list(read_records(folder))) == 2


@pytest.mark.req("OB1")
def test_writing_and_syncing_are_timed_apart() -> None:
    moments, meters = itertools.accumulate(itertools.repeat(1_000)), Meters()
    journal, _ = open_journal(MemoryFolder(), RUN, at_ns=AT_NS)
    timed = Recorder(journal, CODEC, lambda: Nanos(next(moments)), meters)
    timed.append(envelope(intent(1)))
    timed.append(envelope(intent(2)))
    timed.commit(())

    told = ((TimeKind.JOURNAL, "write"), ((1, 2),)), ((TimeKind.JOURNAL, "sync"), ((1, 1),))
    assert meters.read().times == dict(told)
