"""What of SBML can be read here: every construct beyond it is named with its line before anything is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reuptake.errors import InputError, Problem

__all__ = ["document", "items", "line", "unsupported"]

MOST_BYTES = 50_000_000


def document(text: str, file: str) -> Any:
    """The parsed document of a text.

    Raises
    ------
    InputError
        If python-libsbml is missing, or the text is no SBML of Level 2 or 3; every error with its line.
    """
    try:
        import libsbml
    except ImportError:
        raise InputError(
            Problem("reading SBML needs the package python-libsbml", file, "pip install 'reuptake[petab]'")
        ) from None
    if len(text) > MOST_BYTES:
        raise InputError(Problem(f"more than {MOST_BYTES // 1_000_000} MB are too much for a model", file))
    # The library would put a declaration on a line of its own, and count it.
    declared = text if text.startswith("<?xml") else f'<?xml version="1.0" encoding="UTF-8"?>{text}'
    found = libsbml.readSBMLFromString(declared)
    errors = [found.getError(i) for i in range(found.getNumErrors())]
    problems = [
        Problem(f"not valid SBML: {' '.join(error.getShortMessage().split())}", f"{file}:{error.getLine()}")
        for error in errors
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR
    ]
    if not problems and found.getModel() is None:
        problems = [Problem("there is no model in this file", file)]
    if not problems and found.getLevel() < 2:
        problems = [Problem("SBML Level 1 is not read", file, "save the model as Level 3")]
    if problems:
        raise InputError(problems)
    return found


def items(of: Any) -> Iterator[Any]:
    """Elements of a ``listOf...``."""
    return (of.get(i) for i in range(of.size()))


def line(element: Any, file: str) -> str:
    """``file:line`` of an element."""
    return f"{file}:{element.getLine()}"


def unsupported(found: Any, file: str) -> list[Problem]:
    """Everything in a document that cannot be read here, in the order of the file."""
    model = found.getModel()
    said: list[tuple[Any, str]] = [*_packages(found)]
    said += [(rule, "an algebraic rule") for rule in items(model.getListOfRules()) if rule.isAlgebraic()]
    for reaction in items(model.getListOfReactions()):
        if reaction.getFast():
            said.append((reaction, f"the fast reaction '{reaction.getId()}'"))
        if not reaction.isSetKineticLaw() or reaction.getKineticLaw().getMath() is None:
            said.append((reaction, f"the reaction '{reaction.getId()}', which has no kinetic law,"))
    events = list(items(model.getListOfEvents()))
    for event in events:
        said += [(event, f"the event '{event.getId()}' {how}") for how in _events(event, len(events) > 1)]
    problems = [Problem(f"{what} is not supported", line(element, file)) for element, what in said]
    return sorted(problems, key=lambda problem: int(problem.where.rpartition(":")[2]))


def _packages(found: Any) -> Iterator[tuple[Any, str]]:
    for i in range(found.getNumPlugins()):
        name = found.getPlugin(i).getPackageName()
        if found.getPackageRequired(name) and name != "l3v2extendedmath":
            yield found.getModel(), f"the package '{name}'"
    for i in range(found.getNumUnknownPackages()):
        prefix = found.getUnknownPackagePrefix(i)
        if found.getPackageRequired(found.getUnknownPackageURI(i)):
            yield found.getModel(), f"the package '{prefix}'"


def _events(event: Any, among_others: bool) -> Iterator[str]:
    trigger = event.getTrigger()
    if event.isSetDelay():
        yield "with a delay"
    if trigger is None or trigger.getMath() is None:
        yield "without a trigger"
    elif among_others and not trigger.getPersistent():
        yield "that is not persistent, beside other events,"
    if among_others and event.isSetPriority():
        yield "with a priority"
    if among_others and not event.getUseValuesFromTriggerTime():
        yield "that takes values of the moment of assignment, beside other events,"
