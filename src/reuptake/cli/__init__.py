"""The command line: reads words, calls one function, shows the answer."""

from __future__ import annotations

import sys

__all__ = ["run"]


def run() -> None:
    """Entry point of the ``reuptake`` command."""
    from reuptake.cli.main import main

    sys.exit(main(sys.argv[1:]))
