"""Has the metrics of a run served where its configuration asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from adapters.runtime.actor_system import ActorSystem
from adapters.telemetry.exporter import MetricsServer
from adapters.telemetry.memory import resident_bytes
from adapters.telemetry.metrics import Sources
from app.run.watches import Watch


class MetricsWatch(Watch):
    """Tells, once trading begins, where the metrics are."""

    def __init__(
        self, system: ActorSystem, server: MetricsServer, has_begun: Callable[[], bool]
    ) -> None:
        self._log = system.log_for("metrics")
        self._server = server
        self._has_begun = has_begun
        self._is_told = False

    def look(self) -> None:
        """Tell it once."""
        if not self._is_told and self._has_begun():
            self._is_told = True
            self._log.info(f"metrics for Prometheus: {self._server.url}")

    def stop(self, *, is_orderly: bool = True) -> None:
        """Serve no more."""
        del is_orderly
        self._server.stop()


def metrics_watch(
    system: ActorSystem,
    port: int | None,
    published: Callable[[], Mapping[str, object]],
    has_begun: Callable[[], bool],
) -> Iterator[Watch]:
    """Begin to serve at `port`, 0 for any free one, None for none.

    `published` gives the status that was published last. A port that is not free is told, and keeps
    nobody from trading.
    """
    if port is None:
        return

    def sources() -> Sources:
        return Sources(
            status=published(),
            meters=system.meters.read(),
            market_ns=system.clock.market_ns(),
            resident=resident_bytes(),
        )

    try:
        server = MetricsServer(port, sources)
    except OSError as error:
        system.log_for("metrics").warning(
            f"no metrics are served: port {port} can't be had ({error.strerror}); "
            "take another with --set app.metrics.port=0"
        )
        return
    yield MetricsWatch(system, server, has_begun)
