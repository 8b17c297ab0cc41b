"""How strongly the drug and its metabolites hold their targets.

    x_j = u_j / (Kd_j·s)                 s: in-vivo scale of the target in this species
    occupancy   = Σ x_j / (1 + Σ x_j)    Gaddum: all ligands compete for one site
    share of j  = x_j / (1 + Σ x_j)

u is the unbound concentration in the interstitial fluid of the brain.
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.equations.system import SystemBuilder
from reuptake.model.mechanism import TARGETS, AbstractMechanism, Cast

__all__ = ["Binding"]


class Binding(AbstractMechanism):
    """Competitive occupancy of transporters and receptors by every ligand."""

    name: ClassVar[str] = "binding"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        for target in TARGETS:
            key = target.lower()
            ligands = [name for name in cast.names if cast.find(f"{name}.{key}.kd")]
            if not ligands:
                continue
            scale = builder.parameter(f"{key}.in_vivo_scale", "")
            loads = {
                name: builder.known(f"{name}.biophase") / (builder.parameter(f"{name}.{key}.kd", "nmol/L") * scale)
                for name in ligands
            }
            total = builder.graph.number(0.0)
            for load in loads.values():
                total = total + load
            total = builder.define(f"{target}.load", total, "")
            builder.output(f"occupancy.{target}", total / (1.0 + total), "", kind="occupancy")
            for name, load in loads.items():
                builder.output(f"occupancy.{target}.{name}", load / (1.0 + total), "", kind="share")
