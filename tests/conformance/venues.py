"""Real venue processes, and the official SDK as their client. Nothing here imports our code."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from coinbase.rest import RESTClient
from coinbase.websocket import WSClient

ROOT = Path(__file__).resolve().parents[2]
API = "/api/v3/brokerage"
BTC = "BTC-USD"
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Venue:
    """A venue that listens: addresses and files of its VENUE line."""

    rest: str
    tls: str
    ws: str
    ca: str
    key_file: Path
    user_key_file: Path
    admin_file: Path
    process: subprocess.Popen[str]

    def client(self, *, viewer: bool = False, **options: Any) -> RESTClient:
        """Return the SDK's client over TLS, signing with the trading or the viewing key."""
        key = json.loads((self.user_key_file if viewer else self.key_file).read_text())
        client = RESTClient(
            api_key=key["name"],
            api_secret=key["privateKey"],
            base_url=self.tls.removeprefix("https://"),
            timeout=10,
            **options,
        )
        client.session.trust_env = False
        client.session.verify = self.ca
        return client

    def public(self) -> RESTClient:
        """Return the SDK's client without a key."""
        client = RESTClient(base_url=self.tls.removeprefix("https://"), timeout=10)
        client.session.trust_env = False
        client.session.verify = self.ca
        return client

    def books(self) -> dict[str, Any]:
        """Return the venue's own books."""
        token = self.admin_file.read_text().strip()
        answer = plain_http().get(
            f"{self.rest}/bulkhead/books", headers={"Authorization": f"Bearer {token}"}, timeout=5
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def fault(self, kind: str, **members: Any) -> int:
        """Schedule a fault, `for_` is `for`; return its number."""
        line = {"kind": kind, **{name.rstrip("_"): value for name, value in members.items()}}
        answer = self._faults(line)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["fault"]["number"])

    def struck(self, number: int) -> int:
        """Return how often a fault has struck."""
        return int(self._faults().json()["faults"][number - 1]["struck"])

    def _faults(self, line: object = None) -> requests.Response:
        return plain_http().request(
            "GET" if line is None else "POST",
            f"{self.rest}/bulkhead/faults",
            json=line,
            headers={"Authorization": f"Bearer {self.admin_file.read_text().strip()}"},
            timeout=30,
        )

    @contextlib.contextmanager
    def stream(self, *, signed: bool = True) -> Iterator[Stream]:
        """Open the SDK's stream as long as the block lasts."""
        key = json.loads(self.key_file.read_text()) if signed else {}
        frames: queue.Queue[str] = queue.Queue()
        client = WSClient(
            api_key=key.get("name"),
            api_secret=key.get("privateKey"),
            base_url=self.ws.rstrip("/"),
            on_message=frames.put,
            retry=False,
        )
        client.open()
        try:
            yield Stream(client, frames)
        finally:
            with contextlib.suppress(Exception):  # the venue may have closed it, which is a test
                client.close()


class Stream:
    """Frames of one connection in the order of their arrival, decoded."""

    def __init__(self, client: WSClient, frames: queue.Queue[str]) -> None:
        self.client = client
        self.seen: list[dict[str, Any]] = []
        self._frames = frames

    def subscribe(self, channel: str, *products: str) -> None:
        self.client.subscribe(list(products), [channel])

    def next(self, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """Return the next frame."""
        frame = json.loads(self._frames.get(timeout=seconds))
        self.seen.append(frame)
        return dict(frame)

    def until(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the first frame from now on that is wanted."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            frame = self.next()
            if wanted(frame):
                return frame
        raise AssertionError(f"waited in vain; saw {[f.get('channel') for f in self.seen][-20:]}")

    def data(self, channel: str, kind: str | None = None) -> dict[str, Any]:
        """Return the next event of a data channel, of the type `kind` if given."""

        def is_it(frame: dict[str, Any]) -> bool:
            events = frame.get("events") or [{}]
            return frame.get("channel") == channel and kind in (None, events[0].get("type"))

        return dict(self.until(is_it)["events"][0])

    def order(self, order_id: str, status: str) -> dict[str, Any]:
        """Return the next state of an order on the user channel that has `status`."""
        while True:
            for order in self.data("user")["orders"]:
                if order["order_id"] == order_id and order["status"] == status:
                    return dict(order)


def plain_http() -> requests.Session:
    """Return a session that no proxy of this machine stands behind."""
    session = requests.Session()
    session.trust_env = False
    return session


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Venue]:
    """Run a venue of the checkout as long as the block lasts."""
    command = [os.environ["BULKHEAD_VENUE_PYTHON"], str(ROOT / "run.py"), "venue"]
    process = subprocess.Popen(
        [*command, "--data-dir", str(folder), "--parent-pipe", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        words = dict(word.split("=", 1) for word in process.stdout.readline().split()[1:])
        yield Venue(
            rest=words["rest"],
            tls=words["rest_tls"],
            ws=words["ws"],
            ca=words["ca"],
            key_file=Path(words["key"]),
            user_key_file=Path(words["user_key"]),
            admin_file=Path(words["admin"]),
            process=process,
        )
    finally:
        process.kill()
        process.communicate()


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)  # between two looks: below the strictest rate of the venues


def decimal(value: object) -> Decimal:
    """Return a number that must have come as a plain text."""
    assert isinstance(value, str), value
    assert "e" not in value.lower(), value
    return Decimal(value)
