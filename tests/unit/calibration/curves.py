"""Objectives whose answers are known: any curve of parameters, with exact slopes by complex steps."""

import numpy as np

from reuptake.calibration.objective import AbstractObjective, Residuals
from reuptake.calibration.parameters import Parameter, from_search

STEP = 1e-30  # so small that its square vanishes: slopes are exact to the last digit


class Curve(AbstractObjective):
    """Measured numbers with a standard deviation, and a model of the values of parameters that explains them."""

    def __init__(self, parameters, model, measured, sd=1.0):
        self.parameters = tuple(parameters)
        self.measured = np.asarray(measured, dtype=float)
        self.labels = tuple(f"y{i}" for i in range(len(self.measured)))
        self.model, self.sd, self.asked = model, sd, 0

    def residuals(self, x):
        self.asked += 1
        b = from_search(self.parameters, x)
        stretch = [one.stretch(float(place)) for one, place in zip(self.parameters, x, strict=True)]
        with np.errstate(all="ignore"):
            values = (self.model(b) - self.measured) / self.sd
            tilts = [np.imag(self.model(b + STEP * 1j * unit)) / STEP / self.sd for unit in np.eye(len(b))]
        slopes = np.column_stack(tilts) if tilts else np.empty((len(values), 0))
        return Residuals(values, slopes * stretch)


def linear(design, measured, sd=1.0, reach=1e3):
    """Predictions design·b, parameters on a linear scale from −reach to reach."""
    names = [f"b{j}" for j in range(design.shape[1])]
    parameters = [Parameter(name, 0.1, -reach, reach, scale="linear") for name in names]
    return Curve(parameters, lambda b: design @ b, measured, sd)


def decay(measured, times, sd=0.05, **changed):
    """Predictions a·exp(−k·t), both searched on a log scale."""
    parameters = [Parameter("a", 1.0, 1e-3, 1e3, **changed), Parameter("k", 1.0, 1e-3, 1e3)]
    return Curve(parameters, lambda b: b[0] * np.exp(-b[1] * times), measured, sd)


def product(measured, sd=0.1, prior=None):
    """Predictions a·b at every point: only the product can be told."""
    parameters = [Parameter("a", 1.0, 1e-2, 1e2, prior=prior), Parameter("b", 1.0, 1e-2, 1e2)]
    return Curve(parameters, lambda b: b[0] * b[1] * np.ones(len(measured)), measured, sd)
