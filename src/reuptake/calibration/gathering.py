"""Several descents at once, in step: the places that they ask about are looked at side by side.

Each descent runs in a thread of its own and asks for residuals at one place. The question waits until every descent
that still runs has one; then all are answered together (`AbstractObjective.several`), which fills the lanes of the
engine. Since no subject's curve depends on who is integrated beside it, the company changes no bit.
"""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import AbstractObjective, Residuals

__all__ = ["Gathered"]

Array = NDArray[np.float64]


class Gathered(AbstractObjective):
    """An objective that several threads ask, each from its start until it leaves.

    Parameters
    ----------
    objective : AbstractObjective
    crowd : int
        How many threads will ask; each calls `leave` when it is done.
    """

    def __init__(self, objective: AbstractObjective, crowd: int) -> None:
        self._objective, self._crowd, self._lock = objective, crowd, Lock()
        self._waiting: list[tuple[Array, Future[Residuals]]] = []
        self.parameters, self.labels, self.resolution = objective.parameters, objective.labels, objective.resolution

    def residuals(self, x: Array) -> Residuals:
        answer: Future[Residuals] = Future()
        with self._lock:
            self._waiting.append((x, answer))
            asked = self._complete()
        self._answer(asked)
        return answer.result()

    def leave(self) -> None:
        """One thread fewer asks from now on."""
        with self._lock:
            self._crowd -= 1
            asked = self._complete()
        self._answer(asked)

    def _complete(self) -> list[tuple[Array, Future[Residuals]]]:
        """All questions, if nobody is still to ask; none otherwise."""
        if len(self._waiting) < self._crowd:
            return []
        asked, self._waiting = self._waiting, []
        return asked

    def _answer(self, asked: list[tuple[Array, Future[Residuals]]]) -> None:
        if not asked:
            return
        try:
            found = self._objective.several([x for x, _ in asked])
        except BaseException as error:  # whoever waits must not wait for ever
            for _, answer in asked:
                answer.set_exception(error)
        else:
            for (_, answer), residuals in zip(asked, found, strict=True):
                answer.set_result(residuals)
