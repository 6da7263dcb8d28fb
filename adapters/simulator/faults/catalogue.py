"""The catalogue: every kind of fault that a script may name, by its name.

`at` and `for` are market time, counted from the start of serving, or from the request for a fault
that came by the admin endpoint. What a kind has and does is said by its class.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.simulator.faults import venue_kinds, wire_kinds
from adapters.simulator.faults.base import Fault, kind_of

GROUPS: Mapping[str, tuple[type[Fault], ...]] = {
    "Requests and answers": (
        wire_kinds.Latency,
        wire_kinds.Slow,
        wire_kinds.Drip,
        wire_kinds.LostResponse,
        wire_kinds.Unanswered,
        wire_kinds.ResetBefore,
        wire_kinds.ResetAfter,
        wire_kinds.Http401,
        wire_kinds.Http429,
        wire_kinds.Http500,
        wire_kinds.Http502Html,
        wire_kinds.Http503Html,
        wire_kinds.Http503Text,
        wire_kinds.TruncatedJson,
        wire_kinds.GarbageJson,
        wire_kinds.DuplicateRequest,
        wire_kinds.DuplicateResponse,
    ),
    "Content": (
        wire_kinds.OddContent,
        wire_kinds.StaleAnswer,
    ),
    "Streams": (
        wire_kinds.FreezeStream,
        wire_kinds.SilentStream,
        wire_kinds.SeqGap,
        wire_kinds.DropFrame,
        wire_kinds.DuplicateFrame,
        wire_kinds.LateFrame,
        wire_kinds.GarbageFrame,
        wire_kinds.OversizeFrame,
        wire_kinds.UnknownChannel,
        wire_kinds.Disconnect,
        wire_kinds.DisconnectStorm,
        wire_kinds.RefuseStream,
        wire_kinds.StreamAuthError,
        wire_kinds.UserReplay,
    ),
    "Orders and fills": (
        venue_kinds.LateFill,
        venue_kinds.HiddenFill,
        venue_kinds.HiddenOrder,
        venue_kinds.DelayCancel,
        venue_kinds.LoseCancel,
        venue_kinds.CancelRejectedFilled,
        venue_kinds.FillAfterCancel,
        venue_kinds.PartialFills,
        venue_kinds.RejectOrder,
        venue_kinds.CancelledByVenue,
    ),
    "Market": (
        venue_kinds.PriceJump,
        venue_kinds.Depeg,
        venue_kinds.Gap,
        venue_kinds.FreezeProduct,
        venue_kinds.WideSpread,
        venue_kinds.EmptyBook,
        venue_kinds.ThinBook,
    ),
    "Account and catalogue": (
        venue_kinds.FeeTier,
        venue_kinds.ProductFlag,
        venue_kinds.Delisting,
        venue_kinds.BalanceChange,
        venue_kinds.ForeignOrder,
    ),
    "The whole venue": (
        venue_kinds.ClockSkew,
        venue_kinds.Maintenance,
    ),
}
"""Kinds by what they strike, in the order in which people read about them."""

KINDS: Mapping[str, type[Fault]] = {
    kind_of(kind): kind for kinds in GROUPS.values() for kind in kinds
}
