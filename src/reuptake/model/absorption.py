"""How a dose gets in: by mouth, into a vein, into a muscle.

By mouth: stomach, then a chain of transit compartments, from the last of which the drug is taken
up at its own rate, then the enterocyte, where CYP3A4 has its first chance, then the portal vein and
the liver, where all enzymes have theirs.

    u_ent = A_ent/(V_ent·Kpu_gut);    to the portal vein: Q_mucosa·u_ent·(B:P)/fu
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.equations.system import SystemBuilder
from reuptake.errors import InputError, Problem
from reuptake.model.mechanism import AbstractMechanism, Cast

__all__ = ["Absorption"]

TRANSIT_COMPARTMENTS = 3


class Absorption(AbstractMechanism):
    """Doors for the doses that are asked for."""

    name: ClassVar[str] = "absorption"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        for compound, routes in cast.dosed.items():
            # Turns doses into moles before they enter; asked for here so that it is a parameter like any other.
            builder.parameter(cast.evidence.dose_form_mass(compound, cast.species), "g/mol")
            for route in sorted(routes):
                if route == "po":
                    if compound in cast.whole_body:  # a compact one brings its own
                        self._oral(builder, compound)
                elif route in ("iv", "iv-infusion"):
                    builder.input(f"{compound}.{route}", into=f"{compound}.{cast.veins(compound)}")
                elif route == "im":
                    self._intramuscular(builder, compound, cast.veins(compound))
                else:
                    raise InputError(
                        Problem(
                            f"the {cast.species} model has no absorption by route '{route}'",
                            "--route",
                            "allowed here: po, iv, iv-infusion, im",
                        )
                    )

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

    def _intramuscular(self, builder: SystemBuilder, name: str, veins: str) -> None:
        depot = builder.state(f"{name}.depot", "nmol", meaning=f"{name} at the site of injection")
        builder.input(f"{name}.im", into=f"{name}.depot")
        rate = builder.parameter(f"{name}.intramuscular_rate", "1/h") * depot
        builder.flow(f"{name}: depot to {veins}", rate, source=f"{name}.depot", target=f"{name}.{veins}")
