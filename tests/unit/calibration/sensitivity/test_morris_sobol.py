"""Indices of functions whose indices are known: Ishigami's, Sobol's g, sums."""

import builtins

import numpy as np
import pytest

from reuptake.calibration.sensitivity.effects import Scale
from reuptake.calibration.sensitivity.morris_sobol import Morris, Sobol, shaky
from reuptake.calibration.sensitivity.ranges import Factor, LogUniform, Uniform
from reuptake.errors import InputError

PLAIN = Scale({})


def varied(range_, number):
    return [Factor(f"x{i + 1}", 0.0, range_) for i in range(number)]


def ishigami(x, a=7.0, b=0.1):
    return {"y": np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])}


def test_ishigami_function_has_its_published_indices():
    a, b, pi = 7.0, 0.1, np.pi
    first = [0.5 * (1.0 + b * pi**4 / 5.0) ** 2, a**2 / 8.0, 0.0]
    both = b**2 * pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    variance = sum(first) + both
    found = Sobol(8192).analyse(ishigami, varied(Uniform(-pi, pi), 3), ["y"], PLAIN, 1).columns
    assert found["first"][0] == pytest.approx(np.array(first) / variance, abs=0.02)  # the sampling error of 8192 points
    assert found["total"][0] == pytest.approx(np.array([first[0] + both, first[1], both]) / variance, abs=0.02)
    assert np.all(np.abs(found["first"][0] - np.array(first) / variance) < 2.0 * found["first_confidence"][0] + 1e-3)


def test_g_function_has_its_published_indices():
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0])
    partial = 1.0 / (3.0 * (1.0 + a) ** 2)
    variance = np.prod(1.0 + partial) - 1.0
    total = partial * np.prod(1.0 + partial) / (1.0 + partial) / variance

    def g(x):
        return {"g": np.prod((np.abs(4.0 * x - 2.0) + a) / (1.0 + a), axis=1)}

    found = Sobol(8192).analyse(g, varied(Uniform(0.0, 1.0), 5), ["g"], PLAIN, 3).columns
    assert found["first"][0] == pytest.approx(partial / variance, abs=0.02)
    assert found["total"][0] == pytest.approx(total, abs=0.02)


def test_effects_of_a_sum_are_its_weights_over_the_middle_of_the_range_without_scatter():
    weights = np.array([3.0, -2.0, 0.0])
    found = Morris(10).analyse(lambda x: {"y": x @ weights}, varied(Uniform(0.0, 2.0), 3), ["y"], PLAIN, 1).columns
    assert found["mu"][0] == pytest.approx(weights * 2.0 * 0.9, abs=1e-12)  # 5th to 95th per cent
    assert found["mu_star"][0] == pytest.approx(np.abs(found["mu"][0]))
    assert found["sigma"][0] == pytest.approx(0.0, abs=1e-12)


def test_a_product_of_powers_is_a_sum_of_logarithms():
    powers = np.array([1.0, -2.0])
    product = {"y": lambda x: x[:, 0] * x[:, 1] ** -2.0}
    scale, chosen = Scale({"y": True}), [Factor(n, 1.0, LogUniform(0.5, 2.0)) for n in "ab"]

    def model(x):
        return {name: read(x) for name, read in product.items()}

    effects = Morris(10).analyse(model, chosen, ["y"], scale, 1).columns
    assert effects["mu"][0] == pytest.approx(powers * np.log(4.0) * 0.9)
    shares = Sobol(4096).analyse(model, chosen, ["y"], scale, 1).columns
    assert shares["first"][0] == pytest.approx([0.2, 0.8], abs=0.02)
    assert shares["total"][0] == pytest.approx([0.2, 0.8], abs=0.02)


@pytest.mark.parametrize("method", [Morris(20), Sobol(64)])
def test_the_same_seed_gives_the_same_bits_and_another_does_not(method):
    chosen = varied(Uniform(-np.pi, np.pi), 3)
    one, same, other = (method.analyse(ishigami, chosen, ["y"], PLAIN, seed).columns for seed in (0, 0, 1))
    for name in one:
        assert np.array_equal(one[name], same[name])
    assert any(not np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("method", [Morris(40), Sobol(64)])
def test_samples_that_fail_are_left_out_whole_and_counted(method):
    def fails(x):
        return {"y": np.where(x[:, 0] > 0.97, np.nan, x.sum(axis=1)), "dead": np.full(len(x), np.nan)}

    chosen = varied(Uniform(0.0, 1.08), 2)
    found = method.analyse(fails, chosen, ["y", "dead"], PLAIN, 1)
    assert found.asked == method.samples
    assert 0 < found.used[0] < method.samples
    assert found.used[1] == 0
    for column in found.columns.values():
        assert np.isfinite(column[0]).all()
        assert np.isnan(column[1]).all()


def test_what_never_changes_has_no_shares():
    found = Sobol(16).analyse(lambda x: {"y": np.ones(len(x))}, varied(Uniform(0.0, 1.0), 2), ["y"], PLAIN, 1)
    assert np.isnan(found.columns["total"]).all()


def test_too_few_samples_are_told_with_how_many_to_take():
    chosen = varied(Uniform(-np.pi, np.pi), 3)
    (told,) = shaky(Sobol(16).analyse(ishigami, chosen, ["y"], PLAIN, 1))
    more = int(told.split("--samples ")[1].split()[0])
    assert more > 16
    assert more & (more - 1) == 0
    assert shaky(Sobol(8192).analyse(lambda x: {"y": x[:, 0] + x[:, 1]}, chosen[:2], ["y"], PLAIN, 1)) == []


def test_without_salib_the_error_names_the_remedy(monkeypatch):
    usual = builtins.__import__

    def missing(name, *rest, **more):
        if name.startswith("SALib"):
            raise ImportError(name)
        return usual(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=r"pip install 'reuptake\[sensitivity\]'"):
        Sobol(16).analyse(ishigami, varied(Uniform(0.0, 1.0), 3), ["y"], PLAIN, 1)
