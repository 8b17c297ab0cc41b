"""Does nature allow it? Laws that the whole-body model keeps for any subject and dose, in every species."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reuptake.dosing.events import Event
from reuptake.dosing.regimens import ROUTES
from reuptake.engine.ensemble import integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.evaluation import evaluate
from reuptake.evidence.base import packaged
from reuptake.model.absorption import open_routes
from reuptake.model.assemble import MODELLED_SPECIES
from reuptake.model.mechanism import PERFUSED, TARGETS
from reuptake.simulation.run import ABSOLUTE_SHARE, RELATIVE_TOLERANCE, prepare

GRID = np.unique(np.concatenate([np.geomspace(1e-3, 1.0, 20), np.arange(0.0, 73.0, 1.0)]))
# What a species has no such parameter or door for is left out.
VARIED = ("body.mass", "blood.haematocrit", "plasma.aag", "cyp2d6.abundance", "imipramine.cyp2d.clint", "heart.output")


@pytest.fixture(scope="module", params=MODELLED_SPECIES)
def laboratory(request):
    return prepare(packaged(), request.param, {"imipramine": open_routes(packaged(), "imipramine", request.param)})


def known(laboratory, changes):
    return [(name, factor) for name, factor in changes if name in laboratory.table.names]


def course(laboratory, events, changes=(), dose=None):
    """Values by output name, (time,), for the reference subject with some parameters scaled."""
    parameters = laboratory.table.matrix({}, 1)
    for name, factor in known(laboratory, changes):
        parameters[0, laboratory.table.names.index(name)] *= factor
    given_in = dose or sum(e.amount for e in events) - sum(e.rate * e.time for e in events)
    tolerances = Tolerances(RELATIVE_TOLERANCE, ABSOLUTE_SHARE * given_in)
    solution = integrate(laboratory.kernel, Batch(parameters, (tuple(events),)), GRID, tolerances)
    assert solution.outcomes[0].solved
    names = [output.name for output in laboratory.kernel.system.outputs]
    return dict(zip(names, solution.values[0].T, strict=True))


doses = st.floats(1e-3, 1e6)  # nmol; 50 mg of imipramine hydrochloride are 1.6e5
routes = st.sampled_from(ROUTES)
subjects = st.lists(st.tuples(st.sampled_from(VARIED), st.floats(0.4, 2.5)), max_size=4)


def has_door(laboratory, route):
    return f"imipramine.{route}" in {door.name for door in laboratory.kernel.system.inputs}


def events_of(route, dose, at=0.0):
    if route == "iv-infusion":
        return [
            Event(at, "imipramine.iv-infusion", rate=dose / 2.0),
            Event(at + 2.0, "imipramine.iv-infusion", rate=-dose / 2.0),
        ]
    return [Event(at, f"imipramine.{route}", dose)]


@settings(max_examples=25)
@given(dose=doses, route=routes, changes=subjects)
def test_what_is_dosed_is_in_the_body_or_metabolised_or_excreted(laboratory, dose, route, changes):
    assume(has_door(laboratory, route))
    recovered = course(laboratory, events_of(route, dose), changes)["balance.recovered"]
    assert recovered[GRID >= 2.0] == pytest.approx(dose, rel=1e-6)


@settings(max_examples=25)
@given(dose=doses, route=routes, changes=subjects)
def test_nothing_is_negative_and_occupancies_are_fractions(laboratory, dose, route, changes):
    assume(has_door(laboratory, route))
    values = course(laboratory, events_of(route, dose), changes)
    for name, curve in values.items():
        # the solver's tolerance, 1e-9 of the dose in any pool, is allowed to show around nought
        assert curve.min() >= -1e-6 * max(np.abs(curve).max(), 1e-300), name
    for target in TARGETS:
        shares = sum(curve for name, curve in values.items() if name.startswith(f"occupancy.{target}."))
        total = values[f"occupancy.{target}"]
        assert total.max() < 1.0
        assert shares == pytest.approx(total, rel=1e-9, abs=1e-12)  # ligands compete for one site


@settings(max_examples=10)
@given(factor=st.floats(1e-3, 1e3), route=routes)
def test_levels_scale_with_tiny_doses(laboratory, factor, route):
    assume(has_door(laboratory, route))
    small = 1e-5 * laboratory.table["body.mass"]  # nmol: far below every Km
    one, other = (course(laboratory, events_of(route, dose)) for dose in (small, small * factor))
    for name in one:
        if name.startswith("plasma."):
            peak = one[name].max()  # two solutions at 1e-6, over dozens of half-lives in the mouse
            assert other[name] == pytest.approx(factor * one[name], rel=3e-5, abs=1e-8 * factor * peak)


def test_large_doses_are_cleared_more_slowly_than_in_proportion(laboratory):
    small, large = (course(laboratory, events_of("po", dose)) for dose in (1.0, 3e6))
    key = "plasma.imipramine"
    assert np.trapezoid(large[key], GRID) / 3e6 > 1.02 * np.trapezoid(small[key], GRID)  # CYP2D6 saturates


@settings(max_examples=8)
@given(hours=st.integers(1, 24), route=routes)
def test_a_later_dose_gives_the_same_curve_later(laboratory, hours, route):
    assume(has_door(laboratory, route))
    dose = 1.6e5
    now, later = (course(laboratory, events_of(route, dose, at), dose=dose) for at in (0.0, float(hours)))
    whole = np.flatnonzero(GRID == np.round(GRID))
    first, shifted = now["plasma.imipramine"][whole][: -hours or None], later["plasma.imipramine"][whole][hours:]
    assert shifted == pytest.approx(first, rel=1e-5, abs=1e-7 * first.max())  # two solutions at 1e-6


@settings(max_examples=20)
@given(changes=subjects)
def test_blood_flows_balance(laboratory, changes):
    system, table = laboratory.kernel.system, laboratory.table
    at = {name: float(value) for name, value in zip(table.names, table.values, strict=True)}
    for name, factor in known(laboratory, changes):
        at[name] *= factor
    flows = {organ: evaluate(system.definitions[f"{organ}.flow"], at) for organ in (*PERFUSED, "brain", "portal")}
    cardiac = evaluate(system.definitions["heart.cardiac_output"], at)
    venous_return = sum(flows[organ] for organ in flows if organ not in ("lung", "portal"))
    assert venous_return == pytest.approx(cardiac, rel=1e-12)  # a closed circle, to rounding
    assert flows["portal"] == pytest.approx(flows["gut"] + flows["spleen"], rel=1e-12)
    assert min(flows.values()) > 0.0


def test_organs_and_blood_make_up_the_body(laboratory):
    table = laboratory.table
    total = sum(table[f"{organ}.mass_fraction"] for organ in PERFUSED) + table["blood.mass_fraction"]
    brain = table["brain.mass"] / table["body.mass"]
    assert total + brain == pytest.approx(1.0, abs=1e-4)  # masses are given to four digits


def test_the_liver_cannot_clear_more_than_the_blood_brings(laboratory):
    """With enzymes a thousandfold, systemic clearance stays below liver blood flow."""
    boosted = [(f"{enzyme}.abundance", 1000.0) for enzyme in ("cyp1a2", "cyp2c19", "cyp2d6", "cyp3a4")]
    boosted += [(f"imipramine.{enzyme}.clint", 1000.0) for enzyme in ("cyp-demethylation", "cyp2d")]
    dose = 1.0
    parameters = laboratory.table
    values = course(laboratory, events_of("iv", dose), boosted)
    mass = parameters["imipramine.molar_mass"] * 1e12  # g/mol
    auc = np.trapezoid(values["plasma.imipramine"], GRID) / mass * 1e3  # nmol·h/L
    at = dict(zip(parameters.names, parameters.values.tolist(), strict=True))
    system = laboratory.kernel.system
    blood = evaluate(system.definitions["liver.flow"], at) + evaluate(system.definitions["portal.flow"], at)
    ratio = evaluate(system.definitions["imipramine.blood_plasma_ratio"], at)
    assert dose / auc < 1.05 * blood * ratio
