"""Where the drug goes: how tissues hold it, how blood carries it, how it enters the brain.

Partition of strong bases after Rodgers & Rowland (rodgers2005): water, neutral lipids, and
binding of the cation to acidic phospholipids, whose strength is read off red cells.

    Kpu_rbc = (B:P − 1 + Hct) / (Hct·fu)
    K_AP    = [Kpu_rbc − (1+Z)/(1+Y)·iw_rbc − L_rbc/(1+Y)] · (1+Y)/(ap_rbc·Z)
    Kpu_t   = [ew + (1+X)/(1+Y)·iw + L_t/(1+Y) + K_AP·ap_t·X/(1+Y)] · scalars
    L(x)    = x·nl + (0.3·x + 0.7)·np
    X, Y, Z = 10^(pKa − pH) in cells, plasma, red cells

Organs are limited by their blood flow: what leaves them is at equilibrium with them.

    u_t = A_t / (V_t·Kpu_t)          unbound concentration
    dA_t/dt = Q_t·(C_art − u_t·(B:P)/fu)

The brain is limited by its barrier; its interstitial fluid is the biophase of all targets.
"""

from __future__ import annotations

from typing import ClassVar

from reuptake.equations.expression import Expression
from reuptake.equations.system import SystemBuilder
from reuptake.evidence.compounds import Compound
from reuptake.model.mechanism import PERFUSED, AbstractMechanism, Cast

__all__ = ["Distribution"]

# rodgers2005: neutral phospholipids behave as 30 % neutral lipid and 70 % water.
LIPID_LIKE, WATER_LIKE = 0.3, 0.7
# rodgers2005: vegetable oil and not octanol stands for adipose; log P_oil = 1.115·log P − 1.35.
OIL_SLOPE, OIL_OFFSET = 1.115, 1.35


