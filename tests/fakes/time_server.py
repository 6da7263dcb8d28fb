"""A server of time over UDP that says what the test wants it to say."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType

from attrs import frozen

_EPOCH = 2_208_988_800
_PACKET = struct.Struct("!BBBb11I")


@frozen(kw_only=True)
class Saying:
    """What the server says: its time is `ahead_s` of ours; the rest as in the protocol."""

    ahead_s: float = 0.0
    leap: int = 0
    stratum: int = 2
    mode: int = 4
    root_dispersion_s: float = 0.01
    echo: bytes | None = None
    """What it sends back as the time of the request; None: what was in it."""


class TimeServer:
    """Answers every request until it is left; `forge` makes of the honest packet what is sent."""

    def __init__(
        self, saying: Saying | None, forge: Callable[[bytes], bytes] = lambda packet: packet
    ) -> None:
        """`saying` None: it never answers."""
        self._saying = saying
        self._forge = forge
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.asked = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> TimeServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            request, sender = self._socket.recvfrom(256)
            if not request:
                return
            self.asked += 1
            if self._saying is not None:
                self._socket.sendto(self._forge(_packet(self._saying, request)), sender)


def _packet(saying: Saying, request: bytes) -> bytes:
    echo = struct.unpack("!II", request[40:48] if saying.echo is None else saying.echo)
    now_s = time.time() + saying.ahead_s + _EPOCH
    stamp = (int(now_s), int((now_s % 1) * 2**32))
    head = saying.leap << 6 | 4 << 3 | saying.mode
    dispersion = int(saying.root_dispersion_s * 2**16)
    return _PACKET.pack(
        head, saying.stratum, 6, -20, 0, dispersion, 0x47505300, *stamp, *echo, *stamp, *stamp
    )
