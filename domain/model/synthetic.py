"""Proposals and orders of the self-test: of types of their own, which no gateway takes.

The self-test asks the risk gate what no strategy may ask, and what it approves must never leave.
"""

from __future__ import annotations

from attrs import frozen

from domain.model.approval import ApprovedEntry
from domain.model.proposal import TradeProposal

SYNTHETIC = "synthetic: the self-test made it"
"""What a gateway answers to such an order."""


@frozen(kw_only=True)
class SyntheticProposal(TradeProposal):
    """What no strategy wants: made to be refused, or to be approved and never sent."""


@frozen(kw_only=True)
class SyntheticEntry(ApprovedEntry):
    """What the risk gate makes of a synthetic proposal that it approves."""
