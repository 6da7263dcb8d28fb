"""How a message gets to a channel: a webhook by ourselves, everything else by Apprise."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable

from adapters.courier.http import WHOLE_S, request
from adapters.courier.message import Message
from adapters.courier.urls import ChannelUrl
from domain.model.breakers import Severity

Send = Callable[[Message], str | None]
"""Sends one message; returns why it could not be, in words without any of a URL, else None."""
WEBHOOK = ("http://", "https://")
_STATUS = re.compile(r"error=(\d{3})\b")
_UNKNOWN = "Apprise knows no such kind of URL"
_FAILED = "Apprise could not deliver it"
_KINDS = "how URLs of its kind look: https://appriseit.com/services/"
_NEW_URL = "its token or path is wrong or was withdrawn: take a new URL from the service"
_MENDS = (
    *((f"HTTP {status}", _NEW_URL) for status in (400, 401, 403, 404, 405, 410)),
    ("HTTP 3", "take the URL that it points to"),
    ("HTTP 4", "the service refuses it for now: try again later"),
    ("HTTP 5", "the service is out of order: try again later"),
    ("its certificate", "look at scheme, host and port of its URL"),
    (_UNKNOWN, _KINDS),
    (_FAILED, f"look at its URL, and whether this machine gets there; {_KINDS}"),
)


def sender(address: ChannelUrl, whole_s: float = WHOLE_S) -> Send:
    """Return what sends to `address`."""
    if address.url.lower().startswith(WEBHOOK):
        return lambda message: _post(address.url, message, whole_s)
    return lambda message: _notify(address.url, message)


def mend(failure: str) -> str:
    """Return what a person may do about a failure."""
    for sign, words in _MENDS:
        if failure.startswith(sign):
            return words
    return "look at its URL, and whether this machine gets there"


def _post(url: str, message: Message, whole_s: float) -> str | None:
    body = json.dumps(message.document(), ensure_ascii=False).encode("utf-8", "replace")
    return request(url, body, whole_s)


def _notify(url: str, message: Message) -> str | None:
    import apprise  # large: only who sends by it loads it

    logging.getLogger("apprise").propagate = False  # its lines hold parts of URLs
    # On this thread, which nobody but its channel waits for; none of Apprise's own outlives it.
    target = apprise.Apprise(asset=apprise.AppriseAsset(service_timeout=0, async_mode=False))
    with apprise.LogCapture(level=logging.WARNING) as said:
        if not target.add(url):
            return _UNKNOWN
        is_sent = target.notify(
            title=message.title,
            body=message.body,
            notify_type=_kind(message),
            # What happened is text, whatever it looks like: no markup of it counts.
            body_format=apprise.NotifyFormat.TEXT,
            interpret_escapes=False,
        )
        reason = _STATUS.search(said.getvalue())
    if is_sent:
        return None
    return f"HTTP {reason[1]}" if reason else _FAILED


def _kind(message: Message) -> str:
    if message.is_end:
        return "success"
    kinds = {Severity.CRITICAL: "failure", Severity.WARNING: "warning"}
    return kinds.get(message.severity, "info")
