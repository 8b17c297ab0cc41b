"""From compounds, species and chapters to one system of equations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reuptake.dosing.regimens import Route
from reuptake.equations.system import System, SystemBuilder
from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence
from reuptake.evidence.compounds import Compound
from reuptake.model.absorption import Absorption
from reuptake.model.binding import Binding
from reuptake.model.compact import Compact
from reuptake.model.distribution import Distribution
from reuptake.model.elimination import Elimination
from reuptake.model.enzymes import Enzymes
from reuptake.model.mechanism import AbstractMechanism, Cast
from reuptake.model.physiology import Physiology

__all__ = ["MECHANISMS", "MODELLED_SPECIES", "assemble", "followed"]

# Later chapters lean on earlier ones: the order is that of a drug's life.
MECHANISMS: tuple[AbstractMechanism, ...] = (
    Physiology(),
    Distribution(),
    Compact(),
    Absorption(),
    Enzymes(),
    Elimination(),
    Binding(),
)
MODELLED_SPECIES = ("human", "rat", "mouse")


def followed(evidence: Evidence, dosed: Iterable[str], species: str) -> tuple[Compound, ...]:
    """The dosed compounds and every product that their pathways lead to in this species, parents first."""
    queue, found = list(dosed), {}
    while queue:
        name = queue.pop(0)
        if name not in found:
            found[name] = evidence.compound(name)
            queue += [pathway.product for pathway in found[name].reactions(species) if pathway.product]
    return tuple(found.values())


def assemble(
    evidence: Evidence,
    species: str,
    dosed: Mapping[str, Iterable[Route]],
    mechanisms: Sequence[AbstractMechanism] = MECHANISMS,
) -> System:
    """The equations of some compounds in one species.

    Parameters
    ----------
    evidence : Evidence
    species : str
    dosed : mapping of compound name to routes
        Only these routes get doors; what the compounds turn into is followed too.
    mechanisms : sequence of AbstractMechanism
        Chapters, in order.

    Raises
    ------
    InputError
        If the species has no model, or a compound or route is unknown.
    """
    if species not in MODELLED_SPECIES:
        raise InputError(
            Problem(
                f"no disposition model for species '{species}' (allowed: {', '.join(MODELLED_SPECIES)})",
                "--species",
            )
        )
    cast = Cast(
        species,
        followed(evidence, dosed, species),
        {name: frozenset(routes) for name, routes in dosed.items()},
        evidence,
    )
    builder = SystemBuilder(f"{' + '.join(dosed)} in {species}")
    for mechanism in mechanisms:
        mechanism.contribute(builder, cast)
    _balance(builder, cast)
    return builder.build()


def _balance(builder: SystemBuilder, cast: Cast) -> None:
    """Outputs that show that nothing is lost: everything everywhere, and what left unchanged."""
    zero = builder.graph.zero
    amounts = [state for state in builder.build().states if state.unit == "nmol"]
    dimension = amounts[0].initial.dimension
    recovered = zero(dimension)
    for state in amounts:
        recovered = recovered + builder.graph.symbol("state", state.name, dimension)
    builder.output("balance.recovered", recovered, "nmol", kind="amount")
    for name in cast.dosed:
        unchanged = builder.graph.symbol("state", f"{name}.urine", dimension)
        builder.output(f"balance.urine_unchanged.{name}", unchanged, "nmol", kind="amount")
