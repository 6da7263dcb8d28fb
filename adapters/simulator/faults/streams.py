"""Faults of streams: what comes between a connection and the frames that it should send."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from adapters.simulator.engine.fault_hooks import StreamHooks
from adapters.simulator.faults.base import ALL, MARKET, Fault, FrameFault
from adapters.simulator.faults.content import OddContents
from adapters.simulator.faults.schedule import FaultSchedule, Running
from adapters.simulator.faults.venue_kinds import Maintenance
from adapters.simulator.faults.wire_kinds import (
    Disconnect,
    DisconnectStorm,
    DropFrame,
    DuplicateFrame,
    FreezeStream,
    GarbageFrame,
    LateFrame,
    OddContent,
    OversizeFrame,
    RefuseStream,
    SeqGap,
    SilentStream,
    StreamAuthError,
    UnknownChannel,
    UserReplay,
)
from adapters.simulator.stream_api.connection import USER, Connection

GOING_AWAY = 1001
_NO_MARKET = ("heartbeats", "subscriptions", USER)
"""Channels that carry no market data."""
_GARBAGE = b'{"channel":"l2_data","client_id":"","timestamp":"2026-\xff\xfe'
_MYSTERY = "mystery"
_NOBODYS_LEVEL = (
    '{"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"%d","new_quantity":"0"}'
)
_FAR_AWAY = 10**12
_UPDATES_KEPT = 100
_MEBIBYTE = 1024 * 1024


class StreamFaults(StreamHooks):
    """All connections of the venue, each with an outlet of its own."""

    def __init__(self, schedule: FaultSchedule) -> None:
        self.schedule = schedule
        self.contents = OddContents(schedule)
        self.is_busy = False
        """Whether frames have to be looked at."""
        self._outlets: list[Tampering] = []

    def connected(self, connection: Connection) -> None:
        """Stand between a new connection and its client, or refuse it."""
        self._outlets = [each for each in self._outlets if not each.connection.closed]
        refusing: list[Running[Any]] = [
            *self.schedule.active(RefuseStream),
            *self.schedule.active(Maintenance),
        ]
        if refusing:
            refusing[0].struck += 1
            connection.close(GOING_AWAY)
            return
        outlet = Tampering(self, connection)
        connection.outlet = outlet
        self._outlets.append(outlet)

    def begun(self, running: Running[Any]) -> None:
        """Do what a fault does when it begins."""
        self._look()
        fault = running.fault
        if isinstance(fault, Disconnect):
            self._cut(fault.stream, fault.code)
        elif isinstance(fault, DisconnectStorm):
            self._storm(running, fault)
        elif isinstance(fault, Maintenance):
            self._cut(ALL, GOING_AWAY)
        elif isinstance(fault, UserReplay):
            for outlet in self._outlets:
                outlet.replay(fault.updates)

    def ended(self, running: Running[Any]) -> None:
        """Let go what was held back."""
        self._look()
        if isinstance(running.fault, FreezeStream | SilentStream):
            for outlet in self._outlets:
                outlet.release()

    def _look(self) -> None:
        self.is_busy = any(self.schedule.active(kind) for kind in _KINDS)

    def _cut(self, stream: str, code: int) -> None:
        for outlet in self._outlets:
            if outlet.is_of(stream):
                outlet.connection.close(code)

    def _storm(self, running: Running[Any], fault: DisconnectStorm) -> None:
        at_ns = running.begins_ns

        def strike() -> None:
            nonlocal at_ns
            if running in self.schedule.active(DisconnectStorm):
                running.struck += 1
                self._cut(fault.stream, fault.code)
                at_ns += fault.every_ns
                self.schedule.later(at_ns, strike)

        strike()


class Tampering:
    """Implements `Outlet` for one connection."""

    def __init__(self, faults: StreamFaults, connection: Connection) -> None:
        self.connection = connection
        self._faults = faults
        self._held: list[tuple[str, str]] = []
        self._late: list[tuple[int, bytes]] = []
        self._updates: deque[str] = deque(maxlen=_UPDATES_KEPT)

    def is_of(self, stream: str) -> bool:
        """Tell whether the connection belongs to `stream`; one that has both belongs to both."""
        has_orders = USER in self.connection.subscriptions
        if stream == ALL:
            return True
        return has_orders if stream == USER else not has_orders or self._has_market_data()

    def admits(self, channel: str) -> bool:
        """Tell whether a subscription is let through."""
        kind = USER if channel == USER else MARKET
        for running in self._faults.schedule.active(StreamAuthError):
            if running.fault.stream in (ALL, kind) and running.strikes():
                return False
        return True

    def passes(self, channel: str, events: str) -> bool:
        """Tell whether events go on as they are; if not, they have been seen to."""
        if channel == USER and events.startswith('{"type":"update"'):
            self._updates.append(events)
        if not (self._faults.is_busy or self._late):
            return True
        events = self._faults.contents.of_frame(channel, events)
        if self._is_held(channel, events):
            self._held.append((channel, events))
            return False
        if not self._struck(channel, events):
            self.connection.queue(self.connection.number(channel, events))
        self._let_the_late_in()
        return False

    def release(self) -> None:
        """Send what was held back, unless another fault holds it."""
        held, self._held = self._held, []
        for channel, events in held:
            self.connection.send(channel, events)

    def replay(self, updates: int) -> None:
        """Tell the latest updates of orders once more."""
        for events in list(self._updates)[-updates:]:
            self.connection.queue(self.connection.number(USER, events))

    def _has_market_data(self) -> bool:
        return any(channel not in _NO_MARKET for channel in self.connection.subscriptions)

    def _is_held(self, channel: str, events: str) -> bool:
        schedule = self._faults.schedule
        for silent in schedule.active(SilentStream):
            if self.is_of(silent.fault.stream):
                silent.struck += 1
                return True
        if channel in _NO_MARKET and channel != USER:
            return False
        kind = USER if channel == USER else MARKET
        for frozen in schedule.active(FreezeStream):
            fault = frozen.fault
            if fault.stream not in (ALL, kind):
                continue
            if fault.product is None or f'"product_id":"{fault.product}"' in events:
                frozen.struck += 1
                return True
        return False

    def _struck(self, channel: str, events: str) -> bool:
        """Let the first fault that strikes do its work; tell whether the frame is seen to."""
        for kind, work in _WORK.items():
            for running in self._faults.schedule.active(kind):
                if running.fault.channel in (ALL, channel) and running.strikes():
                    return work(self, running.fault, channel, events)
        return False

    def _let_the_late_in(self) -> None:
        waiting, self._late = self._late, []
        for left, frame in waiting:
            if left == 0:
                self.connection.queue(frame)
            else:
                self._late.append((left - 1, frame))

    # What the kinds do to one frame; True: the frame itself is seen to.

    def skip(self, fault: SeqGap, _channel: str, _events: str) -> bool:
        """Leave numbers out."""
        self.connection.skip(fault.size)
        return False

    def drop(self, _fault: DropFrame, _channel: str, _events: str) -> bool:
        """Lose the frame with its number."""
        self.connection.skip(1)
        return True

    def double(self, _fault: DuplicateFrame, channel: str, events: str) -> bool:
        """Send the frame twice."""
        frame = self.connection.number(channel, events)
        self.connection.queue(frame)
        self.connection.queue(frame)
        return True

    def defer(self, fault: LateFrame, channel: str, events: str) -> bool:
        """Keep the numbered frame back."""
        self._late.append((fault.behind, self.connection.number(channel, events)))
        return True

    def babble(self, _fault: GarbageFrame, _channel: str, _events: str) -> bool:
        """Send what is no JSON first."""
        self.connection.queue(_GARBAGE)
        return False

    def bloat(self, fault: OversizeFrame, channel: str, events: str) -> bool:
        """Send a huge update of the same book after the frame."""
        product = events.partition('"product_id":"')[2].partition('"')[0]
        count = fault.mebibytes * _MEBIBYTE // len(_NOBODYS_LEVEL % _FAR_AWAY)
        levels = ",".join(_NOBODYS_LEVEL % (_FAR_AWAY + number) for number in range(count))
        huge = f'{{"type":"update","product_id":"{product}","updates":[{levels}]}}'
        self.connection.queue(self.connection.number(channel, events))
        self.connection.queue(self.connection.number(channel, huge))
        return True

    def puzzle(self, _fault: UnknownChannel, _channel: str, _events: str) -> bool:
        """Send a frame of a channel that nobody asked for first."""
        self.connection.queue(self.connection.number(_MYSTERY, '{"type":"update"}'))
        return False


_WORK: dict[type[FrameFault], Callable[..., bool]] = {
    SeqGap: Tampering.skip,
    DropFrame: Tampering.drop,
    DuplicateFrame: Tampering.double,
    LateFrame: Tampering.defer,
    GarbageFrame: Tampering.babble,
    OversizeFrame: Tampering.bloat,
    UnknownChannel: Tampering.puzzle,
}
_KINDS: tuple[type[Fault], ...] = (*_WORK, FreezeStream, SilentStream, OddContent)
