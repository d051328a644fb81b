"""``python -m demo.readme``: makes what the README shows from what there is.

Each part stands between ``<!-- name -->`` and ``<!-- /name -->``.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from click.testing import CliRunner

from sagac.cli import cli

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SPEC = "specs/order-fulfilment.saga.yaml"


def spec() -> str:
    """The order saga without its comments."""
    text = (ROOT / SPEC).read_text(encoding="utf-8")
    lines = [re.sub(r"\s+#(?![^\"]*\"[^\"]*$).*$", "", line) for line in text.splitlines()]
    return _fenced("yaml", "\n".join(lines).strip())


def code() -> str:
    """The step with an undo of its own, as it is generated."""
    with tempfile.TemporaryDirectory() as folder:
        _sagac("generate", SPEC, "-o", folder)
        path = Path(folder) / "order_fulfilment" / "generated" / "v3" / "workflow.py"
        text = path.read_text(encoding="utf-8")
    start = text.index("    reserve_inventory = await")
    return _fenced("python", _dedented(text[start : text.index("    saga.on_undo(")]))


def finding() -> str:
    """What lint says when the undo is forgotten."""
    text = (ROOT / SPEC).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "compensate: release_inventory" not in line]
    forgotten = "\n".join(lines) + "\n"
    return _fenced(
        "text", _sagac("lint", "-", "--stdin-filename", "order.saga.yaml", stdin=forgotten)
    )


def handler() -> str:
    """A handler of the shop."""
    path = ROOT / "examples" / "shop" / "handlers" / "stock.py"
    text = path.read_text(encoding="utf-8")
    start = text.index("    async def take_goods")
    return _fenced("python", _dedented(text[start : text.index("    async def put_back_goods")]))


PARTS = {"spec": spec, "code": code, "finding": finding, "handler": handler}


def filled(text: str) -> str:
    """The README with all its parts made anew."""
    for name, part in PARTS.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        whole = re.search(pattern, text, flags=re.DOTALL)
        assert whole is not None, name
        text = f"{text[: whole.start()]}{whole[1]}{part()}{whole[2]}{text[whole.end() :]}"
    return text


def _sagac(*arguments: str, stdin: str | None = None) -> str:
    return CliRunner().invoke(cli, list(arguments), input=stdin).stdout


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


def _dedented(text: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in text.splitlines())


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
