"""Every tableau fulfils the conditions of its order, one for each rooted tree, in all its parts."""

from math import factorial, prod

import numpy as np
import pytest

from reuptake.engine.method import Tableau
from reuptake.engine.solvers.dormand_prince import DORMAND_PRINCE
from reuptake.engine.solvers.rodas5p import RODAS5P

METHODS = [RODAS5P, DORMAND_PRINCE]
EXACT = 2e-12  # coefficients of up to 150 with 16 digits each

# A rooted tree is the sorted tuple of the trees above its root.
TREES = {1: {()}}


def partitions(total: int, largest: int):
    if total == 0:
        yield ()
    for first in range(min(total, largest), 0, -1):
        for rest in partitions(total - first, first):
            yield (first, *rest)


def forests(sizes: tuple[int, ...]):
    if not sizes:
        yield ()
        return
    for first in TREES[sizes[0]]:
        for rest in forests(sizes[1:]):
            yield tuple(sorted((first, *rest)))


for order in range(2, 6):
    TREES[order] = {forest for sizes in partitions(order - 1, order - 1) for forest in forests(sizes)}


def size(tree: tuple) -> int:
    return 1 + sum(size(branch) for branch in tree)


def density(tree: tuple) -> int:
    """γ(t) of Hairer, Nørsett and Wanner I, section II.2."""
    return size(tree) * prod(density(branch) for branch in tree)


class Untransformed:
    """α, β = α + Γ and the map of weights, of Hairer and Wanner II, section IV.7, from the form of `Tableau`."""

    def __init__(self, method: Tableau) -> None:
        stages = len(method.a)
        if method.implicit:
            self.gammas = np.linalg.inv(np.eye(stages) / method.gamma - method.c)
            self.alpha, self.beta = method.a @ self.gammas, method.a @ self.gammas + self.gammas
        else:
            self.gammas, self.alpha, self.beta = np.eye(stages), method.a, method.a

    def weights(self, transformed):
        return transformed @ self.gammas

    def elementary(self, tree):
        """Φⱼ(t) for every stage j: β where a node carries one branch, α where it carries several."""
        branches = [self.elementary(branch) for branch in tree]
        if len(branches) == 1:
            return self.beta @ branches[0]
        return np.prod([self.alpha @ branch for branch in branches], axis=0) if branches else np.ones(len(self.alpha))

    def defect(self, transformed, theta: float, tree) -> float:
        return self.weights(transformed) @ self.elementary(tree) - theta ** size(tree) / density(tree)


def dense(method: Tableau, theta: float):
    """Weights, in the form of `Tableau`, of the dense output at one θ."""
    d1, d2, d3 = method.dense
    return theta * (method.b + (1.0 - theta) * (d1 + theta * (d2 + theta * d3)))


def trees(up_to: int):
    return [tree for order in range(1, up_to + 1) for tree in TREES[order]]


def test_there_are_as_many_trees_as_cayley_counted():
    assert [len(TREES[order]) for order in range(1, 6)] == [1, 1, 2, 4, 9]
    tall = ((((()),),),)
    assert density(((((),),),)) == factorial(4)
    assert size(tall) == 4


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_step_is_of_order_five(method):
    untransformed = Untransformed(method)
    assert [untransformed.defect(method.b, 1.0, tree) for tree in trees(5)] == pytest.approx([0.0] * 17, abs=EXACT)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_embedded_step_is_of_order_four_and_no_more(method):
    untransformed = Untransformed(method)
    embedded = method.b - method.e
    assert [untransformed.defect(embedded, 1.0, tree) for tree in trees(4)] == pytest.approx([0.0] * 8, abs=EXACT)
    assert max(abs(untransformed.defect(embedded, 1.0, tree)) for tree in TREES[5]) > 1e-5


@pytest.mark.parametrize("theta", [0.0, 0.1, 0.3, 0.5, 0.77, 1.0])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_dense_output_is_of_order_four_everywhere_in_the_step(method, theta):
    untransformed = Untransformed(method)
    weights = dense(method, theta)
    assert [untransformed.defect(weights, theta, tree) for tree in trees(4)] == pytest.approx([0.0] * 8, abs=EXACT)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_wrong_coefficient_would_be_seen(method):
    for part in ("a", "c", "b"):
        if getattr(method, part) is None:
            continue
        for place in np.argwhere(getattr(method, part)):
            wrong = {key: getattr(method, key) for key in ("name", "order", "a", "b", "e", "dense", "gamma", "c")}
            wrong[part] = wrong[part].copy()
            wrong[part][tuple(place)] += 1e-6
            spoilt = Tableau(**wrong)
            defects = [Untransformed(spoilt).defect(wrong["b"], 1.0, tree) for tree in trees(5)]
            # The last stage of Dormand–Prince has a say in the dense output only.
            defects += [Untransformed(spoilt).defect(dense(spoilt, 0.5), 0.5, tree) for tree in trees(4)]
            assert np.abs(defects).max() > 10 * EXACT, (part, place)


def test_rodas5p_forgets_what_is_infinitely_stiff():
    untransformed = Untransformed(RODAS5P)
    weights, one = untransformed.weights(RODAS5P.b), np.ones(8)
    assert 1.0 - weights @ np.linalg.solve(untransformed.beta, one) == pytest.approx(0.0, abs=EXACT)  # R(∞)
    embedded = untransformed.weights(RODAS5P.b - RODAS5P.e)
    assert 1.0 - embedded @ np.linalg.solve(untransformed.beta, one) == pytest.approx(0.0, abs=EXACT)


def test_rodas5p_is_stiffly_accurate():
    untransformed = Untransformed(RODAS5P)
    assert untransformed.beta[-1] == pytest.approx(untransformed.weights(RODAS5P.b), abs=EXACT)
    assert RODAS5P.nodes[-1] == pytest.approx(1.0, abs=EXACT)


def test_rodas5p_is_stable_in_the_left_half_plane():
    untransformed = Untransformed(RODAS5P)
    for frequency in np.logspace(-3, 5, 400):
        inner = np.linalg.solve(np.eye(8) - 1j * frequency * untransformed.beta, np.ones(8))
        assert abs(1.0 + 1j * frequency * untransformed.weights(RODAS5P.b) @ inner) <= 1.0 + 1e-10


def test_rodas5p_has_the_nodes_and_drifts_that_were_published():
    # Steinebach 2023, table of αᵢ and γᵢ, as they stand in OrdinaryDiffEq.jl (c2 … c5, d1 … d5)
    alpha = [0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1, 1, 1]
    gamma = [0.21193756319429014, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069]
    assert RODAS5P.nodes == pytest.approx(alpha, abs=EXACT)
    assert RODAS5P.drifts == pytest.approx([*gamma, 0, 0, 0], abs=EXACT)


def test_dormand_prince_ends_where_its_last_stage_stands():
    assert np.array_equal(DORMAND_PRINCE.a[-1], DORMAND_PRINCE.b)
    assert DORMAND_PRINCE.nodes == pytest.approx([0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1], abs=EXACT)
    assert not DORMAND_PRINCE.drifts.any()


@pytest.mark.parametrize("theta", [0.0, 1.0])
def test_dense_output_of_dormand_prince_runs_smoothly_from_step_to_step(theta):
    nudge = 1e-6
    slope = (dense(DORMAND_PRINCE, theta + nudge) - dense(DORMAND_PRINCE, theta - nudge)) / (2.0 * nudge)
    stage = np.eye(7)[0 if theta == 0.0 else 6]
    assert slope == pytest.approx(stage, abs=1e-9)  # y'(θ) = h f there; central difference of a quartic
