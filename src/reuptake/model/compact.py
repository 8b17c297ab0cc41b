"""A smaller body, for compounds that are followed only for what they do to enzymes: liver and one or two pools.

    dA_c/dt = Q_h·(C_out − C_b) + CL_d·(C_p2 − C_p) − CL_r·C_p      C_p = A_c/V_c,  C_b = (B:P)·C_p
    dA_h/dt = Q_h·(C_b − C_out) + k_a·f_a·A_gut − Σ metabolism      C_out = A_h/V_liver
    u_liver = C_out·fu/(B:P)                                        well stirred, limited by blood flow
    u_gut   = (C_b + k_a·f_a·A_gut/Q_mucosa)·fu/(B:P)               what enterocytes see while it is absorbed

The gut wall metabolises nothing here: what it takes is part of f_a. The brain's fluid holds what is unbound in
plasma. A compound file says ``disposition: compact``; the whole-body chapters leave such compounds alone.
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.equations.system import SystemBuilder
from reuptake.model.mechanism import AbstractMechanism, Cast

__all__ = ["Compact"]


class Compact(AbstractMechanism):
    """Liver, central and, where known, peripheral pool of compounds with a compact disposition."""

    name: ClassVar[str] = "compact"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        for name in cast.compact:
            self._pools(builder, cast, name)
            if "po" in cast.dosed.get(name, ()):
                self._oral(builder, name)
            self._gut_wall(builder, cast, name)

    def _pools(self, builder: SystemBuilder, cast: Cast, name: str) -> None:
        body, flow = builder.parameter("body.mass", "kg_body"), builder.known("liver.flow")
        flow = flow + builder.known("portal.flow")
        unbound = builder.define(
            f"{name}.unbound_fraction", builder.parameter(f"{name}.fraction_unbound", "") * 1.0, ""
        )
        ratio = builder.define(
            f"{name}.blood_plasma_ratio", builder.parameter(f"{name}.blood_plasma_ratio", "") * 1.0, ""
        )
        central = builder.state(f"{name}.central", "nmol", meaning=f"{name} in the central pool")
        liver = builder.state(f"{name}.liver", "nmol", meaning=f"{name} in liver")
        volume = builder.parameter(f"{name}.volume_central", "L/kg_body") * body
        plasma = builder.define(f"{name}.plasma.concentration", central / volume, "nmol/L")
        blood = builder.define(f"{name}.arterial.concentration", plasma * ratio, "nmol/L")
        leaving = builder.define(f"{name}.liver.leaving", liver / builder.known("liver.volume"), "nmol/L")
        builder.define(f"{name}.liver.unbound", leaving * unbound / ratio, "nmol/L")
        free = builder.define(f"{name}.biophase", plasma * unbound, "nmol/L")
        builder.define(f"{name}.kidney.unbound", free * 1.0, "nmol/L")
        builder.flow(f"{name}: central to liver", flow * blood, source=f"{name}.central", target=f"{name}.liver")
        builder.flow(f"{name}: liver to central", flow * leaving, source=f"{name}.liver", target=f"{name}.central")
        if cast.find(f"{name}.volume_peripheral"):
            peripheral = builder.state(f"{name}.peripheral", "nmol", meaning=f"{name} in the peripheral pool")
            exchange = builder.parameter(f"{name}.intercompartmental_clearance", "L/h/kg_body") * body
            beyond = peripheral / (builder.parameter(f"{name}.volume_peripheral", "L/kg_body") * body)
            there, back = (f"{name}.central", f"{name}.peripheral"), (f"{name}.peripheral", f"{name}.central")
            builder.flow(f"{name}: central to peripheral", exchange * plasma, source=there[0], target=there[1])
            builder.flow(f"{name}: peripheral to central", exchange * beyond, source=back[0], target=back[1])
        mass = builder.parameter(f"{name}.molar_mass", "g/mol")
        builder.output(f"plasma.{name}", plasma * mass, "ng/mL", kind="level")

    def _oral(self, builder: SystemBuilder, name: str) -> None:
        gut = builder.state(f"{name}.stomach", "nmol", meaning=f"{name} in stomach and bowel")
        builder.state(f"{name}.faeces", "nmol", meaning=f"{name} not absorbed")
        builder.input(f"{name}.po", into=f"{name}.stomach")
        leaving = builder.parameter(f"{name}.absorption_rate", "1/h") * gut
        absorbed = builder.parameter(f"{name}.fraction_absorbed", "")
        inward = builder.define(f"{name}.absorbed", absorbed * leaving, "nmol/h")
        builder.flow(f"{name}: absorbed", inward, source=f"{name}.stomach", target=f"{name}.liver")
        builder.flow(
            f"{name}: not absorbed", (1.0 - absorbed) * leaving, source=f"{name}.stomach", target=f"{name}.faeces"
        )

    def _gut_wall(self, builder: SystemBuilder, cast: Cast, name: str) -> None:
        """Unbound concentration in the enterocytes: only where an enzyme of the gut wall is in play."""
        if not cast.gut_enzymes:
            return
        blood = builder.known(f"{name}.arterial.concentration")
        if builder.has(f"{name}.absorbed"):
            blood = blood + builder.known(f"{name}.absorbed") / builder.parameter("enterocyte.blood_flow", "L/h")
        unbound = builder.known(f"{name}.unbound_fraction") / builder.known(f"{name}.blood_plasma_ratio")
        builder.define(f"{name}.enterocyte.unbound", blood * unbound, "nmol/L")
