"""Which events of a model are known beforehand, and which the states bring about themselves.

An event whose trigger compares the time with constants happens at a known time. If it adds to states what constants
say, or sets parameters to what constants say, it is a dose or a change like any other, and derivatives pass it. All
others are triggers of the system.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from reuptake.exchange.sbml.support import items

__all__ = ["Strikes", "added", "strikes", "timed"]


@dataclass(frozen=True)
class Strikes:
    """Events of a model, sorted.

    Attributes
    ----------
    timed, triggered : tuple of libsbml Event
    states : frozenset of str
        What triggers assign.
    parameters : frozenset of str
        What only timed events assign, and what no equation moves.
    """

    timed: tuple[Any, ...]
    triggered: tuple[Any, ...]
    states: frozenset[str]
    parameters: frozenset[str]


def strikes(model: Any, constant: Collection[str], moved: Collection[str]) -> Strikes:
    """Events of a model.

    Parameters
    ----------
    model : libsbml Model
    constant : collection of str
        What neither rules nor reactions change.
    moved : collection of str
        What is a state whatever events do to it.
    """
    events = list(items(model.getListOfEvents()))
    struck = {one.getVariable() for event in events for one in items(event.getListOfEventAssignments())}
    fixed = set(constant) - struck
    known = [event for event in events if timed(event.getTrigger().getMath(), fixed)]
    while True:
        others = [event for event in events if event not in known]
        states = {one.getVariable() for event in others for one in items(event.getListOfEventAssignments())} - {*moved}
        free = fixed | (struck & set(constant)) - states
        kept = [event for event in known if all(
            _carried(one, free, {*moved}) for one in items(event.getListOfEventAssignments())
        )]  # fmt: skip
        if len(kept) == len(known):
            parameters = (struck & set(constant)) - states - set(moved)
            return Strikes(tuple(known), tuple(others), frozenset(states), frozenset(parameters))
        known = kept


def timed(trigger: Any, fixed: Collection[str]) -> tuple[Any, bool] | None:
    """When a trigger that compares the time with constants holds from, and whether only after that."""
    import libsbml

    kinds = {
        libsbml.AST_RELATIONAL_GEQ: (0, False), libsbml.AST_RELATIONAL_GT: (0, True),
        libsbml.AST_RELATIONAL_LEQ: (1, False), libsbml.AST_RELATIONAL_LT: (1, True),
    }  # fmt: skip
    if trigger.getType() not in kinds or trigger.getNumChildren() != 2:
        return None
    side, after = kinds[trigger.getType()]
    clock, other = trigger.getChild(side), trigger.getChild(1 - side)
    if clock.getType() == libsbml.AST_NAME_TIME and _only(other, fixed):
        return other, after
    return None


def added(assignment: Any) -> list[Any] | None:
    """What an assignment of the form ``x := x + a + …`` adds; nothing of any other."""
    import libsbml

    whole, name = assignment.getMath(), assignment.getVariable()
    if whole is None or whole.getType() != libsbml.AST_PLUS:
        return None
    terms = [whole.getChild(i) for i in range(whole.getNumChildren())]
    rest = [term for term in terms if not (term.getType() == libsbml.AST_NAME and term.getName() == name)]
    return rest if len(rest) == len(terms) - 1 else None


def _carried(assignment: Any, free: Collection[str], moved: Collection[str]) -> bool:
    if assignment.getMath() is None:
        return False
    if assignment.getVariable() in moved:
        terms = added(assignment)
        return terms is not None and all(_only(term, free) for term in terms)
    return assignment.getVariable() in free and _only(assignment.getMath(), free)


def _only(node: Any, names: Collection[str]) -> bool:
    """Whether a formula holds numbers, operators and these names only."""
    import libsbml

    return all(
        (part.getType() == libsbml.AST_NAME and part.getName() in names)
        or part.getType() not in (libsbml.AST_NAME, libsbml.AST_NAME_TIME, libsbml.AST_FUNCTION_DELAY)
        for part in _walk(node)
    )


def _walk(node: Any) -> Iterator[Any]:
    stack = [node]
    while stack:
        part = stack.pop()
        yield part
        stack.extend(part.getChild(i) for i in range(part.getNumChildren()))
