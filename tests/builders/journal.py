"""Small journals for tests: two starts, seven records, on disk or in memory."""

from __future__ import annotations

from pathlib import Path

from adapters.journal.files import Folder
from adapters.journal.segments import SegmentWriter, open_journal, read_records
from tests.fakes.memory_journal import MemoryFolder

AT_NS = 1_702_353_600_000_000_000
LINEAGE = "0123456789abcdef" * 2
RUN = {"mode": "paper", "seed": 7}


def start(folder: Path | Folder, number: int = 1) -> SegmentWriter:
    """Open the journal of a virtual run: no wall time, a given lineage."""
    journal, _ = open_journal(
        folder, RUN, at_ns=AT_NS + number * 1_000_000_000, config="c0ffee", lineage=LINEAGE
    )
    return journal


def fill(journal: SegmentWriter, number: int, *, durable: bool = False) -> None:
    """Append one record that holds decimals as text, a nested list and non-ASCII text."""
    journal.append(
        "FillBooked",
        {"entry": f"f-{number}", "price": "43000.12", "fees": ["0.01", "0"], "note": "größer"},
        at_ns=AT_NS + number,
        actor="auditor",
        epoch=1,
        envelope=number,
        correlation=1,
        causation=number - 1,
        durable=durable,
    )


def small_journal() -> MemoryFolder:
    """Return a journal of two cleanly ended starts: four records, then three."""
    folder = MemoryFolder()
    for number in (1, 2):
        journal = start(folder, number)
        fill(journal, 10 * number)
        fill(journal, 10 * number + 1)
        journal.close()
    return folder


def text_of(folder: MemoryFolder) -> dict[str, bytes]:
    """Return the bytes of each segment."""
    return {name: bytes(folder.segments[name].data) for name in folder.names()}


def folder_of(text: dict[str, bytes]) -> MemoryFolder:
    """Return a memory folder that holds these bytes, all durable."""
    folder = MemoryFolder()
    for name, data in text.items():
        segment = folder.create(name)
        segment.write(data)
        segment.sync()
    return folder


def seqs(folder: Path | Folder) -> list[int]:
    """Return the sequence numbers of all records; raises where the chain is broken."""
    return [record.seq for record in read_records(folder)]
