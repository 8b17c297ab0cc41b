"""Published studies as residuals: slopes are those of differences, and a study's own effect is no prediction."""

from pathlib import Path

import numpy as np
import pytest

from reuptake.calibration.moving import translation_of
from reuptake.calibration.parameters import to_search
from reuptake.calibration.published import SIGNS, Published
from reuptake.calibration.specification import read_specification
from reuptake.evidence.base import packaged
from reuptake.simulation.observation import OBSERVED, Laboratories, askable, simulator

FIT = Path(__file__).parents[3] / "fits" / "disposition-2.yaml"
STUDIES = ("brosen1986", "abernethy1984")
TIGHT, STEP = 1e-10, 3e-4


@pytest.fixture(scope="module")
def made():
    specification, document = read_specification(FIT)
    evidence = packaged()
    translation = translation_of(specification, document, evidence)
    run = simulator(Laboratories(evidence, kinds=OBSERVED), {})
    studies = [study for study in evidence.studies if study.id in STUDIES]
    asked, _ = askable(evidence, studies, run)
    questions = [(study, o) for study, o in asked if not study.arm(o.arm).coadministered]
    weighing = specification.weighing.model_copy(update={"bend": None})
    return Published(evidence, questions, translation, weighing, 0.15, threads=2, relative=TIGHT)


@pytest.fixture(scope="module")
def place(made):
    return to_search(made.parameters, [one.start for one in made.parameters])


def test_slopes_agree_with_differences_of_whole_simulations(made, place):
    """By Richardson's rule, O(h⁴). What is read off chosen points has no slope where the choice changes."""
    exact = made.residuals(place).slopes
    count = len(made.translation.parameters)
    nudges = [(sign * size * STEP, j) for j in range(count) for size in (1.0, 2.0) for sign in (1.0, -1.0)]
    moved = [place + np.eye(len(place))[j] * by for by, j in nudges]
    found = np.array([residuals.values for residuals in made.several(moved)]).reshape(count, 2, 2, -1)
    near = (found[:, 0, 0] - found[:, 0, 1]) / (2.0 * STEP)
    far = (found[:, 1, 0] - found[:, 1, 1]) / (4.0 * STEP)
    differences = ((4.0 * near - far) / 3.0).T
    chosen = ("half_life", "volume_steady_state", "mean_residence_time", "clearance", "tmax")
    jumpy = np.array([any(word in label for word in chosen) for label in made.labels])
    largest = np.max(np.abs(exact[:, :count]), axis=0)
    felt = largest > 0.01  # where 1/σ = 6.7 is the slope of what goes along with a parameter
    assert felt.sum() >= 10
    off = np.abs(differences - exact[:, :count])[:, felt] / largest[felt]
    assert (~jumpy).sum() >= 5
    assert np.all(off[~jumpy] <= 1e-5)
    assert np.mean(off[jumpy] <= 1e-5) > 0.8


def test_several_places_are_each_as_if_alone(made, place):
    other = place + 0.1
    together = made.several([place, other])
    for x, found in zip((place, other), together, strict=True):
        alone = made.residuals(x)
        assert alone.values.tobytes() == found.values.tobytes()
        assert alone.slopes.tobytes() == found.slopes.tobytes()


def test_an_effect_moves_the_levels_of_its_study_and_no_prediction(made, place):
    assert made.effects
    moved = place.copy()
    moved[len(made.translation.parameters)] = 0.2
    assert made.predicted(moved).tobytes() == made.predicted(place).tobytes()
    study, drug = made.effects[0]
    shift = (made.residuals(moved).values - made.residuals(place).values) * 0.15
    for (of, o), by in zip(made.questions, shift, strict=True):
        own = of.id == study and of.arm(o.arm).compound == drug and o.quantity in SIGNS
        ratio = o.relative_to or o.relative_to_analyte
        assert (abs(by) > 0.0) == bool(own and not ratio)


def test_a_study_speaks_once_for_each_kind_of_result(made, place):
    """Weights of one study, analyte and quantity, squared, add up to that of one result."""
    weights = made.weights**2 * 0.15**2
    kinds = [(study.id, o.analyte, o.quantity, o.relative_to is None) for study, o in made.questions]
    rough = made.weights < 0.9 / 0.15 / np.sqrt([kinds.count(kind) for kind in kinds])
    for kind in set(kinds):
        own = np.array([one == kind for one in kinds])
        if not rough[own].any():
            assert weights[own].sum() == pytest.approx(1.0)
