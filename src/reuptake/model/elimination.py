"""How the drug leaves: enzymes of liver and gut, each held by every ligand, and the kidney.

    v = E·level·CLint·u / crowding         CLint = Vmax/Km of one enzyme molecule
    v = m_liver·relative·level·CLint·u / crowding      an enzyme that is counted relative to usual
    v = GFR·factor·u                       kidney: filtration, times what secretion adds or reabsorption takes back

u is the unbound concentration at the enzyme; amounts, levels and crowding are those of the chapter on enzymes.
A pathway without an enzyme of its own (``minor``, ``other``, ``unassigned``) is linear in u and scales with the liver.

What each enzyme of the liver makes of a drug at the time, inhibited or induced as it is, is reported as
intrinsic clearance of unbound drug, v/u.
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.equations.expression import Expression
from reuptake.equations.system import SystemBuilder
from reuptake.evidence.compounds import Pathway
from reuptake.model.mechanism import AbstractMechanism, Cast

__all__ = ["Elimination"]


class Elimination(AbstractMechanism):
    """Metabolism in liver and enterocyte, excretion by the kidney."""

    name: ClassVar[str] = "elimination"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        for name in cast.names:
            builder.state(f"{name}.urine", "nmol", meaning=f"{name} excreted in urine")
            builder.state(f"{name}.metabolised", "nmol", meaning=f"{name} turned into what is not followed")
        for compound in cast.compounds:
            name = compound.compound
            for pathway in compound.reactions(cast.species):
                intrinsic = self._in_liver(builder, cast, name, pathway)
                if compound.kind == "drug" and name in cast.whole_body:
                    builder.output(f"intrinsic.{name}.{pathway.enzyme}", intrinsic, "L/h", kind="clearance")
                if pathway.gut and f"{name}.enterocyte" in builder.state_names:
                    self._in_gut(builder, cast, name, pathway)
            self._kidney(builder, cast, name)

    def _in_liver(self, builder: SystemBuilder, cast: Cast, name: str, pathway: Pathway) -> Expression:
        """Add the reaction; return the intrinsic clearance of unbound drug (L/h) that it makes."""
        enzyme, key = pathway.enzyme, f"{name}.{pathway.enzyme.lower()}.clint"
        if builder.has(f"{enzyme}.liver.amount"):
            clint = builder.known(f"{enzyme}.liver.amount") * builder.parameter(key, "µL/min/pmol_enzyme")
        else:
            clint = builder.parameter(key, "L/h/kg_tissue") * builder.known("liver.mass")
            if enzyme in cast.enzymes:
                clint = clint * builder.known(f"{enzyme}.relative")
        if enzyme in cast.enzymes:
            clint = clint * builder.known(f"{enzyme}.liver.level") / builder.known(f"{enzyme}.liver.crowding")
        rate = clint * builder.known(f"{name}.liver.unbound")
        self._form(builder, cast, name, pathway, rate, source=f"{name}.liver", place="liver")
        return clint

    def _in_gut(self, builder: SystemBuilder, cast: Cast, name: str, pathway: Pathway) -> None:
        enzyme = pathway.enzyme
        clint = builder.parameter(f"{name}.{enzyme.lower()}.clint", "µL/min/pmol_enzyme")
        amount = builder.known(f"{enzyme}.enterocyte.amount") * builder.known(f"{enzyme}.enterocyte.level")
        rate = amount * clint * builder.known(f"{name}.enterocyte.unbound")
        rate = rate / builder.known(f"{enzyme}.enterocyte.crowding")
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

        Of what a liver cell forms a part may leave with the hepatic vein and is not extracted once more on the way:
        the escape fraction, of which the rest is metabolised where it was formed, or the unextracted fraction, of
        which the rest mixes with what the liver holds. Without either all of it mixes.
        """
        title = f"{name}: {pathway.enzyme} {pathway.reaction} in {source.rsplit('.', 1)[-1]}"
        product = pathway.product
        if product is None:
            builder.flow(title, rate, source=source, target=f"{name}.metabolised")
            return
        escape, unextracted = f"{product}.escape_fraction", f"{product}.unextracted_fraction"
        leaving = cast.veins(product) if place == "liver" else place
        if cast.find(escape):
            escaping = builder.parameter(escape, "")
            builder.flow(title, escaping * rate, source=source, target=f"{product}.{leaving}")
            self._metabolise(builder, cast, product, title, (1.0 - escaping) * rate, source, place)
        elif place == "liver" and cast.find(unextracted):
            escaping = builder.parameter(unextracted, "")
            builder.flow(title, escaping * rate, source=source, target=f"{product}.{leaving}")
            builder.flow(f"{title}, mixed", (1.0 - escaping) * rate, source=source, target=f"{product}.{place}")
        else:
            builder.flow(title, rate, source=source, target=f"{product}.{place}")

    def _metabolise(
        self, builder: SystemBuilder, cast: Cast, product: str, title: str, rate: Expression, source: str, place: str
    ) -> None:
        """What the cell that forms a metabolite makes of it: a next product's share, where one is known, or waste."""
        onward = [one.product for one in cast.reactions(product) if one.product]
        if onward and cast.find(f"{product}.onward_share"):
            share = builder.parameter(f"{product}.onward_share", "")
            builder.flow(f"{title}, then onward", share * rate, source=source, target=f"{onward[0]}.{place}")
            rate = (1.0 - share) * rate
        builder.flow(f"{title}, then conjugated", rate, source=source, target=f"{product}.metabolised")

    def _kidney(self, builder: SystemBuilder, cast: Cast, name: str) -> None:
        filtration = builder.parameter("kidney.filtration_rate", "mL/min")
        net = builder.parameter(f"{name}.renal_factor", "")
        rate = filtration * net * builder.known(f"{name}.kidney.unbound")
        source = f"{name}.central" if name in cast.compact else f"{name}.kidney"
        builder.flow(f"{name}: kidney to urine", rate, source=source, target=f"{name}.urine")
