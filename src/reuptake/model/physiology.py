"""How large the organs are, how much blood they get, and what the blood carries.

V_organ = m_body · (organ mass per body mass) / density
CO      = CO_ref · (m_body / m_ref)^b
Q_organ = CO · (fraction of cardiac output);  the rest of the body takes what is left
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.equations.expression import Expression
from reuptake.equations.system import SystemBuilder
from reuptake.model.mechanism import PERFUSED, AbstractMechanism, Cast

__all__ = ["Physiology"]

PORTAL_ORGANS = ("gut", "spleen")


class Physiology(AbstractMechanism):
    """Organ volumes, blood flows, blood pools, haematocrit and binding proteins."""

    name: ClassVar[str] = "physiology"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        body = builder.parameter("body.mass", "kg_body")
        relative = body / builder.parameter("body.reference_mass", "kg_body")
        for organ in PERFUSED:
            share = builder.parameter(f"{organ}.mass_fraction", "kg_tissue/kg_body")
            density = builder.parameter(f"{organ}.density", "kg_tissue/L")
            builder.define(f"{organ}.mass", share * body, "kg_tissue")
            builder.define(f"{organ}.volume", builder.known(f"{organ}.mass") / density, "L")
        self._flows(builder, relative)
        self._blood(builder, body)
        builder.parameter("blood.haematocrit", "")

    def _flows(self, builder: SystemBuilder, relative: Expression) -> None:
        output = builder.parameter("heart.output", "L/h") * relative ** builder.parameter("heart.output_exponent", "")
        cardiac = builder.define("heart.cardiac_output", output, "L/h")
        left = builder.graph.number(1.0)
        for organ in ("brain", *PERFUSED):
            if organ in ("lung", "rest"):
                continue
            fraction = builder.parameter(f"{organ}.flow_fraction", "")
            left = left - fraction
            builder.define(f"{organ}.flow", cardiac * fraction, "L/h")
        builder.define("rest.flow", cardiac * left, "L/h")
        builder.define("lung.flow", cardiac * 1.0, "L/h")
        portal = builder.known("gut.flow") + builder.known("spleen.flow")
        builder.define("portal.flow", portal, "L/h")

    def _blood(self, builder: SystemBuilder, body: Expression) -> None:
        mass = builder.parameter("blood.mass_fraction", "kg_tissue/kg_body") * body
        total = builder.define("blood.volume", mass / builder.parameter("blood.density", "kg_tissue/L"), "L")
        left = builder.graph.number(1.0)
        for pool in ("arterial", "portal", "brain"):
            fraction = builder.parameter(f"blood.{pool}_fraction", "")
            left = left - fraction
            builder.define(f"{pool}.blood_volume", total * fraction, "L")
        builder.define("venous.blood_volume", total * left, "L")