class Distribution(AbstractMechanism):
    """Binding in plasma, partition, whole-body transport and the brain."""

    name: ClassVar[str] = "distribution"

    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        for compound in cast.compounds:
            name = compound.compound
            if name not in cast.whole_body:
                continue
            self._binding(builder, compound)
            self._partition(builder, name)
            self._pools(builder, name)
            self._transport(builder, name)
            self._brain(builder, name)
            plasma = self._sampled(builder, name)
            mass = builder.parameter(f"{name}.molar_mass", "g/mol")
            builder.output(f"plasma.{name}", plasma * mass, "ng/mL", kind="level")

    def _binding(self, builder: SystemBuilder, compound: Compound) -> None:
        """Unbound fraction at this subject's protein level, of which the named protein carries a share.

        bound/free = (1 − fu)/fu · (1 − share + share·P/P_ref)
        """
        name = compound.compound
        reference = builder.parameter(f"{name}.fraction_unbound", "")
        unbound = reference * 1.0
        if compound.binds != "constant":
            share = builder.parameter(f"{name}.{compound.binds}_share", "")
            protein = builder.parameter(f"plasma.{compound.binds}", "g/L")
            usual = builder.parameter(f"plasma.{compound.binds}_reference", "g/L")
            bound = (1.0 - reference) * (1.0 - share + share * protein / usual)
            unbound = reference / (reference + bound)
        builder.define(f"{name}.unbound_fraction", unbound, "")

    def _partition(self, builder: SystemBuilder, name: str) -> None:
        pka, logp = builder.parameter(f"{name}.pka", ""), builder.parameter(f"{name}.logp", "")
        x = 10.0 ** (pka - builder.parameter("cell.ph", ""))
        y = 10.0 ** (pka - builder.parameter("plasma.ph", ""))
        z = 10.0 ** (pka - builder.parameter("rbc.ph", ""))
        octanol, oil = 10.0**logp, 10.0 ** (OIL_SLOPE * logp - OIL_OFFSET)
        x, y, z = (builder.define(f"{name}.ionised_over_neutral.{where}", ratio, "")
                   for where, ratio in (("cell", x), ("plasma", y), ("rbc", z)))  # fmt: skip
        measured_at = builder.parameter("blood.haematocrit_reference", "")
        ratio = builder.parameter(f"{name}.blood_plasma_ratio", "")
        unbound = builder.parameter(f"{name}.fraction_unbound", "")
        red_cells = builder.define(f"{name}.rbc.kpu", (ratio - 1.0 + measured_at) / (measured_at * unbound), "")
        water = builder.parameter("rbc.water_intracellular", "")
        acidic = builder.parameter("rbc.acidic_phospholipid", "mg/g_tissue")
        rest = red_cells - (1.0 + z) / (1.0 + y) * water - self._lipid(builder, "rbc", octanol) / (1.0 + y)
        affinity = builder.define(f"{name}.phospholipid_affinity", rest * (1.0 + y) / (acidic * z), "g_tissue/mg")
        scale = builder.parameter(f"{name}.kp_scale", "")
        for tissue in (*PERFUSED, "brain"):
            outside = builder.parameter(f"{tissue}.water_extracellular", "")
            inside = builder.parameter(f"{tissue}.water_intracellular", "")
            acidic = builder.parameter(f"{tissue}.acidic_phospholipid", "mg/g_tissue")
            lipid = self._lipid(builder, tissue, oil if tissue == "adipose" else octanol)
            kpu = outside + (1.0 + x) / (1.0 + y) * inside + lipid / (1.0 + y) + affinity * acidic * x / (1.0 + y)
            observed = builder.parameter(f"{tissue}.kp_scalar", "")
            builder.define(f"{name}.{tissue}.kpu", kpu * observed * scale, "")
        haematocrit = builder.parameter("blood.haematocrit", "")
        blood = 1.0 - haematocrit + haematocrit * red_cells * builder.known(f"{name}.unbound_fraction")
        builder.define(f"{name}.blood_plasma_ratio", blood, "")

    def _lipid(self, builder: SystemBuilder, tissue: str, partition: Expression) -> Expression:
        neutral = builder.parameter(f"{tissue}.neutral_lipid", "")
        phospholipid = builder.parameter(f"{tissue}.neutral_phospholipid", "")
        return partition * neutral + (LIPID_LIKE * partition + WATER_LIKE) * phospholipid

    def _pools(self, builder: SystemBuilder, name: str) -> None:
        """Amounts (nmol) in blood and organs, and the concentrations they make."""
        for pool in ("arterial", "venous", "portal"):
            amount = builder.state(f"{name}.{pool}", "nmol", meaning=f"{name} in {pool} blood")
            builder.define(f"{name}.{pool}.concentration", amount / builder.known(f"{pool}.blood_volume"), "nmol/L")
        to_blood = builder.known(f"{name}.blood_plasma_ratio") / builder.known(f"{name}.unbound_fraction")
        for tissue in PERFUSED:
            amount = builder.state(f"{name}.{tissue}", "nmol", meaning=f"{name} in {tissue}")
            holds = builder.known(f"{tissue}.volume") * builder.known(f"{name}.{tissue}.kpu")
            unbound = builder.define(f"{name}.{tissue}.unbound", amount / holds, "nmol/L")
            builder.define(f"{name}.{tissue}.leaving", unbound * to_blood, "nmol/L")

    def _transport(self, builder: SystemBuilder, name: str) -> None:
        def carry(source: str, target: str, flow: str, concentration: str) -> None:
            rate = builder.known(f"{flow}.flow") * builder.known(f"{name}.{concentration}")
            builder.flow(f"{name}: {source} to {target}", rate, source=f"{name}.{source}", target=f"{name}.{target}")

        for tissue in PERFUSED:
            if tissue != "lung":
                carry("arterial", tissue, tissue, "arterial.concentration")
            if tissue in ("gut", "spleen"):
                carry(tissue, "portal", tissue, f"{tissue}.leaving")
            elif tissue not in ("lung", "liver"):
                carry(tissue, "venous", tissue, f"{tissue}.leaving")
        carry("portal", "liver", "portal", "portal.concentration")
        through = (builder.known("liver.flow") + builder.known("portal.flow")) * builder.known(f"{name}.liver.leaving")
        builder.flow(f"{name}: liver to venous", through, source=f"{name}.liver", target=f"{name}.venous")
        carry("venous", "lung", "lung", "venous.concentration")
        carry("lung", "arterial", "lung", "lung.leaving")

    def _sampled(self, builder: SystemBuilder, name: str) -> Expression:
        """Plasma as it is sampled: arterial, since doses enter the central veins and have not mixed there."""
        arterial = builder.known(f"{name}.arterial.concentration") / builder.known(f"{name}.blood_plasma_ratio")
        return builder.define(f"{name}.plasma.concentration", arterial, "nmol/L")

    def _brain(self, builder: SystemBuilder, name: str) -> None:
        """Capillary blood ⇄ interstitial fluid ⇄ cells; interstitial fluid → CSF → venous blood."""
        part = {
            place: builder.state(f"{name}.brain.{place}", "nmol", meaning=f"{name} in brain {place.replace('_', ' ')}")
            for place in ("capillary", "interstitial", "cell", "csf")
        }
        fluid = builder.parameter("brain.interstitial_volume", "mL")
        csf = builder.parameter("brain.csf_volume", "mL")
        mass = builder.parameter("brain.mass", "kg_tissue")
        volume = mass / builder.parameter("brain.density", "kg_tissue/L")
        blood = part["capillary"] / builder.known("brain.blood_volume")
        to_blood = builder.known(f"{name}.blood_plasma_ratio") / builder.known(f"{name}.unbound_fraction")
        biophase = builder.define(f"{name}.biophase", part["interstitial"] / fluid, "nmol/L")
        # What cells hold beyond the fluid around them: total brain Kpu·V less the fluid itself.
        holds = volume * builder.known(f"{name}.brain.kpu") - fluid
        in_cells = builder.define(f"{name}.brain.cell.unbound", part["cell"] / holds, "nmol/L")
        in_csf = builder.define(f"{name}.brain.csf.concentration", part["csf"] / csf, "nmol/L")
        inward = builder.parameter(f"{name}.barrier_influx", "mL/min/g_tissue") * mass
        outward = builder.parameter(f"{name}.barrier_efflux", "mL/min/g_tissue") * mass
        membrane = builder.parameter("brain.cell_exchange", "mL/min/g_tissue") * mass
        bulk = builder.parameter("brain.interstitial_flow", "mL/min")
        drain = builder.parameter("brain.csf_flow", "mL/min")
        steps = (
            (
                "arterial",
                "brain.capillary",
                builder.known("brain.flow") * builder.known(f"{name}.arterial.concentration"),
            ),
            ("brain.capillary", "venous", builder.known("brain.flow") * blood),
            ("brain.capillary", "brain.interstitial", inward * blood / to_blood),
            ("brain.interstitial", "brain.capillary", outward * biophase),
            ("brain.interstitial", "brain.cell", membrane * biophase),
            ("brain.cell", "brain.interstitial", membrane * in_cells),
            ("brain.interstitial", "brain.csf", bulk * biophase),
            ("brain.capillary", "brain.csf", (drain - bulk) * blood / to_blood),
            ("brain.csf", "venous", drain * in_csf),
        )
        for source, target, rate in steps:
            builder.flow(f"{name}: {source} to {target}", rate, source=f"{name}.{source}", target=f"{name}.{target}")
        # The organ as it is taken out and weighed: tissue and the blood in it, without the fluid around it.
        held = (part["capillary"] + part["interstitial"] + part["cell"]) / mass
        molar = builder.parameter(f"{name}.molar_mass", "g/mol")
        builder.output(f"brain.{name}", held * molar, "ng/g_tissue", kind="tissue")
