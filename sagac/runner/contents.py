"""What lies in the stores of a place: observers, services, sagas of an orchestrator.

An SQLite file tells it by where it lies. A Postgres database is asked: one may hold the events that
an observer hears, the ledger of a service, or the sagas of an orchestrator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sagac.cli.support import UsageProblem

from .place import Place
from .store import of_the_database

_SQLITE = "sqlite:///"
_KINDS = """select to_regclass('observed_sagas') is not null, to_regclass('saga_nodes') is not null,
to_regclass('saga_service') is not null, to_regclass('saga_attempts') is not null"""


@dataclass(frozen=True)
class Contents:
    """The URLs of what is there; ``services`` by their names."""

    observers: tuple[str, ...]
    services: Mapping[str, str]
    orchestrated: str | None


def contents(place: Place) -> Contents:
    """What lies in the stores of ``place``. Raises UsageProblem if one cannot be opened."""
    found = [_file(url) if url.startswith(_SQLITE) else _database(url) for url in place.stores]
    observers = dict.fromkeys(url for each in found for url in each.observers)
    services = {name: url for each in found for name, url in each.services.items()}
    orchestrated = next((each.orchestrated for each in found if each.orchestrated), None)
    if orchestrated is None and not observers and not services:
        orchestrated = place.store  # whoever opens it says that nothing is there
    return Contents(tuple(observers), services, orchestrated)


def _file(url: str) -> Contents:
    here = Path(url.removeprefix(_SQLITE))
    inside = here.parent.name == "services"
    folder = here.parent.parent if inside else here.parent
    observer = folder / "observer.sqlite"
    services = {each.stem: str(each) for each in sorted((folder / "services").glob("*.sqlite"))}
    named = here.name != "observer.sqlite" and not inside and here.exists()
    return Contents(
        (str(observer),) if observer.exists() else (),
        services,
        url if named else None,
    )


def _database(url: str) -> Contents:
    from sagac.templates.contract.database import connect

    with database_problems(f"the store {shown(url)}"):
        connection = connect(url)
        try:
            ((observed, service, named, orchestrated),) = connection.execute(_KINDS)
            names = connection.execute("select name from saga_service") if named else []
        finally:
            connection.close()
    name = str(names[0][0]) if names else url.partition("?")[0].rpartition("/")[2]
    return Contents(
        (url,) if observed else (),
        {name: url} if service else {},
        url if orchestrated else None,
    )


def shown(url: str) -> str:
    """A URL without the password that it may hold."""
    scheme, mark, rest = url.partition("://")
    person, at, place = rest.partition("?")[0].rpartition("@")
    return f"{scheme}{mark}{person.partition(':')[0]}{at}{place}"


@contextmanager
def database_problems(what: str) -> Iterator[None]:
    """What a driver raises becomes a UsageProblem about ``what``."""
    try:
        yield
    except FileNotFoundError as missing:
        raise UsageProblem(f"{what} is not at {missing}") from None
    except Exception as problem:
        if not of_the_database(problem):
            raise
        text = " ".join(str(problem).split())
        raise UsageProblem(f"{what} cannot be opened: {text}") from None
