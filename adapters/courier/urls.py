"""Where alerts go: URLs from the environment or from a file of its own, and from nowhere else.

A URL is a secret: who knows it can write to the channel, and most hold a token. None is ever shown
whole, neither in a text nor in the `repr` of anything here.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from attrs import field, frozen

URLS, HEARTBEAT = "BULKHEAD_ALERT_URLS", "BULKHEAD_HEARTBEAT_URL"
HEARTBEAT_WORD = "heartbeat"
KEY_DIGITS = 12
LARGEST_BYTES = 64 << 10
CHANNELS_MAX = 16
_WITH_HOST = (
    *("http", "https", "json", "jsons", "xml", "xmls", "form", "forms"),
    *("mailto", "mailtos", "gotify", "gotifys"),
)
"""Schemes whose host is a machine; with others a token stands in its place."""


@frozen
class ChannelUrl:
    """One channel. `label` may be shown; `key` tells it apart in files."""

    url: str = field(repr=False)
    label: str

    @property
    def key(self) -> str:
        """Return a name for it that says nothing of it."""
        return key_of(self.url)


@frozen(kw_only=True)
class AlertUrls:
    """All that is configured. `problems` are sentences with the mend, without any of a URL."""

    channels: tuple[ChannelUrl, ...] = ()
    heartbeat: ChannelUrl | None = None
    problems: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """Tell whether there is anybody to tell."""
        return bool(self.channels) or self.heartbeat is not None


def find_urls(environment: Mapping[str, str], urls_file: str | None, checkout: Path) -> AlertUrls:
    """Return what the environment and the file name; what can't be used is a problem, no error."""
    problems: list[str] = []
    urls = environment.get(URLS, "").split()
    beats = environment.get(HEARTBEAT, "").split()
    if urls_file is not None:
        try:
            words = list(_words(_private_text(Path(urls_file).expanduser(), checkout)))
        except (OSError, ValueError) as error:
            problems.append(f"app.alerts.urls_file: {_reason(urls_file, error)}")
        else:
            urls += [url for name, url in words if name != HEARTBEAT_WORD]
            beats += [url for name, url in words if name == HEARTBEAT_WORD]
    good = [url for url in dict.fromkeys(urls) if _is_url(url)]
    if len(good) < len(dict.fromkeys(urls)):
        problems.append(
            f"{len(dict.fromkeys(urls)) - len(good)} of the alert URLs are none: "
            "expected SCHEME://..., as https://example.com/hook"
        )
    if len(good) > CHANNELS_MAX:
        problems.append(f"{len(good)} alert URLs: only the first {CHANNELS_MAX} are used")
    right = [url for url in dict.fromkeys(beats) if url.startswith(("http://", "https://"))]
    if len(right) != len(beats) or len(right) > 1:
        problems.append("the heartbeat URL is to be one, http:// or https://")
    return AlertUrls(
        channels=tuple(labelled(good[:CHANNELS_MAX])),
        heartbeat=ChannelUrl(right[0], label_of(right[0])) if right else None,
        problems=tuple(problems),
    )


def label_of(url: str) -> str:
    """Return what may be shown of a URL: scheme, and host and port if they name a machine."""
    scheme = url.partition("://")[0].lower()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if scheme not in _WITH_HOST or not _is_machine(host):
        return f"{scheme}://..."
    return f"{scheme}://{host}" + ("" if port is None else f":{port}")


def key_of(url: str) -> str:
    """Return a name for a URL that says nothing of it: always the same for the same."""
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:KEY_DIGITS]


def labelled(urls: Iterable[str]) -> Iterator[ChannelUrl]:
    """Yield the channel of each URL; two that would look the same are numbered."""
    seen = Counter[str]()
    for url in urls:
        label = label_of(url)
        seen[label] += 1
        yield ChannelUrl(url, label if seen[label] == 1 else f"{label} ({seen[label]})")


def _is_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host.strip(".")
    return True


def _is_url(text: str) -> bool:
    scheme, mark, rest = text.partition("://")
    return bool(mark and rest and scheme.isascii() and scheme.replace("+", "").isalnum())


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Yield what each line holds: a name, "" for a channel, and a URL; `#` begins a comment."""
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == HEARTBEAT_WORD:
            yield HEARTBEAT_WORD, " ".join(words[1:])
        else:
            yield from (("", each) for each in words)


def _private_text(path: Path, checkout: Path) -> str:
    """Return what a file says that nobody else may read.

    Raises:
        OSError: it can't be read.
        ValueError: it lies in the checkout, or others may read it; the text says what to do.
    """
    real = path.resolve()
    if not path.is_absolute() or real.is_relative_to(checkout.resolve()):
        raise ValueError("expected an absolute path outside of the checkout")
    handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_BYTES:
            raise ValueError(f"expected an ordinary file of at most {LARGEST_BYTES >> 10} KiB")
        if found.st_mode & 0o077:
            raise ValueError(f"others may read it: chmod 600 {path}")
        return file.read(LARGEST_BYTES).decode("utf-8", "replace")


def _reason(path: str, error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else str(error)
    return f"{path} is not used: {told}"
