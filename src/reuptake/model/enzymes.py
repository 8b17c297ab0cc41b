"""How much of each enzyme there is, and how busy it is.

    E       = abundance · protein of the liver · G · level        liver, nmol of enzyme
    G       = (AS/AS_ref)^b · a · (1 + s·(fold − 1))              genes and habits: constant in a subject
    crowding = 1 + Σⱼ uⱼ/Kⱼ                                       every ligand present, the substrate included
    dlevel/dt = k·(1 + Σⱼ Emaxⱼ·uⱼ/(EC50ⱼ + uⱼ))·Πⱼ(1 − Imaxⱼ·uⱼ/(IC50ⱼ + uⱼ)) − (k + Σⱼ kinactⱼ·uⱼ/(KIⱼ + uⱼ))·level

AS is the activity score of the gene, s whether the subject smokes, u the unbound concentration at the enzyme,
K a Km or a Ki, k the rate of turnover. Activity, as reported, is what habits and other drugs make of the enzyme:
(1 + s·(fold − 1))·level/crowding. The level is 1 in a subject who takes nothing; it is a state only where a
compound induces, suppresses or inactivates the enzyme. An enzyme whose abundance no record gives, such as UGT, is
counted relative to usual: its pathways are scaled by the liver's mass. In the gut the same is written for the
enterocyte; genes and habits hold there too.
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.equations.expression import Expression
from reuptake.equations.system import SystemBuilder
from reuptake.model.mechanism import AbstractMechanism, Cast

__all__ = ["Enzymes"]

PLACES = ("liver", "enterocyte")


class Enzymes(AbstractMechanism):
    """Amounts, turnover and occupation of the enzymes in liver and gut wall."""

    name: ClassVar[str] = "enzymes"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        for enzyme in cast.enzymes:
            self._genes_and_habits(builder, cast, enzyme)
            self._amount(builder, cast, enzyme)
            self._place(builder, cast, enzyme, "liver")
            if enzyme in cast.gut_enzymes:
                self._place(builder, cast, enzyme, "enterocyte")
            active = builder.known(f"{enzyme}.habits") * builder.known(f"{enzyme}.liver.level")
            active = active / builder.known(f"{enzyme}.liver.crowding")
            builder.output(f"activity.{enzyme}", active, "", kind="activity")

    def _genes_and_habits(self, builder: SystemBuilder, cast: Cast, enzyme: str) -> None:
        """What genotype and smoking make of the enzyme, relative to usual."""
        key, relative = enzyme.lower(), builder.graph.number(1.0)
        if cast.find(f"{key}.activity_score"):
            score = builder.parameter(f"{key}.activity_score", "") / builder.parameter(f"{key}.score_reference", "")
            relative = relative * score ** builder.parameter(f"{key}.score_exponent", "")
        if cast.find(f"{key}.relative_activity"):
            relative = relative * builder.parameter(f"{key}.relative_activity", "")
        habits = builder.graph.number(1.0)
        for habit in cast.habits:
            if cast.find(f"{habit}.{key}.fold"):
                fold = builder.parameter(f"{habit}.{key}.fold", "")
                habits = habits * (1.0 + builder.parameter(f"{habit}.exposure", "") * (fold - 1.0))
        habits = builder.define(f"{enzyme}.habits", habits, "")
        builder.define(f"{enzyme}.relative", relative * habits, "")

    def _amount(self, builder: SystemBuilder, cast: Cast, enzyme: str) -> None:
        """Usual amount in the liver at this subject's abundance and genes; in the gut it follows the liver's."""
        key, relative = enzyme.lower(), builder.known(f"{enzyme}.relative")
        if not cast.find(f"{key}.abundance"):
            return
        abundance = builder.parameter(f"{key}.abundance", "pmol_enzyme/mg_protein")
        protein = builder.parameter("liver.microsomal_protein", "mg_protein/g_tissue")
        amount = abundance * protein * builder.known("liver.mass") * relative
        builder.define(f"{enzyme}.liver.amount", amount, "nmol_enzyme")
        if enzyme in cast.gut_enzymes:
            usual = builder.parameter(f"{key}.abundance_reference", "pmol_enzyme/mg_protein")
            amount = builder.parameter(f"{key}.gut_amount", "nmol_enzyme") * (abundance / usual) * relative
            builder.define(f"{enzyme}.enterocyte.amount", amount, "nmol_enzyme")

    def _place(self, builder: SystemBuilder, cast: Cast, enzyme: str, place: str) -> None:
        here = {name: f"{name}.{place}.unbound" for name in cast.names if builder.has(f"{name}.{place}.unbound")}
        self._crowding(builder, cast, enzyme, place, here)
        self._level(builder, cast, enzyme, place, here)

    def _crowding(self, builder: SystemBuilder, cast: Cast, enzyme: str, place: str, here: dict[str, str]) -> None:
        total = builder.graph.number(1.0)
        for name, unbound in here.items():
            key = cast.first(f"{name}.{enzyme.lower()}.km", f"{name}.{enzyme.lower()}.ki")
            if key:
                total = total + builder.known(unbound) / builder.parameter(key, "nmol/L")
        builder.define(f"{enzyme}.{place}.crowding", total, "")

    def _level(self, builder: SystemBuilder, cast: Cast, enzyme: str, place: str, here: dict[str, str]) -> None:
        """A state where something moves the enzyme, else the constant 1."""
        key, one = enzyme.lower(), builder.graph.number(1.0)

        def saturating(name: str, most: str, unit: str, half: str) -> Expression | None:
            if not cast.find(f"{name}.{key}.{most}"):
                return None
            unbound = builder.known(here[name])
            return (
                builder.parameter(f"{name}.{key}.{most}", unit) * unbound
                / (builder.parameter(f"{name}.{key}.{half}", "nmol/L") + unbound)
            )  # fmt: skip

        made, lost = one, None
        for name in here:
            induction = saturating(name, "induction_emax", "", "induction_ec50")
            made = made if induction is None else made + induction
        for name in here:
            suppression = saturating(name, "suppression_maximum", "", "suppression_ec50")
            made = made if suppression is None else made * (1.0 - suppression)
            inactivation = saturating(name, "inactivation_rate", "1/h", "inactivation_constant")
            lost = inactivation if lost is None else lost if inactivation is None else lost + inactivation
        if made is one and lost is None:
            builder.define(f"{enzyme}.{place}.level", one, "")
            return
        turnover = builder.parameter(f"{key if place == 'liver' else place}.turnover_rate", "1/h")
        state = f"{enzyme}.{place}.enzyme"
        level = builder.state(state, "", initial=one, meaning=f"{enzyme} in the {place}, relative to usual")
        builder.flow(f"{enzyme}: made in {place}", turnover * made, target=state)
        builder.flow(
            f"{enzyme}: lost in {place}", (turnover if lost is None else turnover + lost) * level, source=state
        )
        builder.define(f"{enzyme}.{place}.level", level * 1.0, "")
