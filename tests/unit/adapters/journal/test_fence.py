"""One writer at a time: a fenced journal is over, and the next segment carries its chain on."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.kernel.envelope import Envelope
from adapters.journal.recorder import Recorder
from adapters.journal.segments import SegmentWriter, open_journal, read_records
from app.commands.audit import check
from app.run.recovery import CODEC, JOURNAL, JournalPlace, Opened, open_state
from domain.messages.control import OperatorActed
from domain.messages.decisions import RoundJudged
from domain.messages.journal import JournalReopened, RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.supervision import BreakerReset, BreakerTripped
from domain.model.errors import InvariantBroken, JournalError
from domain.model.instants import Nanos
from tests.builders.journal import AT_NS, fill, seqs, start
from tests.builders.messages import NOW, a_breaker, an_intent
from tests.fakes.disks import HangingSegment
from tests.fakes.memory_journal import MemoryFolder, MemorySegment

pytestmark = [pytest.mark.supervision, pytest.mark.req("AUD1")]

PATIENCE_S = 10
RUN = RunStarted("paper", "embedded", "world-1", "c", "p", 7)


def on_a_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Run `call` on a thread of its own; what it raises is collected."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - the claim is about what it raises
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, raised


def test_who_was_fenced_off_can_not_write_any_more() -> None:
    folder = MemoryFolder()
    journal = start(folder)
    fill(journal, 1)
    before = seqs(folder)

    assert journal.fence()

    with pytest.raises(JournalError, match="is closed"):
        fill(journal, 2)
    with pytest.raises(JournalError, match="is closed"):
        journal.sync()
    assert seqs(folder) == before
    assert not journal.failed


def test_what_was_written_before_the_fence_is_durable_after_it() -> None:
    folder = MemoryFolder()
    journal = start(folder)
    fill(journal, 1)

    journal.fence()
    folder.lose_power()

    assert seqs(folder) == [1, 2, 3]


def test_fencing_twice_is_harmless() -> None:
    journal = start(MemoryFolder())

    assert journal.fence()
    assert journal.fence()


@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_write_that_does_not_come_back_leaves_the_journal_failed(call: str) -> None:
    whole = start(MemoryFolder())
    segment = HangingSegment(call)
    journal = SegmentWriter(segment, whole.head, lineage=whole.lineage)
    writer, raised = on_a_thread(lambda: fill(journal, 1, durable=True))
    assert segment.entered.wait(PATIENCE_S)

    assert not journal.fence()

    assert journal.failed
    segment.release.set()
    writer.join(PATIENCE_S)
    assert not writer.is_alive()
    with pytest.raises(JournalError, match="failed before"):
        fill(journal, 2)
    if call == "write":  # its sync came too late
        assert [type(error) for error in raised] == [JournalError]


def test_a_disk_that_refuses_the_last_sync_leaves_the_journal_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    journal = start(MemoryFolder())

    def refuse(_: MemorySegment) -> None:
        raise OSError(errno.EIO, "the disk says no")

    monkeypatch.setattr(MemorySegment, "sync", refuse)

    assert not journal.fence()
    assert journal.failed


def test_a_failed_journal_stays_failed_behind_a_fence() -> None:
    journal = start(MemoryFolder())
    journal.failed = True

    assert not journal.fence()


def test_a_fence_that_comes_amid_many_writes_cuts_none_in_two() -> None:
    folder = MemoryFolder()
    journal = start(folder)
    begun = threading.Event()

    def write() -> None:
        for number in range(100_000):
            fill(journal, number)
            begun.set()

    writer, raised = on_a_thread(write)
    assert begun.wait(PATIENCE_S)

    assert journal.fence()

    writer.join(PATIENCE_S)
    assert [type(error) for error in raised] == [JournalError]
    again, _ = open_journal(folder, {"reason": "test"}, at_ns=AT_NS, is_same_run=True)
    assert seqs(folder) == list(range(1, again.head.seq + 1))


def test_the_recorder_goes_on_in_the_new_segment_and_owes_no_old_receipt() -> None:
    folder = MemoryFolder()
    recorder = Recorder(start(folder), CODEC, lambda: Nanos(1))
    recorder.append(envelope(1, IntentRaised(an_intent())))
    assert recorder.fence()
    journal, _ = open_journal(folder, {"reason": "test"}, at_ns=AT_NS, is_same_run=True)

    recorder.go_on_with(journal)

    with pytest.raises(InvariantBroken):
        recorder.commit((an_intent().client_order_id,))
    recorder.append(envelope(2, OperatorActed("resume", "looked into it")))
    recorder.commit(())
    kinds = [record.type for record in read_records(folder)]
    assert kinds[-3:] == ["IntentRaised", "JournalReopened", "OperatorActed"]


# The same with files, and with the fold that every rebuild reads.


def envelope(number: int, body: object) -> Envelope:
    return Envelope(number, body, "somebody", 1, number, 0, NOW)


def opened(folder: Path) -> Opened:
    place = JournalPlace(
        folder=folder,
        run=RUN,
        quote_currency="USD",
        machine=lambda: Nanos(1),
        market=lambda: NOW,
        wall=None,
    )
    return open_state(place)


def test_a_reopened_journal_is_one_chain_and_says_why(tmp_path: Path) -> None:
    state = opened(tmp_path)
    old = state.recorder._journal
    state.recorder.append(envelope(1, OperatorActed("resume", "before")))

    state.reopen((envelope(2, OperatorActed("resume", "kept while nobody wrote")),))

    with pytest.raises(JournalError):
        old.append("OperatorActed", {}, at_ns=NOW)
    records = list(read_records(tmp_path / JOURNAL))
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    told = [CODEC.decode(record.type, record.data) for record in records]
    assert told[-3:] == [
        OperatorActed("resume", "before"),
        JournalReopened("writer rebuilt"),
        OperatorActed("resume", "kept while nobody wrote"),
    ]
    assert len(list((tmp_path / JOURNAL).glob("*.jsonl"))) == 2
    state.close()
    assert check(tmp_path / JOURNAL).problems == ()


def test_a_new_segment_is_not_a_new_run(tmp_path: Path) -> None:
    """Counts, breakers and their ends go on; a start of the process would begin anew."""
    state = opened(tmp_path)
    gone, here = a_breaker(name="gone"), a_breaker(name="here")
    for number, body in enumerate(
        (
            RoundJudged(7, NOW, (), (), ()),
            IntentRaised(an_intent()),
            BreakerTripped(gone),
            BreakerTripped(here),
            BreakerReset("gone", gone.scope, "proof", "all is well"),
        )
    ):
        state.recorder.append(envelope(number, body))
    before = state.reread()

    after = state.reopen(())

    assert before.tally == after.tally
    assert (after.tally.cycles, after.tally.orders) == (7, 1)
    assert [each.name for each in after.tally.closed] == ["gone"]
    assert [each.name for each in after.breakers] == ["here"]
    assert (after.runs, after.lineage, after.orders) == (before.runs, before.lineage, before.orders)
    state.close()

    tally = opened(tmp_path).recovered.tally
    assert (tally.cycles, tally.orders, tally.closed) == (0, 0, ())


def test_a_journal_that_failed_is_not_reopened(tmp_path: Path) -> None:
    state = opened(tmp_path)
    state.recorder._journal.failed = True

    with pytest.raises(JournalError, match="only a new start"):
        state.reopen(())

    assert len(list((tmp_path / JOURNAL).glob("*.jsonl"))) == 1
