"""``python -m avpi``: the same as ``avpi``."""

from __future__ import annotations

from avpi.cli.main import main

if __name__ == "__main__":
    main()
