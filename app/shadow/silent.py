"""What actors of whom nobody is told and who may ask nobody have instead of a log and a venue."""

from __future__ import annotations

from collections.abc import Callable

from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.ports import Clock
from adapters.telemetry.events import nothing
from domain.model.product import ProductId


class SilentLog:
    """Keeps no line: what the shadow's actors would say of hypothetical orders misleads people."""

    def __init__(self, actor: str) -> None:
        del actor

    def attend(self, clock: Clock, handling: Callable[[], Envelope | None] = nothing) -> None:
        """Stamp nothing."""

    def debug(self, message: str, /, **fields: object) -> None:
        """Say nothing."""

    info = warning = error = critical = debug

    def failure(self, cause: str, error: BaseException) -> None:
        """Say nothing: the death itself is told."""


class SilentQuotes:
    """Asks nobody: the shadow hears what its primary was answered."""

    def list_quotes(self, products: tuple[ProductId, ...], token: int, reply_to: ReplyTo) -> None:
        """Ask nothing."""
