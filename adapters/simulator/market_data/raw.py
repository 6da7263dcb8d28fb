"""Raw recordings of the venue's own frames, played back byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import zstandard
from attrs import frozen

from adapters.simulator.market_data.members import above_zero, from_zero, named, word
from adapters.simulator.market_data.source import MarketError
from domain.model.entries import Entries, EntryKind, read_each
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, Nanos, iso, parse_iso
from domain.model.product import ALLOWED_BY_FLAG, ONLINE, Product, ProductFlags, ProductId

RAW_SUFFIXES = (".jsonl.zst", ".jsonl.gz", ".jsonl")
SKIPPED = ("subscriptions", "user")
CHUNK_BYTES = 1 << 18
_EVENTS = re.compile(r'"events"\s*:\s*')


@frozen
class RawFrame:
    """One recorded frame: `events` is the exact text of its events array."""

    at_ns: Nanos
    channel: str
    products: tuple[ProductId, ...]
    events: str


class RawRecording:
    """A recording's frames in order."""

    prices: Literal["invented", "recorded"] = "recorded"

    def __init__(
        self,
        name: str,
        products: tuple[Product, ...],
        frames: list[RawFrame],
        remarks: tuple[str, ...] = (),
    ) -> None:
        digest = hashlib.sha256()
        for frame in frames:
            digest.update(f"{frame.at_ns} {frame.channel} {frame.events}\n".encode())
        self.name = name
        self.remarks = remarks
        self.description = f"{name} sha256={digest.hexdigest()[:12]}"
        self.products = products
        self.frames = tuple(frames)
        self.first_ns = frames[0].at_ns
        self.end_ns: Nanos | None = Nanos(frames[-1].at_ns + SECOND)

    def counts(self) -> Counter[str]:
        """Return how many frames each channel has."""
        return Counter(frame.channel for frame in self.frames)


def open_raw(path: Path) -> RawRecording:
    """Return the recording in a file, or those of a folder, which must follow one another.

    Raises:
        MarketError: it is not a recording of v3 frames, or two of a folder overlap.
    """
    files = [path]
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.name.endswith(RAW_SUFFIXES))
    found = sorted((_read(file) for file in files), key=_first)
    for earlier, later in pairwise(found):
        if later.first_ns <= earlier.frames[-1].at_ns:
            raise MarketError(
                f"{path}: expected recordings that follow one another, but at"
                f" {iso(later.first_ns)} {earlier.name} is not over and {later.name} begins"
            )
    if len(found) == 1:
        return found[0]
    products = {product.id: product for each in found for product in each.products}
    frames = [frame for each in found for frame in each.frames]
    remarks = tuple(remark for each in found for remark in each.remarks)
    listed = tuple(products[name] for name in sorted(products))
    return RawRecording(path.name, listed, frames, remarks)


def _first(recording: RawRecording) -> Nanos:
    return recording.first_ns


def _read(path: Path) -> RawRecording:
    """Return one recording, with the products that its catalogue has.

    An odd entry inside a frame is the client's to read and is played as it is. A line that is no
    message is a frame that is missing, after which no book is right: only at the end, where a
    recorder was cut off, nothing follows it.
    """
    seen = _Seen()
    broken = ""
    for number, line in enumerate(_lines(path), start=1):
        if broken:
            raise MarketError(broken)
        try:
            seen.take(json.loads(line))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            broken = f"{path}: line {number}: expected a recorded v3 message: {error}"
    if not seen.frames:
        raise MarketError(broken or f"{path}: expected recorded v3 frames (t = recv), found none")
    named = sorted({product for frame in seen.frames for product in frame.products})
    products = tuple(seen.products[name] for name in named if name in seen.products)
    missing = ", ".join(seen.without(name) for name in named if name not in seen.products)
    if missing and not products:
        raise MarketError(f"{path}: the recorded catalogue lacks {missing}")
    remarks = [f"{path}: not tradable, the recorded catalogue lacks {missing}"] if missing else []
    remarks += [f"{broken}; the last line is left out"] if broken else []
    return RawRecording(path.name, products, seen.frames, tuple(remarks))


