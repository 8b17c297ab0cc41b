"""How answers reach the terminal: tables, plain text, progress, interruptions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from reuptake.errors import RunError

__all__ = ["Interrupted", "Progress", "plain", "progress", "table"]

GAP, NARROWEST = 3, 20  # characters between columns, and the least that a column of prose gets
Progress = Callable[[int, int], None]


class Interrupted(RunError):
    """A person stopped the work; the message says what is there nevertheless."""

    exit_status = 130  # 128 and the number of the signal, as shells count


def plain(text: str) -> None:
    """A line of plain text."""
    sys.stdout.write(text + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """A table; text is shown as it is, never read as markup."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(title, style="bold"))
    if not rows:
        return
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    needed = 0
    for i, column in enumerate(columns):
        widest, whole = max(len(text) for text in (column, *(row[i] for row in rows))), i in right or i == 0
        needed += GAP + (widest if whole else min(widest, NARROWEST))
        drawn.add_column(
            Text(column), justify="right" if i in right else "left", overflow="fold", no_wrap=whole,
            min_width=widest if whole else None,
        )  # fmt: skip
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    # Numbers and names are never broken: a table that needs more than the terminal has is drawn as wide as it must be.
    console.width = max(console.width, needed)
    console.print(drawn)


@contextmanager
def progress(title: str, *, shown: bool) -> Iterator[Progress | None]:
    """A progress bar on stderr, with rate and time left; nothing when not wanted or when stderr is no terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, rate="")

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            bar.update(task, rate=per_time(bar.tasks[0].speed))

        yield told


def per_time(speed: float | None) -> str:
    """How many a second, or a minute where they are few; empty while nobody knows."""
    if not speed:
        return ""
    return f"{speed:.3g}/s" if speed >= 1.0 else f"{60.0 * speed:.2g}/min"
