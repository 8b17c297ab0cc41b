"""Several descents at once, in step: the places that they ask about are looked at side by side.

Each descent runs in a thread of its own and asks for residuals at one place. The question waits until every descent
that still runs has one; then all are answered together (`AbstractObjective.several`), which fills the lanes of the
engine. Since no subject's curve depends on who is integrated beside it, the company changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import AbstractObjective, Residuals

__all__ = ["TOGETHER", "in_step"]

T = TypeVar("T")
Array = NDArray[np.float64]
TOGETHER = 20  # unless told: enough to fill the lanes and cores of any usual machine


def in_step(
    objective: AbstractObjective, tasks: Sequence[Callable[[AbstractObjective], T]], together: int = TOGETHER
) -> Iterator[T]:
    """What tasks make of an objective, in their order, so many of them side by side."""
    some = max(1, together)
    for begin in range(0, len(tasks), some):
        chosen = tasks[begin : begin + some]
        # One thread alone asks the objective: large arrays then come from one heap, which does not grow with the crowd.
        with ThreadPoolExecutor(max_workers=1) as asking, ThreadPoolExecutor(max_workers=len(chosen)) as pool:
            yield from pool.map(_Gathered(objective, len(chosen), asking).entered, chosen)


class _Gathered(AbstractObjective):
    """An objective that a crowd of threads asks, each of them until its task is done."""

    def __init__(self, objective: AbstractObjective, crowd: int, asking: ThreadPoolExecutor) -> None:
        self._objective, self._crowd, self._asking, self._lock = objective, crowd, asking, Lock()
        self._waiting: list[tuple[Array, Future[Residuals]]] = []
        self.parameters, self.labels, self.resolution = objective.parameters, objective.labels, objective.resolution

    def residuals(self, x: Array) -> Residuals:
        answer: Future[Residuals] = Future()
        with self._lock:
            self._waiting.append((x, answer))
            self._answer_all()
        return answer.result()

    def entered(self, task: Callable[[AbstractObjective], T]) -> T:
        """What one of the crowd makes of this objective; when it is done, one fewer asks."""
        try:
            return task(self)
        finally:
            with self._lock:
                self._crowd -= 1
                self._answer_all()

    def _answer_all(self) -> None:
        """Have all questions answered, if nobody is still to ask."""
        if self._waiting and len(self._waiting) >= self._crowd:
            self._asking.submit(self._answer, self._waiting)
            self._waiting = []

    def _answer(self, asked: list[tuple[Array, Future[Residuals]]]) -> None:
        try:
            found = self._objective.several([x for x, _ in asked])
        except BaseException as error:  # whoever waits must not wait for ever
            for _, answer in asked:
                answer.set_exception(error)
        else:
            for (_, answer), residuals in zip(asked, found, strict=True):
                answer.set_result(residuals)
