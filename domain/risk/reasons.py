"""Codes of refusals that more than one place gives; those of a single rule stand in its class."""

from __future__ import annotations

from domain.model.approval import Reason

INVALID_PROPOSAL = Reason("invalid_proposal")
KILLED = Reason("killed")
NOT_READY = Reason("not_ready")
SHORTING_DISALLOWED = Reason("shorting_disallowed")
PRODUCT_DISABLED = Reason("product_disabled")
BELOW_MINIMUM = Reason("below_minimum")
NOTHING_LEFT = Reason("nothing_left")
NOTHING_OWNED = Reason("nothing_owned")
RULE_FAILED = Reason("rule_failed")
