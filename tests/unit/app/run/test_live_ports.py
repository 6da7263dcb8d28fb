"""How far the gates let a start with real money, by each of them shut, with and without lots."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import app.run.live_ports
from adapters.venues.coinbase.gateway import CoinbaseGateway
from app.run.live_ports import live_ports
from app.run.ports import NotStarted, RunPorts
from app.run.stop_request import StopRequest
from domain.model.breakers import Effect
from domain.model.capability import Extent
from domain.model.errors import JournalError
from domain.model.instants import HOUR, Nanos
from domain.system.live_gates import Gate
from domain.system.recovery import Recovered
from domain.system.ways_out import LIVE_GATES
from tests.builders.certificates import PORTFOLIO
from tests.builders.live_start import LiveCase, an_owner
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("M1")

FINAL = {Gate.VENUE, Gate.SECRETS, Gate.ACCOUNT}
Begin = Callable[[LiveCase, Recovered], Any]


class NoLock:
    """Stands for the lock of the account."""

    held: list[str]

    def __init__(self, account: str) -> None:
        self._account = account

    def acquire(self, *_: object) -> None:
        NoLock.held.append(self._account)

    def release(self) -> None:
        NoLock.held.remove(self._account)


@pytest.fixture
def gateways(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every gateway that is built."""
    built: list[Any] = []
    whole = CoinbaseGateway.__init__

    def noted(self: Any, *arguments: Any, **named: Any) -> None:
        built.append(self)
        whole(self, *arguments, **named)

    monkeypatch.setattr(CoinbaseGateway, "__init__", noted)
    return built


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Begin:
    @contextmanager
    def start(case: LiveCase, known: Recovered) -> Iterator[RunPorts]:
        NoLock.held = []
        monkeypatch.setattr(app.run.live_ports, "surroundings_of", lambda *_: case.around)
        monkeypatch.setattr(app.run.live_ports, "_known", lambda _: known)
        monkeypatch.setattr(app.run.live_ports, "AccountLock", NoLock)
        monkeypatch.setattr(time, "time_ns", lambda: NOW)
        with live_ports(case.options, StopRequest()) as ports:
            yield ports

    return start


@pytest.fixture
def case(tmp_path: Path) -> LiveCase:
    found = LiveCase(tmp_path)
    found.certify()
    return found


def extent_of(ports: RunPorts) -> Extent:
    """Return how far the gateway may go that such a run builds."""
    with ports.connect(lambda _: None) as venue:
        assert isinstance(venue, CoinbaseGateway)
        return venue._capability.extent


@pytest.mark.parametrize("known", [Recovered(), an_owner()], ids=["newcomer", "owner"])
def test_with_every_gate_open_it_may_order_under_the_lock_of_the_account(
    known: Recovered, case: LiveCase, begin: Begin
) -> None:
    with begin(case, known) as ports:
        assert NoLock.held == [f"coinbase/{PORTFOLIO}"]
        assert ports.breaker is None
        assert (ports.facts.venue, ports.facts.prices) == ("coinbase", "live")
        assert extent_of(ports) is Extent.ALL
    assert NoLock.held == []


@pytest.mark.parametrize("gate", Gate)
def test_with_a_gate_shut_and_nothing_owned_nothing_that_orders_is_built(
    gate: Gate, case: LiveCase, begin: Begin, gateways: list[Any]
) -> None:
    case.shut(gate)

    with pytest.raises(NotStarted) as refused, begin(case, Recovered()):
        pass

    assert refused.value.exit_code == 4
    assert f"\n  {gate.value}: " in str(refused.value)
    assert "owned" not in str(refused.value)
    assert gateways == []
    assert NoLock.held == []


@pytest.mark.parametrize("gate", Gate)
def test_with_a_gate_shut_and_something_owned_it_sells_only_or_starts_nothing(
    gate: Gate, case: LiveCase, begin: Begin, gateways: list[Any]
) -> None:
    case.shut(gate)

    if gate in FINAL:
        words = "owned, and left as it is: BTC-USD"
        with pytest.raises(NotStarted, match=words) as refused, begin(case, an_owner()):
            pass
        assert refused.value.exit_code == 4
        assert gateways == []
        return
    with begin(case, an_owner()) as ports:
        breaker = ports.breaker
        assert breaker is not None
        assert (breaker.name, breaker.effect) == (LIVE_GATES, Effect.REDUCE_ONLY)
        assert breaker.reason.startswith(f"{gate.value}: ")
        assert extent_of(ports) is Extent.EXITS


@pytest.mark.way_out("live_gates")
def test_a_start_with_the_gate_open_again_buys_again(case: LiveCase, begin: Begin) -> None:
    case.shut(Gate.CONFIRMATION)
    with begin(case, an_owner()) as ports:
        assert ports.breaker is not None

    case.confirmed = True
    with begin(case, an_owner()) as ports:
        assert ports.breaker is None
        assert extent_of(ports) is Extent.ALL


@pytest.mark.req("RB5")
def test_a_liquidation_sells_behind_shut_gates_and_needs_nobody_to_confirm_it(
    case: LiveCase, begin: Begin
) -> None:
    case.shut(Gate.CONFIRMATION)
    case.liquidates = True

    with begin(case, Recovered()) as ports:
        assert extent_of(ports) is Extent.EXITS


def test_an_order_of_which_nobody_knows_what_became_counts_as_owned(
    case: LiveCase, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recovered, "has_unsettled", property(lambda _: True))
    case.shut(Gate.CONFIRMATION)

    with begin(case, Recovered()) as ports:
        assert ports.breaker is not None


@pytest.mark.parametrize(("age_ns", "is_canary"), [(47 * HOUR, True), (49 * HOUR, False)])
def test_under_a_young_certificate_the_caps_are_a_canarys(
    age_ns: int, is_canary: bool, case: LiveCase, begin: Begin
) -> None:
    case.shut(Gate.CERTIFICATE)
    case.certify(issued_ns=Nanos(NOW - age_ns))

    with begin(case, Recovered()) as ports:
        assert ports.options is not None
        assert (ports.options.config != case.config) is is_canary


def test_a_journal_that_can_not_be_trusted_starts_nothing(
    case: LiveCase, monkeypatch: pytest.MonkeyPatch, gateways: list[Any]
) -> None:
    def broken(*_: object) -> None:
        raise JournalError("record 7: the chain is broken")

    monkeypatch.setattr(app.run.live_ports, "fold_journal", broken)

    with (
        pytest.raises(NotStarted, match="record 7") as refused,
        live_ports(case.options, StopRequest()),
    ):
        pass

    assert refused.value.exit_code == 4
    assert gateways == []
