"""The journal as the auditor sees it: envelopes in, receipts out."""

from __future__ import annotations

from collections.abc import Callable

from actors.kernel.envelope import Envelope
from actors.kernel.ports import Meter
from adapters.journal.chain import Head
from adapters.journal.codec import Codec
from adapters.journal.segments import SegmentWriter
from domain.messages.orders import IntentRaised, Receipt
from domain.model.errors import InvariantBroken
from domain.model.instants import Nanos
from domain.model.meters import TimeKind

WRITE, SYNC = "write", "sync"
"""The steps that are timed."""


class Recorder:
    """Writes envelopes as records and gives receipts for intents that are durable.

    `machine_ns` is the clock of receipts' age; `meter` times each write and sync. Belongs to one
    thread, as the journal does.
    """

    def __init__(
        self,
        journal: SegmentWriter,
        codec: Codec,
        machine_ns: Callable[[], Nanos],
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter
        self._journal = journal
        self._codec = codec
        self._machine_ns = machine_ns
        self._intents: dict[str, Head] = {}
        self.number = 0
        """The highest number of an intent that was written here."""

    @property
    def has_failed(self) -> bool:
        """Tell whether a write or sync has failed: final."""
        return self._journal.failed

    @property
    def durable(self) -> Head:
        """The last record that survives a power cut."""
        return self._journal.durable

    def fence(self) -> bool:
        """End the present journal from another thread; False if it has failed."""
        return self._journal.fence()

    def go_on_with(self, journal: SegmentWriter) -> None:
        """Write into `journal` from now on; intents without a receipt get none."""
        self._journal = journal
        self._intents.clear()

    def close(self) -> None:
        """Make everything durable and end.

        Raises:
            JournalError: the last sync failed.
        """
        self._journal.close()

    def abandon(self) -> None:
        """End without a sync."""
        self._journal.abandon()

    def keeps(self, envelope: Envelope) -> bool:
        """Tell whether the envelope's body is a record."""
        return self._codec.knows(envelope.body)

    def append(self, envelope: Envelope) -> None:
        """Write the envelope's body as the next record, not yet durable.

        Raises:
            JournalError: it can't be written or has no exact form.
        """
        body, begun_ns = envelope.body, self._machine_ns()
        head = self._journal.append(
            self._codec.name(body),
            self._codec.encode(body),
            at_ns=envelope.at_ns,
            actor=envelope.sender,
            epoch=envelope.epoch,
            envelope=envelope.sequence,
            correlation=envelope.correlation,
            causation=envelope.causation,
        )
        self._timed(WRITE, begun_ns)
        if isinstance(body, IntentRaised):
            self._intents[body.intent.client_order_id] = head
            self.number = max(self.number, body.intent.number)

    def commit(self, client_order_ids: tuple[str, ...]) -> tuple[Receipt, ...]:
        """Make everything appended durable; return a receipt for each intent named, once.

        Raises:
            JournalError: the disk refused; final.
            InvariantBroken: an intent was not appended, or its receipt was already given.
        """
        begun_ns = self._machine_ns()
        self._journal.sync()
        self._timed(SYNC, begun_ns)
        return tuple(self._receipt(one) for one in client_order_ids)

    def _timed(self, step: str, begun_ns: int) -> None:
        if self._meter is not None:
            self._meter.time(TimeKind.JOURNAL, step, self._machine_ns() - begun_ns)

    def _receipt(self, client_order_id: str) -> Receipt:
        head = self._intents.pop(client_order_id, None)
        if head is None:
            raise InvariantBroken(
                f"expected an intent appended and without receipt, found none for {client_order_id}"
            )
        return Receipt(client_order_id, head.seq, head.hash, self._machine_ns())
