"""Faults between the venue and its clients: requests, answers, frames, connections.

Delays of requests are machine time, like everything on a wire.
"""

from __future__ import annotations

from attrs import frozen

from adapters.simulator.faults import forms
from adapters.simulator.faults.base import (
    ALL,
    CHANNELS,
    CLOSINGS,
    ENDPOINTS,
    MARKET,
    STREAMS,
    USER,
    Fault,
    FrameFault,
    Lasting,
    RequestFault,
    Striking,
    Unreliable,
)
from adapters.simulator.faults.forms import member
from domain.model.instants import SECOND
from domain.model.product import ProductId

LONGEST_WAIT = forms.up_to("30s")

ABSENT = object()
"""The value of a member that is not there at all."""

# Requests.


@frozen(kw_only=True)
class Latency(Lasting):
    """Requests and answers take time: log-normal with this median and 99th percentile."""

    endpoints: tuple[str, ...] = member(
        "endpoint", forms.some_of(*ENDPOINTS, ALL), "which requests; default all", (ALL,)
    )
    p50_ns: int = member("p50", LONGEST_WAIT, "the median of both ways together")
    p99_ns: int = member("p99", LONGEST_WAIT, "the 99th percentile")

    def problem(self) -> str | None:
        """Return what does not fit together."""
        if not 0 < self.p50_ns <= self.p99_ns:
            return "expected p50 above zero and p99 not below it"
        return None


@frozen(kw_only=True)
class Slow(RequestFault):
    """The request is carried out at once and answered `delay` late."""

    delay_ns: int = member("delay", LONGEST_WAIT, "machine time")


@frozen(kw_only=True)
class Drip(RequestFault):
    """The answer comes in small pieces over `delay`."""

    delay_ns: int = member("delay", LONGEST_WAIT, "machine time")


@frozen(kw_only=True)
class LostResponse(RequestFault):
    """The request is carried out and never answered; the connection stays open."""


@frozen(kw_only=True)
class Unanswered(RequestFault):
    """The request is not carried out and never answered; the connection stays open."""


@frozen(kw_only=True)
class ResetBefore(RequestFault):
    """The connection is reset and the request is not carried out."""


@frozen(kw_only=True)
class ResetAfter(RequestFault):
    """The request is carried out, then the connection is reset instead of an answer."""


@frozen(kw_only=True)
class Http401(Unreliable):
    """Answered 401 `Unauthorized` in plain text, although the token is good."""


@frozen(kw_only=True)
class Http429(RequestFault):
    """Answered 429; the request is not carried out."""

    says_when: bool = member(
        "retry_after",
        forms.SWITCH,
        "whether the answer says `Retry-After: 1`; default yes",
        True,
    )


@frozen(kw_only=True)
class Http500(Unreliable):
    """Answered 500 with the venue's JSON for internal errors."""


@frozen(kw_only=True)
class Http502Html(Unreliable):
    """Answered 502 by a proxy, in HTML."""


@frozen(kw_only=True)
class Http503Html(Unreliable):
    """Answered 503 by a proxy, in HTML."""


@frozen(kw_only=True)
class Http503Text(Unreliable):
    """Answered 503 with an opaque word."""


@frozen(kw_only=True)
class TruncatedJson(RequestFault):
    """Carried out and answered 200, but the JSON breaks off in the middle."""


@frozen(kw_only=True)
class GarbageJson(RequestFault):
    """Carried out and answered 200 with a body that is no JSON."""


@frozen(kw_only=True)
class DuplicateRequest(RequestFault):
    """A proxy delivers the request twice; the client gets the second answer."""


@frozen(kw_only=True)
class DuplicateResponse(RequestFault):
    """The answer is written twice onto the connection; in virtual time the second is dropped."""