class _Seen:
    """What the lines of a recording say."""

    def __init__(self) -> None:
        self.products: dict[ProductId, Product] = {}
        self.frames: list[RawFrame] = []
        self._odd: dict[str, str] = {}

    def take(self, entry: dict[str, Any]) -> None:
        """Take over one line. Raises AttributeError, KeyError, TypeError, ValueError: it is odd."""
        if entry.get("t") == "http":
            listed = catalogue(entry["data"])
            self.products.update((product.id, product) for product in listed.read)
            self._odd.update((each.name, each.reason) for each in listed.unread)
        elif entry.get("t") == "recv":
            frame = _frame(entry["data"])
            if frame is not None:
                self.frames.append(frame)

    def without(self, name: ProductId) -> str:
        """Return the name of a product that the catalogue lacks, and why if it says so."""
        return f"{name} ({self._odd[name]})" if name in self._odd else name


def _lines(path: Path) -> Iterator[str]:
    try:
        if path.suffix == ".zst":
            yield from _zstd_lines(path)
        elif path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8") as text:
                yield from text
        else:
            with path.open(encoding="utf-8") as text:
                yield from text
    except (OSError, EOFError, zlib.error, zstandard.ZstdError, UnicodeDecodeError) as error:
        raise MarketError(f"{path}: could not be read: {error}") from error


def _zstd_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file that may hold several zstd frames.

    Raises:
        EOFError: the file ends inside a frame; zstandard's own reader would not tell.
    """
    rest, data = b"", None
    with path.open("rb") as file:
        while packed := file.read(CHUNK_BYTES):
            while packed:
                # A recorder that was restarted appends another frame.
                data = zstandard.ZstdDecompressor().decompressobj() if data is None else data
                *lines, rest = (rest + data.decompress(packed)).split(b"\n")
                yield from (line.decode() for line in lines)
                packed = data.unused_data
                data = None if data.eof else data
    if data is not None:
        raise EOFError("the file ends inside a compressed frame")
    if rest:
        yield rest.decode()


def _frame(text: str) -> RawFrame | None:
    head = json.loads(text)
    channel = head["channel"]
    if channel in SKIPPED:
        return None
    found = _EVENTS.search(text)
    if found is None or not isinstance(head["events"], list):
        raise ValueError("no events")
    _, end = json.JSONDecoder().raw_decode(text, found.end())
    products = sorted(set(_products(head["events"])))
    return RawFrame(parse_iso(head["timestamp"]), channel, tuple(products), text[found.end() : end])


def _products(events: list[Any]) -> Iterator[ProductId]:
    """Yield whom the events concern, as far as they say it."""
    for event in events:
        yield from _named(event)
        for items in ("trades", "tickers", "candles"):
            found = event.get(items) if isinstance(event, dict) else None
            for item in found if isinstance(found, list) else ():
                yield from _named(item)


def _named(item: Any) -> Iterator[ProductId]:
    name = item.get("product_id") if isinstance(item, dict) else None
    if isinstance(name, str):
        yield ProductId(name)


def catalogue(text: str | bytes) -> Entries[Product]:
    """Return the spot products of a recorded or heard answer to List Products.

    Raises:
        KeyError, TypeError, ValueError: it is no such answer.
    """
    listed = json.loads(text).get("products", [])
    if not isinstance(listed, list):
        raise TypeError("expected a list of products")
    return read_each(EntryKind.PRODUCT, listed, _product, named)


def _product(item: dict[str, Any]) -> Product | None:
    kind = item.get("product_type", "SPOT")
    if kind in ("FUTURE", "UNKNOWN_PRODUCT_TYPE"):
        return None
    if kind != "SPOT":
        raise ProtocolBroken("product_type: expected SPOT or FUTURE")
    step = "price_increment" if item.get("price_increment") else "quote_increment"
    return Product(
        id=ProductId(word(item, "product_id")),
        base=word(item, "base_currency_id"),
        quote=word(item, "quote_currency_id"),
        price_increment=above_zero(item, step),
        base_increment=above_zero(item, "base_increment"),
        quote_increment=above_zero(item, "quote_increment"),
        base_min=from_zero(item, "base_min_size"),
        base_max=above_zero(item, "base_max_size"),
        quote_min=from_zero(item, "quote_min_size"),
        quote_max=above_zero(item, "quote_max_size"),
        flags=ProductFlags.of(
            word(item, "status") if "status" in item else ONLINE,
            [name for name in ALLOWED_BY_FLAG if _flag(item, name)],
        ),
    )


def _flag(item: dict[str, Any], name: str) -> bool:
    value = item.get(name, False)
    if not isinstance(value, bool):
        raise ProtocolBroken(f"{name}: expected true or false")
    return value
