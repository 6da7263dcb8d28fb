"""A real venue process for tests, and a small signed client of it."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import requests
import websocket

from adapters.processes.simulator import attach
from adapters.simulator.market_data.open import open_market
from adapters.simulator.options import DEFAULT_LOOKBACK_NS, DEFAULT_SEED, GENERATED
from adapters.simulator.server.session import VenueSession
from adapters.simulator.world import DEFAULT_OPENING, FOLDER, WorldFolder, identity
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos, bucket_start
from tests.builders.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
API = "/api/v3/brokerage"
LISTENS_SECONDS = PATIENCE_S


def venue_command(data_dir: Path, *arguments: str) -> list[str]:
    """Return the command line of a lone venue."""
    run = ROOT / "run.py"
    start = [str(run), "venue"] if run.exists() else ["-m", "app.commands.venue"]
    return [sys.executable, *start, "--data-dir", str(data_dir), *arguments]


class Api:
    """A client of the venue that signs like the official SDK."""

    def __init__(self, session: VenueSession, *, key_file: Path | None = None) -> None:
        key = json.loads((key_file or session.key_file).read_text())
        self._name, self._private = key["name"], key["privateKey"]
        self._session = session
        self._http = requests.Session()
        self._http.trust_env = False

    def token(self, uri: str | None = None) -> str:
        """Return a JWT for `METHOD host/path`, or for a stream message without `uri`."""
        now = int(time.time())
        claims: dict[str, Any] = {"sub": self._name, "iss": "cdp", "nbf": now, "exp": now + 10}
        if uri is not None:
            claims["uri"] = uri
        headers = {"kid": self._name, "nonce": secrets.token_hex(16)}
        return jwt.encode(claims, self._private, algorithm="ES256", headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, str | int] | None = None,
        *,
        tls: bool = False,
    ) -> requests.Response:
        """Send a signed request below the API's prefix."""
        base = self._session.rest_tls if tls else self._session.rest
        host = base.partition("://")[2]
        return self._http.request(
            method,
            base + API + path,
            params=query,
            json=body,
            headers={"Authorization": f"Bearer {self.token(f'{method} {host}{API}{path}')}"},
            timeout=30,
            verify=str(self._session.ca) if tls else None,
        )

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """Return the JSON answer to a signed GET that must succeed."""
        answer = self.ask("GET", path, query=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def place(self, client_id: str, product: str, side: str, **kind: object) -> dict[str, Any]:
        """Return the answer to an order; `kind` is its configuration."""
        order = {
            "client_order_id": client_id,
            "product_id": product,
            "side": side,
            "order_configuration": kind,
        }
        answer = self.ask("POST", "/orders", order)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def stream(self) -> websocket.WebSocket:
        """Return a connected stream."""
        return websocket.create_connection(
            self._session.ws, timeout=5, skip_utf8_validation=True, http_no_proxy=["*"]
        )


class VenueAccess:
    """A venue that listens, as its owner sees it."""

    def __init__(self, session: VenueSession) -> None:
        self.session = session
        self.api = Api(session)

    def books(self) -> dict[str, Any]:
        """Return the venue's own books."""
        return self._own("GET", "books")

    def fault(self, kind: str, **members: object) -> None:
        """Let something go wrong from now on."""
        self._own("POST", "faults", {"kind": kind, **members})

    def faults(self) -> list[dict[str, Any]]:
        """Return every fault with how often it has struck."""
        return list(self._own("GET", "faults")["faults"])

    def set_clock(self) -> None:
        """Let it tell the time of the wall again, whatever made it wrong."""
        asked_ns = time.time_ns()
        told = requests.get(f"{self.session.rest}{API}/time", timeout=30).json()
        middle_ns = (asked_ns + time.time_ns()) // 2
        by_s = (middle_ns - int(told["epochMillis"]) * MILLISECOND) / SECOND
        self.fault("clock_skew", by=f"{by_s:.6f}s")

    def _own(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = requests.request(
            method,
            f"{self.session.rest}/bulkhead/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.session.admin_file.read_text().strip()}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


class RunningVenue(VenueAccess):
    """A venue process of its own that listens."""

    def __init__(self, process: subprocess.Popen[str], line: str) -> None:
        self.process = process
        self.line = line
        self.words = dict(word.split("=", 1) for word in line.split()[1:])
        super().__init__(attach(self.words["rest"]))


def embedded_venue(home: Path) -> VenueAccess:
    """Return the venue of the trader that runs in `home` and is ready, by its log."""
    told = ""
    with (home / "logs" / "bulkhead.jsonl").open(encoding="utf-8") as log:
        for line in log:
            if "the embedded venue listens" in line:
                told = line
    return VenueAccess(attach(json.loads(told)["data"]["rest"]))


@contextlib.contextmanager
def playing_coinbase(data_dir: Path, *arguments: str) -> Iterator[RunningVenue]:
    """Run a venue that stands for Coinbase: it has traded for a while, and its clock is right."""
    origin_ns = bucket_start(time.time_ns(), MINUTE)
    market = open_market(
        GENERATED,
        seed=DEFAULT_SEED,
        start_ns=Nanos(origin_ns),
        origin_ns=Nanos(origin_ns),
        lookback_ns=DEFAULT_LOOKBACK_NS,
    )
    begun = identity(
        market=market.description,
        seed=DEFAULT_SEED,
        origin_ns=origin_ns,
        opening=DEFAULT_OPENING,
    )
    with WorldFolder(data_dir / FOLDER) as folder:
        folder.settle(begun)
    with venue_process(data_dir, "--manner", "clock=wall", *arguments) as venue:
        yield venue


@contextlib.contextmanager
def venue_process(data_dir: Path, *arguments: str) -> Iterator[RunningVenue]:
    """Run a venue as its own process as long as the block lasts."""
    process = subprocess.Popen(
        venue_command(data_dir, *arguments),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("VENUE "), f"no VENUE line: {line!r} {process.stderr.read()}"
        yield RunningVenue(process, line.strip())
    finally:
        process.kill()
        process.communicate()


def run_venue(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a venue that is expected to end by itself."""
    return subprocess.run(
        venue_command(data_dir, *arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LISTENS_SECONDS,
        check=False,
    )
