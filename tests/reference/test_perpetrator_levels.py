"""Do drugs that act on enzymes reach the levels that were published? Each within 1.5-fold."""

import pytest

from reuptake.evidence.base import packaged
from reuptake.simulation.observation import Laboratories, observe, simulator

# Clearances of the compound files rest in part on these same levels: the test says that what was derived by hand
# comes out of the equations, not that the model foretells it.
FOLD = 1.5
LEVELS = [
    pytest.param(study, observation, id=f"{study.id}-{observation.arm}-{observation.analyte}-{observation.quantity}")
    for study in packaged().studies
    if study.role == "information" and study.arms[0].compound in packaged().compounds
    for observation in study.observations
    if observation.use and observation.number is not None
    if packaged().compounds[study.arm(observation.arm).compound].disposition == "compact"
]
PERPETRATORS = {
    "bupropion", "cimetidine", "citalopram", "darifenacin", "desvenlafaxine", "duloxetine", "fluoxetine",
    "fluvoxamine", "ketoconazole", "paroxetine", "quinidine", "rifampicin", "sertraline", "terbinafine",
}  # fmt: skip


@pytest.fixture(scope="module")
def simulated():
    return simulator(Laboratories(packaged()), {})


@pytest.mark.parametrize(("study", "observation"), LEVELS)
def test_a_published_level_is_met_within_one_and_a_half(simulated, study, observation):
    level = observe(study, observation, simulated, packaged())
    assert observation.number / FOLD <= level <= observation.number * FOLD


def test_every_perpetrator_has_a_published_level():
    measured = {study.values[0].arm(study.values[1].arm).compound for study in LEVELS}
    assert measured == PERPETRATORS
    compact = {
        name for name, one in packaged().compounds.items() if one.disposition == "compact" and one.kind == "drug"
    }
    assert compact == PERPETRATORS
