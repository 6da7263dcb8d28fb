"""One venue process: folder, market, engine, clock and two ports, from start to clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

from aiohttp import web
from attrs import field, frozen

from adapters.clocks.market import MarketClockWriter
from adapters.simulator.engine.auth import KeyType
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.live_mirror.mirroring import Listener
from adapters.simulator.options import WorldOptions
from adapters.simulator.recordings.recorder import WireRecorder
from adapters.simulator.server.access import access_to
from adapters.simulator.server.admin import Admin
from adapters.simulator.server.http import AccessPolicy, Handler
from adapters.simulator.server.keys import Secrets, secrets_of
from adapters.simulator.server.opened_world import OpenedWorld, open_world
from adapters.simulator.server.pace import Pacer
from adapters.simulator.server.pump import Pumps
from adapters.simulator.server.session import VenueSession
from adapters.simulator.server.tls import server_context
from adapters.simulator.world import FOLDER, WorldError, WorldFolder, undamaged

_HOST = "127.0.0.1"
_SEND_BUFFER_BYTES = 64 * 1024
_GOODBYE_SECONDS = 1.0
_KEEP_ALIVE_SECONDS = 24 * 3600.0
"""Never closed for idleness: an order that meets the closing would have an unknown outcome."""


@frozen(kw_only=True)
class VenueOptions:
    """How to run a venue: `directory` holds the world's folder; port 0 is any free one."""

    directory: Path
    world: WorldOptions
    port: int = 0
    key_type: KeyType = "ecdsa"
    """Of keys that are made now; keys that the folder has stay."""
    record: Path | None = None
    """Where to log all requests and frames."""
    parent_pipe: bool = False
    """End when standard input ends: the trader that started us has gone."""
    say: Callable[[str], None] = field(default=lambda line: print(line, flush=True))  # noqa: T201


def serve(options: VenueOptions) -> None:
    """Run a venue until a signal or the parent's end.

    Raises:
        WorldError: the folder or the port cannot be had, or another world lives there.
        TradingError: the market cannot be played.
    """
    with (
        WorldFolder(options.directory.resolve() / FOLDER) as folder,
        contextlib.closing(open_world(folder, options.world)) as world,
    ):
        for remark in world.remarks:
            sys.stderr.write(f"market: {remark}\n")
        asyncio.run(_Process(options, folder, world).run())


