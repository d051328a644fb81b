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
from collections.abc import Mapping, Sequence
from pathlib import Path


def free_port() -> int:
    """A port of the loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker(ABC):
    """A broker whose data lie in ``folder``."""

    target = ""  # how sagac generate calls it
    patience = 15.0  # seconds until it must answer
    told: Mapping[str, str] = {}  # what services are told of it besides its address

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

    def stop(self) -> None:
        """SIGTERM: it writes down what it has."""
        if self.process is not None:
            os.killpg(self.process.pid, 15)
            self.process.wait()

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            os.killpg(self.process.pid, 9)
            self.process.wait()


class Nats(Broker):
    """The server of the wheel, or one on the path."""

    target = "nats"

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

    target = "redis"

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

    target = "rabbitmq"
    patience = 90.0
    told: Mapping[str, str] = {
        "SAGA_QUEUES": "classic"
    }  # Debian 12 has 3.10: see the runtime's rabbit.py

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


class Kafka(Broker):
    """Apache Kafka with its own quorum (KRaft), from Maven Central, with the machine's Java."""

    target = "kafka"
    patience = 60.0
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sagac-tests"

    @classmethod
    def missing(cls) -> str | None:
        """See Broker; gets the jars when it is asked first."""
        if shutil.which("java") is None:
            return "there is no java"
        if cls._jars().is_dir():
            return None
        if shutil.which("mvn") is None:
            return "there is no mvn to get Kafka with"
        return cls._get()

    @classmethod
    def _jars(cls) -> Path:
        return cls.cache / f"kafka-{KAFKA}"

    @classmethod
    def _get(cls) -> str | None:
        """Why the jars cannot be had."""
        draft = cls.cache / f"draft-{os.getpid()}"
        draft.mkdir(parents=True)
        (draft / "pom.xml").write_text(_POM)
        command = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
        try:
            subprocess.run(command, cwd=draft, check=True, capture_output=True, timeout=300)
            (draft / "jars").rename(cls._jars())
        except (subprocess.SubprocessError, OSError) as problem:
            return None if cls._jars().is_dir() else f"Kafka's jars cannot be had ({problem})"
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return None

    @property
    def url(self) -> str:
        """See Broker."""
        return f"kafka://127.0.0.1:{self.port}"

    def _java(self, main: str, *arguments: str) -> list[str]:
        jars = str(self._jars() / "*")
        return ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", jars, main, *arguments]

    def command(self) -> Sequence[str]:
        """See Broker; its storage is formatted before it is first started."""
        config = self.folder / "server.properties"
        if not config.exists():
            place = {"port": self.port, "other": free_port(), "data": self.folder / "data"}
            config.write_text(_KAFKA_CONFIG.format(**place))
            format = ["format", "-t", _CLUSTER, "-c", str(config)]
            tool = self._java("kafka.tools.StorageTool", *format)
            subprocess.run(tool, check=True, capture_output=True, timeout=60)
        return self._java("kafka.Kafka", str(config))


KAFKA = "4.0.0"
_CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tests</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA}</version>
  </dependency></dependencies>
</project>
"""
_KAFKA_CONFIG = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{other}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{other}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""
BROKERS: dict[str, type[Broker]] = {
    "nats": Nats, "redis": Redis, "rabbitmq": Rabbit, "kafka": Kafka,
}  # fmt: skip