@frozen(kw_only=True)
class OddContent(Striking):
    """A member of answers or frames says something odd; each place of it is drawn by itself."""

    endpoints: tuple[str, ...] = member(
        "endpoint", forms.some_of(*ENDPOINTS, ALL), "answers to which requests", ()
    )
    channel: str | None = member("channel", forms.one_of(*CHANNELS), "or frames of which", None)
    path: str = member(
        "member",
        forms.PATH,
        "where it stands, such as orders.*.side; in frames from an event on",
    )
    value: object = member(
        "value", forms.ANYTHING, "what it says; without it the member is absent", ABSENT
    )

    def problem(self) -> str | None:
        """Return what does not fit together."""
        if bool(self.endpoints) is (self.channel is not None):
            return "expected either `endpoint` or `channel`"
        return None

    def is_of_request(self, endpoint: str) -> bool:
        """Tell whether answers to requests of that class are meant."""
        return ALL in self.endpoints or endpoint in self.endpoints


@frozen(kw_only=True)
class StaleAnswer(RequestFault):
    """A question is answered as it was first answered since the fault began."""


# Streams.


@frozen(kw_only=True)
class FreezeStream(Lasting):
    """Market data stop while heartbeats go on; what was held back comes at the end."""

    product: ProductId | None = member("product", forms.PRODUCT, "only this one's data", None)
    stream: str = member("stream", STREAMS, "market (default), user or all", MARKET)


@frozen(kw_only=True)
class SilentStream(Lasting):
    """Connections stay open and say nothing, heartbeats included; all of it comes at the end."""

    stream: str = member("stream", STREAMS, "market, user or all (default)", ALL)


@frozen(kw_only=True)
class SeqGap(FrameFault):
    """The sequence numbers of a connection skip, as if frames were lost."""

    size: int = member("size", forms.whole(1, 1_000_000), "how many are skipped; default 1", 1)


@frozen(kw_only=True)
class DropFrame(FrameFault):
    """A frame is lost, and its number with it."""


@frozen(kw_only=True)
class DuplicateFrame(FrameFault):
    """A frame comes twice, with the same number."""


@frozen(kw_only=True)
class LateFrame(FrameFault):
    """A frame comes after those that followed it."""

    behind: int = member("behind", forms.whole(1, 1000), "how many overtake it; default 2", 2)


@frozen(kw_only=True)
class GarbageFrame(FrameFault):
    """A frame that is no JSON comes before the real one."""


@frozen(kw_only=True)
class OversizeFrame(FrameFault):
    """A huge update follows a frame: it deletes levels of the book that nobody has."""

    channel: str = member("channel", forms.one_of("l2_data"), "always l2_data", "l2_data")
    mebibytes: int = member("mebibytes", forms.whole(1, 32), "its size; default 8", 8)


@frozen(kw_only=True)
class UnknownChannel(FrameFault):
    """A frame of a channel that nobody asked for comes before the real one."""


@frozen(kw_only=True)
class Disconnect(Fault):
    """Connections are closed."""

    stream: str = member("stream", STREAMS, "market, user or all (default)", ALL)
    code: int = member(
        "code",
        forms.one_of(*CLOSINGS),
        "the close code; default 1006: broken off without one",
        1006,
    )


@frozen(kw_only=True)
class DisconnectStorm(Lasting):
    """Connections are closed again and again."""

    every_ns: int = member("every", forms.PERIOD, "market time between; default 2s", 2 * SECOND)
    stream: str = member("stream", STREAMS, "market, user or all (default)", ALL)
    code: int = member("code", forms.one_of(*CLOSINGS), "the close code; default 1006", 1006)


@frozen(kw_only=True)
class RefuseStream(Lasting):
    """New connections of streams are refused; those that stand are left alone."""


@frozen(kw_only=True)
class StreamAuthError(Striking):
    """A subscribe is answered `authentication failure`, although the token is good."""

    stream: str = member("stream", STREAMS, "market, user (default) or all", USER)


@frozen(kw_only=True)
class UserReplay(Fault):
    """The latest updates of orders are told once more, under new numbers."""

    updates: int = member("updates", forms.whole(1, 100), "how many; default 10", 10)
