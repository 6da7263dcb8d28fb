"""A small venue that lists and cancels over a real socket, and what the sentinel reads of ours."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.builders.coinbase import a_private_key, pem
from tests.fakes.misbehaving_server import http
from tests.fakes.scripted_venue import PREFIX

PORTFOLIO = "the-portfolio"
Answer = Callable[[str, dict[str, list[str]], Any], bytes | None]
"""From path, query and body to the bytes of an answer; None lets the venue answer itself."""


class SmallVenue:
    """Open orders by id with their client order id. It confirms every cancel.

    `is_deaf`: and does nothing about it. `instead`: answers in its place.
    """

    def __init__(self, rest: str, page: int = 250) -> None:
        self.rest = rest
        self.page = page
        self.open: dict[str, str] = {}
        self.is_deaf = False
        self.instead: Answer | None = None
        self.drips = 0
        """How many of the next answers come byte by byte and never whole."""
        self.cancels: list[list[str]] = []
        self.listings = 0
        self.is_over = threading.Event()

    def answer(self, path: str, query: dict[str, list[str]], body: Any) -> bytes:
        """Return the bytes of an answer."""
        told = self.instead(path, query, body) if self.instead is not None else None
        if told is not None:
            return told
        if path == "/orders/batch_cancel":
            return self._cancel(body["order_ids"])
        if path == "/orders/historical/batch":
            return self._list(query)
        if path == "/key_permissions":
            return as_json({"portfolio_uuid": PORTFOLIO})
        return http(404, b"{}")

    def _cancel(self, order_ids: list[str]) -> bytes:
        self.cancels.append(order_ids)
        if not self.is_deaf:
            for order_id in order_ids:
                self.open.pop(order_id, None)
        return as_json({"results": [{"success": True, "order_id": each} for each in order_ids]})

    def _known(self, order_id: str) -> dict[str, str]:
        status = "OPEN" if order_id in self.open else "CANCELLED"
        return whole(order_id, order_id.removeprefix("o-"), status)

    def _list(self, query: dict[str, list[str]]) -> bytes:
        if "order_ids" in query:
            return as_json({"orders": [self._known(each) for each in query["order_ids"]]})
        if "OPEN" not in query["order_status"]:
            return as_json({"orders": [], "has_next": False, "cursor": ""})
        self.listings += 1
        begin = int(query.get("cursor", ["0"])[0])
        end = begin + min(self.page, int(query["limit"][0]))
        rows = sorted(self.open.items())
        orders = [listed(order, client) for order, client in rows[begin:end]]
        has_next = end < len(rows)
        return as_json(
            {"orders": orders, "has_next": has_next, "cursor": str(end) if has_next else ""}
        )


def whole(order_id: str, client: str, status: str) -> dict[str, str]:
    """Return an order with every member that says how it stands."""
    return listed(order_id, client) | {
        "status": status,
        "filled_size": "0",
    }


def as_json(value: object) -> bytes:
    """Return the bytes of an answer that holds `value`."""
    return http(200, json.dumps(value).encode())


def listed(order_id: str, client: str) -> dict[str, str]:
    """Return an open order as a listing has it."""
    return {
        "order_id": order_id,
        "client_order_id": client,
        "product_id": "BTC-USD",
        "side": "BUY",
        "status": "OPEN",
    }


@contextlib.contextmanager
def small_venue(page: int = 250) -> Iterator[SmallVenue]:
    """Serve a small venue on loopback as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve(None)

        def do_POST(self) -> None:
            self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

        def _serve(self, body: Any) -> None:
            url = urlsplit(self.path)
            answer = venue.answer(url.path.removeprefix(PREFIX), parse_qs(url.query), body)
            self.close_connection = True
            with contextlib.suppress(OSError):
                if venue.drips:
                    venue.drips -= 1
                    self._drip()
                else:
                    # Said, or the client asks again on a connection that is closing.
                    self.wfile.write(answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not venue.is_over.wait(0.2):
                self.wfile.write(b" ")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    venue = SmallVenue(f"http://127.0.0.1:{server.server_address[1]}", page)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield venue
    finally:
        venue.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def key_file(folder: Path) -> Path:
    """Write a key of our own form that nobody else may read."""
    file = folder / "key.json"
    file.write_text(json.dumps({"name": "key", "privateKey": pem(a_private_key())}))
    file.chmod(0o600)
    return file


def intent_line(client_order_id: str, purpose: str = "entry") -> str:
    """Return a line of the journal that records an intent."""
    kind = {"entry": "ApprovedEntry", "exit": "ApprovedExit"}.get(purpose, purpose)
    intent = {"client_order_id": client_order_id, "order": {"_type": kind}}
    record = {"type": "IntentRaised", "data": {"intent": intent}}
    return json.dumps(record, separators=(",", ":")) + "\n"


def advanced_line(client_order_id: str, state: str = "OPEN") -> str:
    """Return a line of the journal that records how far an order is, under its id here."""
    data = {"client_order_id": client_order_id, "order_id": f"o-{client_order_id}", "state": state}
    return json.dumps({"type": "OrderAdvanced", "data": data}, separators=(",", ":")) + "\n"


class House:
    """The folders of a trader on paper, as a sentinel finds them."""

    def __init__(self, home: Path) -> None:
        self.data = home / "data"
        self.above = home / "above"
        """The data folder that `data` is a world of; its signal file counts too."""
        self.mode = self.data / "paper"
        self.journal = self.mode / "journal"
        self.log = home / "logs"
        self.journal.mkdir(parents=True)
        self.key_file = key_file(home)

    def intends(self, *clients: str, purpose: str = "entry") -> None:
        """Record intents in the journal."""
        with (self.journal / "000001.jsonl").open("a", encoding="utf-8") as journal:
            journal.writelines(intent_line(client, purpose) for client in clients)

    def places(self, *clients: str) -> None:
        """Record in the journal that these are open."""
        with (self.journal / "000001.jsonl").open("a", encoding="utf-8") as journal:
            journal.writelines(advanced_line(client) for client in clients)

    def kill(self, words: str = "") -> None:
        """Lay the signal file down."""
        (self.data / "KILL_SWITCH").write_text(words, encoding="utf-8")

    def says(self) -> dict[str, Any]:
        """Return the state that the sentinel tells, empty if none."""
        try:
            return dict(json.loads((self.mode / "sentinel.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    @property
    def state(self) -> str:
        """The state that the sentinel tells, "" if none."""
        return str(self.says().get("state", ""))

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Return what a file of the log folder holds."""
        text = (self.log / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def told(self, rest: str, lifetime_s: float = 0.2) -> dict[str, object]:
        """Return the settings of a sentinel for this process as the trader."""
        return {
            "signals": [str(self.data), str(self.above)],
            "mode_folder": str(self.mode),
            "look": "python run.py status",
            "world": "default",
            "log": str(self.log),
            "rest": rest,
            "key_file": str(self.key_file),
            "ca": None,
            "token_life_s": 10,
            "lifetime_s": lifetime_s,
            "pid": os.getpid(),
        }


def rest_of(venue: SmallVenue, clients: Sequence[str]) -> None:
    """Let an order of each of `clients` rest at the venue."""
    venue.open |= {f"o-{client}": client for client in clients}
