"""What is installed is what lies in the folders."""

from __future__ import annotations

import os
import runpy

import pytest

from tests.guards.tree import LINKED, ROOT, sources

SETUP = runpy.run_path(str(ROOT / "setup.py"))


@pytest.mark.parametrize("folder", LINKED)
def test_link_lets_tools_follow(folder: str) -> None:
    link = ROOT / "sagac" / folder
    assert os.readlink(link) == f"../{folder}"
    assert (ROOT / folder / "__init__.py").samefile(link / "__init__.py")


def test_folders_are_those_of_setup() -> None:
    assert SETUP["FOLDERS"] == LINKED
    assert SETUP["package_dir"]() == {
        "sagac": "sagac",
        **{f"sagac.{folder}": folder for folder in LINKED},
    }


def test_every_module_is_installed() -> None:
    packages = set(SETUP["packages"]())
    templates = "sagac.templates."
    homeless = {
        module
        for module, path in sources().items()
        if (module if path.name == "__init__.py" else module.rpartition(".")[0]) not in packages
        and not module.startswith(templates)
    }
    assert not homeless, "their folders have no __init__.py"


def test_nothing_but_modules_is_a_package() -> None:
    assert not [
        name for name in SETUP["packages"]() if "tests" in name.split(".") or name not in sources()
    ]


def test_templates_have_suffixes_that_are_installed() -> None:
    names = {
        path.suffix
        for path in (ROOT / "templates").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names <= {".j2", ".py"}, "add the suffix to package-data in pyproject.toml"
