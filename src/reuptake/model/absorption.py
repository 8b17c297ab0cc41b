"""How a dose gets in: by mouth, into a vein, into a muscle, under the skin, into the peritoneal cavity.

By mouth: stomach, then a chain of transit compartments, from the last of which the drug is taken
up at its own rate, then the enterocyte, where CYP3A4 has its first chance, then the portal vein and
the liver, where all enzymes have theirs.

    u_ent = A_ent/(V_ent·Kpu_gut);    to the portal vein: Q_mucosa·u_ent·(B:P)/fu

An injection that is not into a vein lies in a depot and leaves it at a rate of its own. From muscle and skin it goes
to the veins of the body; from the peritoneal cavity a share goes to the portal vein, and so through the liver first.

    dA_depot/dt = −k·A_depot;         to the portal vein: share·k·A_depot

A route is open where the record of its rate exists for the species.
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.dosing.regimens import Route
from reuptake.equations.system import SystemBuilder
from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence
from reuptake.model.mechanism import AbstractMechanism, Cast

__all__ = ["Absorption", "open_routes"]

TRANSIT_COMPARTMENTS = 3
# Injections that lie in a depot: where, and the record of the rate at which they leave it.
DEPOTS: dict[Route, tuple[str, str]] = {
    "im": ("depot", "intramuscular_rate"),
    "sc": ("subcutis", "subcutaneous_rate"),
    "ip": ("peritoneum", "intraperitoneal_rate"),
}


def open_routes(evidence: Evidence, compound: str, species: str) -> tuple[Route, ...]:
    """Routes by which a compound can be given to a species: by mouth, into a vein, and where a depot has its rate."""
    depots = [route for route, (_, rate) in DEPOTS.items() if evidence.find(f"{compound}.{rate}", species)]
    return ("po", "iv", "iv-infusion", *depots)


class Absorption(AbstractMechanism):
    """Doors for the doses that are asked for."""

    name: ClassVar[str] = "absorption"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        self._see_that_doors_exist(cast)
        for compound, routes in cast.dosed.items():
            # Turns doses into moles before they enter; asked for here so that it is a parameter like any other.
            builder.parameter(cast.evidence.dose_form_mass(compound, cast.species), "g/mol")
            for route in sorted(routes):
                if route in DEPOTS:
                    self._injected(builder, cast, compound, route)
                elif route != "po":
                    builder.input(f"{compound}.{route}", into=f"{compound}.{cast.veins(compound)}")
                elif compound in cast.whole_body:  # a compact one brings its own
                    self._oral(builder, compound)

    def _see_that_doors_exist(self, cast: Cast) -> None:
        """Refuse, all at once, the injections for which no record gives a rate."""
        problems = []
        for compound, routes in cast.dosed.items():
            known = open_routes(cast.evidence, compound, cast.species)
            for route in sorted(routes - set(known)):
                problems.append(
                    Problem(
                        f"the {cast.species} model has no absorption of {compound} by route '{route}'",
                        "--route",
                        f"allowed here: {', '.join(known)}; a record named "
                        f"'{compound}.{DEPOTS[route][1]}.{cast.species}' in a compound file opens it",
                    )
                )
        if problems:
            raise InputError(problems)

    def _oral(self, builder: SystemBuilder, name: str) -> None:
        gut = builder.state(f"{name}.stomach", "nmol", meaning=f"{name} in the stomach")
        builder.input(f"{name}.po", into=f"{name}.stomach")
        before, leaving = f"{name}.stomach", builder.parameter("stomach.emptying_rate", "1/h") * gut
        onward = builder.parameter("intestine.transit_rate", "1/h")
        uptake = builder.parameter(f"{name}.absorption_rate", "1/h")
        for number in range(1, TRANSIT_COMPARTMENTS + 1):
            here = f"{name}.transit{number}"
            amount = builder.state(here, "nmol", meaning=f"{name} in intestinal compartment {number}")
            builder.flow(f"{name}: {before} to {here}", leaving, source=before, target=here)
            before, leaving = here, (uptake if number == TRANSIT_COMPARTMENTS else onward) * amount
        absorbed = builder.parameter(f"{name}.fraction_absorbed", "")
        wall = builder.state(f"{name}.enterocyte", "nmol", meaning=f"{name} in the enterocytes")
        builder.state(f"{name}.faeces", "nmol", meaning=f"{name} not absorbed")
        builder.flow(f"{name}: absorbed", absorbed * leaving, source=before, target=f"{name}.enterocyte")
        builder.flow(f"{name}: not absorbed", (1.0 - absorbed) * leaving, source=before, target=f"{name}.faeces")
        holds = builder.parameter("enterocyte.volume", "L") * builder.known(f"{name}.gut.kpu")
        unbound = builder.define(f"{name}.enterocyte.unbound", wall / holds, "nmol/L")
        to_blood = builder.known(f"{name}.blood_plasma_ratio") / builder.known(f"{name}.unbound_fraction")
        carried = builder.parameter("enterocyte.blood_flow", "L/h") * unbound * to_blood
        builder.flow(f"{name}: enterocyte to portal", carried, source=f"{name}.enterocyte", target=f"{name}.portal")

    def _injected(self, builder: SystemBuilder, cast: Cast, name: str, route: Route) -> None:
        place, rate = DEPOTS[route]
        depot = builder.state(f"{name}.{place}", "nmol", meaning=f"{name} at the site of injection ({route})")
        builder.input(f"{name}.{route}", into=f"{name}.{place}")
        leaving = builder.parameter(f"{name}.{rate}", "1/h") * depot
        veins = cast.veins(name)
        if route == "ip":
            first = "liver" if name in cast.compact else "portal"
            share = builder.parameter("peritoneum.portal_share", "")
            through = share * leaving
            builder.flow(f"{name}: {place} to {first}", through, source=f"{name}.{place}", target=f"{name}.{first}")
            leaving = (1.0 - share) * leaving
        builder.flow(f"{name}: {place} to {veins}", leaving, source=f"{name}.{place}", target=f"{name}.{veins}")
