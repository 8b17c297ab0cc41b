"""The answer of ``nca``."""

from __future__ import annotations

import json

from reuptake.exchange.analysis import UNITS, Analysis
from reuptake.reports.answers.shapes import Answer
from reuptake.simulation.provenance import USE

__all__ = ["NcaAnswer", "ProfileAnswer", "nca_answer"]


class ProfileAnswer(Answer):
    """Measures of one measured profile; null where not estimable, with the reason among its flags or the notes."""

    id: str
    analyte: str | None
    period: str | None
    treatment: str | None
    route: str
    cmax: float | None
    tmax: float | None
    clast: float | None
    tlast: float | None
    tlag: float | None
    c0: float | None
    auc_last: float | None
    auc_all: float | None
    auc_inf: float | None
    auc_inf_predicted: float | None
    extrapolated: float | None
    back_extrapolated: float | None
    aumc_last: float | None
    aumc_inf: float | None
    mrt: float | None
    lambda_z: float | None
    half_life: float | None
    r2_adjusted: float | None
    lambda_z_points: int | None
    lambda_z_start: float | None
    lambda_z_end: float | None
    span: float | None
    cl: float | None
    cl_f: float | None
    vz: float | None
    vz_f: float | None
    vss: float | None
    auc_tau: float | None
    cavg: float | None
    cmin: float | None
    ctrough: float | None
    fluctuation: float | None
    swing: float | None
    accumulation_index: float | None
    accumulation_ratio: float | None
    dose: float | None
    cmax_per_dose: float | None
    auc_last_per_dose: float | None
    auc_inf_per_dose: float | None
    auc_tau_per_dose: float | None
    samples: int
    quantified: int
    flags: list[str]


class NcaAnswer(Answer):
    """Measured profiles, and the units of their measures; one profile a line, since there may be many."""

    subjects: list[ProfileAnswer]
    units: dict[str, str]
    notes: list[str]

    def text(self) -> str:
        profiles = ",\n".join(map(_ascii, self.subjects))
        rest = f'"units": {json.dumps(self.units)}, "notes": {json.dumps(self.notes)}'
        return f'{{"subjects": [\n{profiles}\n], {rest}}}'


def _ascii(answer: Answer) -> str:
    """An answer on one line; pydantic's own text where that is ASCII, since it is made much faster."""
    text = answer.model_dump_json()
    return text if text.isascii() else json.dumps(answer.model_dump(mode="json"), allow_nan=False)


def nca_answer(found: Analysis) -> NcaAnswer:
    """The answer of ``reuptake nca``."""
    units = {name: written for name, written in UNITS.items() if written}
    return NcaAnswer(subjects=[ProfileAnswer(**row) for row in found.rows()], units=units, notes=[*found.notes, USE])
