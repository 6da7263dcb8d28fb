"""The right to send orders: what a gateway must be handed before it can be built at all.

Only the mode gate makes one (`app/run/mode_gate.py`; a house test keeps everybody else from it),
one for each run. Without it there is no object in the process that has a way to order.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, NoReturn, SupportsIndex, final

from domain.model.approval import Purpose

IN_PROCESS: Final = "in process"
"""The venue of a right that no socket fits: an engine inside this process."""


class Extent(StrEnum):
    """How far the right goes."""

    ALL = "all"
    """Entries, exits and protection."""
    EXITS = "exits"
    """What takes risk away; never an entry."""
    HARMLESS = "harmless"
    """The one small order of a check, far below the market."""


class NoCapability(TypeError):
    """Something that orders was built without the right to, or with the right to something else."""


@final
class OrderCapability:
    """The right to send orders to one venue. It can't be changed, copied, or derived from."""

    __slots__ = ("_extent", "_venue")
    _extent: Extent
    _venue: str

    def __init__(self, extent: Extent, venue: str) -> None:
        """`venue` is the REST address (scheme and host) that it is good for, or `IN_PROCESS`.

        Raises:
            NoCapability: it would be good for nothing.
        """
        if type(extent) is not Extent or type(venue) is not str or not venue:
            raise NoCapability("a right to send orders names how far it goes, and one venue")
        object.__setattr__(self, "_extent", extent)
        object.__setattr__(self, "_venue", venue)

    @property
    def extent(self) -> Extent:
        """How far it goes."""
        return self._extent

    @property
    def venue(self) -> str:
        """The only venue that it is good for."""
        return self._venue

    def refusal(self, purpose: Purpose) -> str | None:
        """Return why an order for `purpose` must not leave under this right, None if it may."""
        if self._extent is Extent.ALL:
            return None
        if self._extent is Extent.EXITS and purpose is not Purpose.ENTRY:
            return None
        return f"this run has no right to send an {_NAMES[purpose]}: {_LIMITS[self._extent]}"

    def __repr__(self) -> str:
        return f"OrderCapability({self._extent.value}, {self._venue})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a right to send orders is never changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a right to send orders is never changed")

    def __init_subclass__(cls, **_: Any) -> NoReturn:
        raise TypeError("nothing derives from a right to send orders")

    def __copy__(self) -> NoReturn:
        raise TypeError("a right to send orders is never copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a right to send orders is never copied")

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a right to send orders is never written down")


_NAMES = {
    Purpose.ENTRY: "entry",
    Purpose.EXIT: "exit",
    Purpose.PROTECTION: "order that protects a lot",
}
_LIMITS = {
    Extent.EXITS: "exits only",
    Extent.HARMLESS: "the one order of a check only",
}


ORDERING: Final = (Extent.ALL, Extent.EXITS)
"""How far the right of a trader may go."""


def checked(capability: object, extents: tuple[Extent, ...]) -> OrderCapability:
    """Return `capability` if it is one that goes as far as one of `extents`.

    Whoever can order asks this first of all: a look-alike is none, whatever it answers.

    Raises:
        NoCapability: it is not.
    """
    if type(capability) is not OrderCapability:
        found = type(capability).__name__
        raise NoCapability(f"only the mode gate gives the right to send orders, found {found}")
    if capability.extent not in extents:
        wanted = " or ".join(each.value for each in extents)
        raise NoCapability(f"needs the right to {wanted}, found {capability.extent.value}")
    return capability


def checked_for(
    capability: object, venue: str, extents: tuple[Extent, ...] = ORDERING
) -> OrderCapability:
    """Return `capability` if it is one that is good for `venue` and goes that far.

    Raises:
        NoCapability: it is not.
    """
    known = checked(capability, extents)
    if known.venue != venue:
        raise NoCapability(f"the right to send orders is for {known.venue}, not for {venue}")
    return known
