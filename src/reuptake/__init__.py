"""reuptake: the mechanism of action of reuptake inhibitors, executable. Research use only.

Public names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = [
    "InputError",
    "ReuptakeError",
    "RunError",
    "__version__",
    "dossier",
    "evidence",
    "fit",
    "fit_population",
    "individual",
    "interact",
    "nca",
    "plot",
    "sensitivity",
    "simulate",
    "stream",
]


def __getattr__(name: str) -> Any:
    if name == "simulate":
        from reuptake.simulation.run import simulate

        return simulate
    if name == "stream":
        from reuptake.simulation.run import stream

        return stream
    if name == "interact":
        from reuptake.experiments.interaction import interact

        return interact
    if name == "sensitivity":
        from reuptake.calibration.sensitivity.study import sensitivity

        return sensitivity
    if name == "individual":
        from reuptake.calibration.individual import individual

        return individual
    if name == "evidence":
        from reuptake.evidence.base import packaged

        return packaged
    if name == "fit":
        from reuptake.calibration.fit import fit

        return fit
    if name == "fit_population":
        from reuptake.calibration.mixed.fit import fit_population

        return fit_population
    if name == "nca":
        from reuptake.exchange.analysis import nca

        return nca
    if name == "plot":
        from reuptake.reports.plot import plot

        return plot
    if name == "dossier":
        from reuptake.reports.dossier import dossier

        return dossier
    if name in ("InputError", "ReuptakeError", "RunError"):
        from reuptake.errors import InputError, ReuptakeError, RunError

        return {"InputError": InputError, "ReuptakeError": ReuptakeError, "RunError": RunError}[name]
    raise AttributeError(f"module 'reuptake' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
