"""The packages: the folders stand at the top and are installed inside one import package.

Everything else is in pyproject.toml.
"""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
FOLDERS = ("dsl", "generators", "templates", "verify")


def packages() -> list[str]:
    """The names of all packages of the distribution, sorted."""
    found = {"sagac", *(f"sagac.{name}" for name in find_packages(str(HERE / "sagac")))}
    for folder in FOLDERS:
        found.add(f"sagac.{folder}")
        found.update(f"sagac.{folder}.{name}" for name in find_packages(str(HERE / folder)))
    return sorted(found)


def package_dir() -> dict[str, str]:
    """Where the packages lie; those below them follow."""
    return {"sagac": "sagac", **{f"sagac.{folder}": folder for folder in FOLDERS}}


if __name__ == "__main__":
    setup(packages=packages(), package_dir=package_dir())
