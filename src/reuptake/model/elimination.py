"""How the drug leaves: enzymes of liver and gut, each held by every ligand, and the kidney.

    v = E·CLint·u / (1 + Σⱼ uⱼ/Kⱼ)      CLint = Vmax/Km of one enzyme molecule

u is the unbound concentration at the enzyme; the sum runs over every compound present that
has a Km or Ki at this enzyme, the substrate included, so that saturation and the mutual
inhibition of drug and metabolite come out by themselves. A pathway without an enzyme of its
own (``other``, ``UGT``) is linear in u and scales with the liver.
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.equations.expression import Expression
from reuptake.equations.system import SystemBuilder
from reuptake.evidence.compounds import Pathway
from reuptake.model.mechanism import AbstractMechanism, Cast

__all__ = ["Elimination"]

CYTOCHROMES = ("CYP1A2", "CYP2C19", "CYP3A4", "CYP2D6")


class Elimination(AbstractMechanism):
    """Metabolism in liver and enterocyte, excretion by the kidney."""

    name: ClassVar[str] = "elimination"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        for name in cast.names:
            builder.state(f"{name}.urine", "nmol", meaning=f"{name} excreted in urine")
            builder.state(f"{name}.metabolised", "nmol", meaning=f"{name} turned into what is not followed")
        for enzyme in CYTOCHROMES:
            self._amount(builder, enzyme)
            self._crowding(builder, cast, enzyme, "liver")
        if any("po" in routes for routes in cast.dosed.values()):
            self._crowding(builder, cast, "CYP3A4", "enterocyte")
        for compound in cast.compounds:
            for pathway in compound.pathways:
                self._in_liver(builder, cast, compound.compound, pathway)
                if pathway.gut and "po" in cast.dosed.get(compound.compound, ()):
                    self._in_gut(builder, cast, compound.compound, pathway)
            self._kidney(builder, compound.compound)

    def _amount(self, builder: SystemBuilder, enzyme: str) -> None:
        abundance = builder.parameter(f"{enzyme.lower()}.abundance", "pmol_enzyme/mg_protein")
        protein = builder.parameter("liver.microsomal_protein", "mg_protein/g_tissue")
        builder.define(f"{enzyme}.liver.amount", abundance * protein * builder.known("liver.mass"), "nmol_enzyme")

    def _crowding(self, builder: SystemBuilder, cast: Cast, enzyme: str, place: str) -> None:
        """The denominator 1 + Σ u/K at one enzyme in one place."""
        total = builder.graph.number(1.0)
        for name in cast.names:
            for constant in ("km", "ki"):
                key = f"{name}.{enzyme.lower()}.{constant}"
                if cast.find(key) and builder.has(f"{name}.{place}.unbound"):
                    total = total + builder.known(f"{name}.{place}.unbound") / builder.parameter(key, "nmol/L")
                    break
        builder.define(f"{enzyme}.{place}.crowding", total, "")

    def _in_liver(self, builder: SystemBuilder, cast: Cast, name: str, pathway: Pathway) -> None:
        unbound, key = builder.known(f"{name}.liver.unbound"), f"{name}.{pathway.enzyme.lower()}.clint"
        if pathway.enzyme in CYTOCHROMES:
            clint = builder.parameter(key, "µL/min/pmol_enzyme")
            busy = builder.known(f"{pathway.enzyme}.liver.crowding")
            rate = builder.known(f"{pathway.enzyme}.liver.amount") * clint * unbound / busy
        else:
            rate = builder.parameter(key, "L/h/kg_tissue") * builder.known("liver.mass") * unbound
        self._form(builder, cast, name, pathway, rate, source=f"{name}.liver", place="liver")

    def _in_gut(self, builder: SystemBuilder, cast: Cast, name: str, pathway: Pathway) -> None:
        enzyme = pathway.enzyme
        clint = builder.parameter(f"{name}.{enzyme.lower()}.clint", "µL/min/pmol_enzyme")
        amount = builder.parameter(f"{enzyme.lower()}.gut_amount", "nmol_enzyme")
        # The gut follows the liver's abundance relative to usual: one gene, one induction.
        usual = builder.parameter(f"{enzyme.lower()}.abundance_reference", "pmol_enzyme/mg_protein")
        relative = builder.parameter(f"{enzyme.lower()}.abundance", "pmol_enzyme/mg_protein") / usual
        unbound, busy = (
            builder.known(f"{name}.enterocyte.unbound"),
            builder.known(f"{enzyme}.enterocyte.crowding"),
        )
        rate = amount * relative * clint * unbound / busy
        self._form(builder, cast, name, pathway, rate, source=f"{name}.enterocyte", place="portal")

    def _form(
        self,
        builder: SystemBuilder,
        cast: Cast,
        name: str,
        pathway: Pathway,
        rate: Expression,
        *,
        source: str,
        place: str,
    ) -> None:
        """Send what is formed to the product.

        Where an escape fraction is known, it is the whole fate of the metabolite in the cell that makes
        it: what escapes leaves with the hepatic vein and is not extracted once more on the way.
        """
        title = f"{name}: {pathway.enzyme} {pathway.reaction} in {source.rsplit('.', 1)[-1]}"
        product = pathway.product
        if product is None:
            builder.flow(title, rate, source=source, target=f"{name}.metabolised")
        elif cast.find(f"{product}.escape_fraction"):
            escaping = builder.parameter(f"{product}.escape_fraction", "")
            leaving = "venous" if place == "liver" else place
            builder.flow(title, escaping * rate, source=source, target=f"{product}.{leaving}")
            builder.flow(
                f"{title}, then conjugated",
                (1.0 - escaping) * rate,
                source=source,
                target=f"{product}.metabolised",
            )
        else:
            builder.flow(title, rate, source=source, target=f"{product}.{place}")

    def _kidney(self, builder: SystemBuilder, name: str) -> None:
        """Filtration of the unbound drug, times what secretion adds or reabsorption takes back."""
        filtration = builder.parameter("kidney.filtration_rate", "mL/min")
        net = builder.parameter(f"{name}.renal_factor", "")
        rate = filtration * net * builder.known(f"{name}.kidney.unbound")
        builder.flow(f"{name}: kidney to urine", rate, source=f"{name}.kidney", target=f"{name}.urine")