class _Process:
    """The parts of a running venue and their order of starting and stopping."""

    def __init__(self, options: VenueOptions, folder: WorldFolder, world: OpenedWorld) -> None:
        self._options = options
        self._folder = folder
        self._world = world
        self._secrets = secrets_of(folder.path)
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None

    async def run(self) -> None:
        world, pumps = self._world, Pumps()
        with undamaged(self._folder.clock):
            clock = MarketClockWriter(
                self._folder.clock, start_ns=world.start_ns, speed=self._options.world.pace
            )
        pacer = Pacer(world.venue, clock, pumps, end_ns=world.end_ns, waits=world.waits)
        certificate = self._folder.path / "ca.pem"
        with undamaged(certificate), undamaged(self._secrets.tls):
            tls = server_context(certificate, self._secrets.tls)
        plain_port, tls_port = _listeners(self._options.port)
        recorder, quirks = self._recorder(clock), self._options.world.quirks
        session = _Session(world, self._folder, self._secrets, clock, plain_port, tls_port, quirks)
        access = self._access(session)
        handler = Handler(world.venue, pacer, pumps, access, self._broke, quirks, recorder)
        async with _served(handler, [(plain_port, None), (tls_port, tls)], pumps):
            self._listen_for_the_end()
            self._options.say(session().line())
            async with self._listening(clock, pacer, pumps):
                await pacer.run(self._stop)
        world.save(clock.stand())
        clock.close()
        recorder.close()
        if self._failure is not None:
            raise self._failure

    @contextlib.asynccontextmanager
    async def _listening(
        self, clock: MarketClockWriter, pacer: Pacer, pumps: Pumps
    ) -> AsyncIterator[None]:
        """Listen to the mirrored venue, if there is one, as long as the block lasts."""
        if self._world.mirror is None:
            yield
            return

        def play() -> None:
            pacer.play()
            pumps.kick()

        listening = asyncio.create_task(
            Listener(self._world.mirror, clock.market_ns, play).run(), name="mirror"
        )
        listening.add_done_callback(self._listening_ended)
        try:
            yield
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening

    def _listening_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broke(error)

    def _access(self, session: _Session) -> AccessPolicy:
        access = access_to(self._secrets, Ids(self._world.world.id), self._options.key_type)
        return AccessPolicy(
            admit=access.admit,
            verify=access.verify,
            admin=Admin(
                self._world.venue,
                self._world.faults,
                self._secrets.admin_token(),
                lambda: session().document(),
            ),
        )

    def _recorder(self, clock: MarketClockWriter) -> WireRecorder:
        path = self._options.record
        try:
            return WireRecorder(path, clock.market_ns)
        except OSError as error:
            raise WorldError(f"--record: {path}: {error.strerror}") from error

    def _broke(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._stop.set()

    def _listen_for_the_end(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        if self._options.parent_pipe:
            try:
                loop.add_reader(sys.stdin.fileno(), self._hear_parent)
            except OSError:  # no pipe: nobody holds its other end
                self._stop.set()

    def _hear_parent(self) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._stop.set()


class _Session:
    """Builds the session document; only the clock's anchor changes."""

    def __init__(
        self,
        world: OpenedWorld,
        folder: WorldFolder,
        secrets: Secrets,
        clock: MarketClockWriter,
        plain_port: socket.socket,
        tls_port: socket.socket,
        quirks: VenueQuirks,
    ) -> None:
        self._quirks = quirks
        self._world = world
        self._folder = folder
        self._secrets = secrets
        self._clock = clock
        self._plain = f"{_HOST}:{plain_port.getsockname()[1]}"
        self._tls = f"{_HOST}:{tls_port.getsockname()[1]}"

    def __call__(self) -> VenueSession:
        anchor = self._clock.anchor()
        return VenueSession(
            rest=f"http://{self._plain}",
            rest_tls=f"https://{self._tls}",
            ws=f"ws://{self._plain}/",
            ca=self._folder.path / "ca.pem",
            key_file=self._secrets.key,
            user_key_file=self._secrets.user_key,
            admin_file=self._secrets.admin,
            world=self._world.world.id,
            prices=self._world.prices,
            history=self._world.history,
            clock=self._folder.clock,
            speed=Decimal(anchor.speed),
            e0_ns=anchor.e0_ns,
            m0_ns=anchor.m0_ns,
            from_ns=self._world.world.origin_ns,
            end_ns=self._world.end_ns,
            private_rate=self._quirks.private_rate,
            public_rate=self._quirks.public_rate,
        )


@contextlib.asynccontextmanager
async def _served(
    handler: Handler,
    ports: list[tuple[socket.socket, ssl.SSLContext | None]],
    pumps: Pumps,
) -> AsyncIterator[None]:
    runner = web.ServerRunner(
        web.Server(handler, access_log=None, keepalive_timeout=_KEEP_ALIVE_SECONDS),
        shutdown_timeout=_GOODBYE_SECONDS,
    )
    await runner.setup()
    try:
        for port, context in ports:
            await web.SockSite(runner, port, ssl_context=context).start()
        yield
    finally:
        await pumps.say_goodbye(_GOODBYE_SECONDS)
        await runner.cleanup()


def _listeners(port: int) -> tuple[socket.socket, socket.socket]:
    """Return listening sockets for plain and TLS; TLS takes the next number if it is free."""
    plain = _listener(port)
    if port:
        with contextlib.suppress(WorldError):
            return plain, _listener(port + 1)
    return plain, _listener(0)


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Small and inherited by every client's socket: one that does not read is felt at once.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    try:
        listener.bind((_HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise WorldError(f"cannot listen on {_HOST}:{port}: {error}; use another --port") from error
    return listener
