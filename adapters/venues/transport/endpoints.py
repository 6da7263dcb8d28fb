"""Requests by the endpoint that they ask, and by what came of them: few names, however many ids."""

from __future__ import annotations

import re

from adapters.venues.transport.interface import Answer, NoAnswer

ANY = "*"
_FIXED = re.compile(r"[a-z_]+|v[0-9]")
"""A part of a path that names an endpoint; anything else is a product or an id."""


def endpoint_of(method: str, path: str) -> str:
    """Return the endpoint of a request, with `*` for each product or id in its path."""
    parts = (each if not each or _FIXED.fullmatch(each) else ANY for each in path.split("/"))
    return f"{method} {'/'.join(parts)}"


def outcome_of(answer: Answer | NoAnswer) -> str:
    """Return the status of an answer, or why there is none."""
    return str(answer.status) if isinstance(answer, Answer) else answer.fault.name.lower()
