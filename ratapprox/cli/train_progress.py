"""How far `ratapprox train` has come, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def progress(total: int) -> Iterator[tuple[Callable[[Any], None] | None, Callable[[Any], None]]]:
    """A bar on stderr, moved by each step computed here and each answer; nothing when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None, lambda answer: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f}%"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        line, done = bar.add_task("training", total=float(total)), 0

        def share(progress: Any) -> None:
            losses = [loss for loss in progress.loss if loss == loss]
            text = f"step {progress.step}, loss {min(losses):.2e}" if losses else f"step {progress.step}"
            bar.update(line, completed=done + progress.share, description=text)

        def come(answer: Any) -> None:
            nonlocal done
            done += 1
            bar.update(line, completed=done, description=f"{answer.config['activation']}: {answer.fate}")

        yield share, come
