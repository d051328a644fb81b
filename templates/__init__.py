"""The templates of generated code; no logic beyond loops and conditions."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent
"""The folder with one subfolder of templates per target."""
