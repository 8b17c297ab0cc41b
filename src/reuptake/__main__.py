"""``python -m reuptake`` is the ``reuptake`` command."""

from reuptake.cli import run

if __name__ == "__main__":
    run()
