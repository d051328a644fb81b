"""The code that a run uses: the user's own where there is one, else generated for this run."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sagac.cli.support import Spec, UsageProblem, refuse_findings
from sagac.dsl.compile import Compilation

from .place import Place
from .worker import Program

if TYPE_CHECKING:
    from sagac.generators.base import Generated

Style = tuple[str, str]  # style and target
ORCHESTRATED: Style = ("orchestration", "dbos")


def simulated(
    spec: Spec, compilation: Compilation, place: Place, style: Style = ORCHESTRATED
) -> Program:
    """Generates the code into the runner's folder, for simulated participants."""
    generated = _generate(spec, compilation, style)
    content = hashlib.sha256()
    for file in generated.files:
        content.update(f"{file.path}\0{file.text}\0".encode())
    folder = place.folder / "build" / content.hexdigest()[:16]
    if not folder.is_dir():
        _write(generated, folder)
    return Program(spec.path, dict(compilation.sources), str(folder), True)


def users(
    spec: Spec, compilation: Compilation, folder: Path, style: Style = ORCHESTRATED
) -> Program:
    """The code that the user has generated into ``folder``, with the handlers there.

    Raises UsageProblem if it was not generated from this file.
    """
    assert compilation.graph is not None
    from sagac.generators import naming

    saga = compilation.graph.saga
    package = naming.package(saga.name.text)
    inside = "generated" if style == ORCHESTRATED else "generated/choreography"
    if not (folder / package / inside / f"v{saga.version}" / "__init__.py").is_file():
        options = "" if style == ORCHESTRATED else f" --style {style[0]} --target {style[1]}"
        raise UsageProblem(
            f"{folder} holds no code of {saga.name.text} version {saga.version}; "
            f"write it with: sagac generate {spec.path}{options} -o {folder}"
        )
    return Program(spec.path, dict(compilation.sources), str(folder.resolve()), False)


def find_output(spec: Spec, compilation: Compilation) -> Path | None:
    """The folder with the user's handlers for this saga: here, or beside its file."""
    assert compilation.graph is not None
    from sagac.generators import naming

    package = naming.package(compilation.graph.saga.name.text)
    for folder in (Path(), Path(spec.path).parent):
        if (folder / "sagac.lock").is_file() and (folder / package / "generated").is_dir():
            return folder
    return None


def _generate(spec: Spec, compilation: Compilation, style: Style) -> Generated:
    from sagac.generators.base import Source, read_options
    from sagac.generators.registry import find

    assert compilation.graph is not None
    generator = find(*style)
    source = Source(spec.name, hashlib.sha256(spec.text).hexdigest())
    options = read_options(generator.options, {})
    generated = generator.generate(compilation.graph, source, (), options)
    refuse_findings(spec, generated.findings)
    return generated


def _write(generated: Generated, folder: Path) -> None:
    """All at once: a run that is killed here leaves nothing half written."""
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    for file in generated.files:
        path = draft / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    draft.rename(folder)
