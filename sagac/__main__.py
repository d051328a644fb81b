"""``python -m sagac`` is the same as ``sagac``."""

import sys

from sagac.cli import main

if __name__ == "__main__":
    sys.exit(main())
