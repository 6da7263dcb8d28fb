"""Which records of a journal are details of cycles: no money, no order and no halt hangs on them.

They are kept for some months and then emptied, each in its place: number, time and hash stay.
"""

from __future__ import annotations

from domain.messages.decisions import ProposalRefused, RoundJudged
from domain.messages.journal import TimesMeasured

DETAILS = frozenset(kind.__name__ for kind in (RoundJudged, ProposalRefused, TimesMeasured))
"""What cycles looked at, refused, and how long they took. No state is made of old ones."""
