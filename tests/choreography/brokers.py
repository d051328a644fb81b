"""Real brokers for tests: started on a free port of the loopback, killed, started again.

``missing()`` says why one cannot be had here; a test is then skipped with that.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path


def free_port() -> int:
    """A port of the loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker(ABC):
    """A broker whose data lie in ``folder``."""

    patience = 15.0  # seconds until it must answer

    def __init__(self, folder: Path) -> None:
        self.folder = folder / type(self).__name__.lower()
        self.folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """Why it cannot be had on this machine."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it listens."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What starts it."""

    def start(self) -> None:
        """Starts it and waits until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, env=self.env(), start_new_session=True
            )
        until = time.monotonic() + self.patience
        while not self.answers():
            if time.monotonic() > until:
                raise TimeoutError(f"{type(self).__name__} does not answer")
            time.sleep(0.05)

    def env(self) -> dict[str, str]:
        """The environment that it runs in."""
        return dict(os.environ)

    def answers(self) -> bool:
        """Whether it takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            os.killpg(self.process.pid, 9)
            self.process.wait()


class Nats(Broker):
    """The server of the wheel, or one on the path."""

    @staticmethod
    def _program() -> str | None:
        beside = Path(sys.executable).parent / "nats-server"
        return str(beside) if beside.exists() else shutil.which("nats-server")

    @classmethod
    def missing(cls) -> str | None:
        """See Broker."""
        return None if cls._program() else "there is no nats-server"

    @property
    def url(self) -> str:
        """See Broker."""
        return f"nats://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        """See Broker."""
        store = str(self.folder / "jetstream")
        return [self._program() or "", "-js", "-sd", store, "-a", "127.0.0.1", "-p", str(self.port)]


class Redis(Broker):
    """Debian's redis-server, which writes each command to disk before it answers."""

    @classmethod
    def missing(cls) -> str | None:
        """See Broker."""
        return None if shutil.which("redis-server") else "there is no redis-server"

    @property
    def url(self) -> str:
        """See Broker."""
        return f"redis://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        """See Broker."""
        safe = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        place = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        return ["redis-server", *place, *safe]

    def answers(self) -> bool:
        """Whether it has read its file and answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class Rabbit(Broker):
    """Debian's rabbitmq-server."""

    patience = 90.0

    @classmethod
    def missing(cls) -> str | None:
        """See Broker."""
        return None if cls._program() else "there is no rabbitmq-server"

    @staticmethod
    def _program() -> str | None:
        inside = sorted(Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"))
        return str(inside[0]) if inside else None

    @property
    def url(self) -> str:
        """See Broker."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def command(self) -> Sequence[str]:
        """See Broker."""
        return [self._program() or ""]

    def env(self) -> dict[str, str]:
        """See Broker."""
        distribution = free_port()
        config = self.folder / "rabbitmq.conf"
        config.write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n")
        return {
            **os.environ,
            "RABBITMQ_NODENAME": f"sagac{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "HOME": str(self.folder),
        }

    def answers(self) -> bool:
        """Whether it speaks AMQP: an unknown header is answered with its own."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.sendall(b"AMQP\x00\x00\x00\x00")
                return probe.recv(8).startswith(b"AMQP")
        except OSError:
            return False


BROKERS: dict[str, type[Broker]] = {"nats": Nats, "redis": Redis, "rabbitmq": Rabbit}
