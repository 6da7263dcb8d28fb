"""One challenge of the self-test: what is asked in which scene, and what has to come of it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from app.selftest.scene import Scene
from app.selftest.stage import Asked, Outcome, Walls
from domain.messages.decisions import OrderApproved, ProposalRefused


class NotReached(Exception):
    """The challenge says nothing under this configuration: something stricter comes before it."""


@frozen(kw_only=True)
class Challenge:
    """Try `guard` by the last of the proposals in `said`.

    `what` says in words what is tried. `code` has to be among the reasons of its refusal or, if
    `is_inside`, must not; where a `breaker` is named it is that which has to be open, or must not.
    With `wall`, it has to be approved, and kept by the last gate, or the
    gateway, in words that begin so. `before` is how many others have to be approved for that.
    """

    guard: str
    what: str
    scene: Scene
    said: tuple[Asked, ...]
    code: str = ""
    is_inside: bool = False
    breaker: str = ""
    wall: str = ""
    walls: Walls = Walls()
    before: int = 0

    def flaw(self, outcome: Outcome) -> str | None:
        """Return what the guard has let through, or stopped without a cause; None: it is right.

        Raises:
            NotReached: what should come before was refused by other guards.
        """
        if len(outcome.verdicts) != len(self.said):
            return f"{self.what}: {len(outcome.verdicts)} of {len(self.said)} proposals were judged"
        earlier = outcome.verdicts[:-1]
        if any(self.code in _codes(each) for each in earlier):
            return f"{self.what}: {self.code} has refused one before it"
        if self.before > sum(isinstance(each, OrderApproved) for each in earlier):
            raise NotReached(self.guard)
        if self.wall:
            return self._flaw_of_wall(outcome)
        if self.breaker and (self.breaker in outcome.breakers) is self.is_inside:
            return f"{self.what}: {self.breaker} is {'open' if self.is_inside else 'not open'}"
        if self.breaker and self.is_inside:
            return None
        codes = {*_codes(outcome.verdicts[-1])}
        if (self.code in codes) is not self.is_inside:
            return None
        if self.is_inside:
            return f"{self.what}: refused by {self.code} all the same"
        return f"{self.what}: passed {self.code} ({', '.join(sorted(codes)) or 'approved'})"

    def _flaw_of_wall(self, outcome: Outcome) -> str | None:
        if not isinstance(outcome.verdicts[-1], OrderApproved):
            raise NotReached(self.guard)
        said = outcome.ended[-1] if outcome.ended else "nobody has refused it"
        return None if said.startswith(self.wall) else f"{self.what}: {said}"


def _codes(verdict: OrderApproved | ProposalRefused) -> Iterator[str]:
    if isinstance(verdict, ProposalRefused):
        yield from (each.reason for each in verdict.refusals)
