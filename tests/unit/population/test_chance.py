"""Streams of one's own: the fast way draws the bits of the obvious one."""

import numpy as np

from reuptake.population.chance import Given, first_uniforms, generator


def test_first_uniforms_are_those_of_each_subjects_generator():
    subjects = [*range(1, 200), 999_999, 10**12]
    for stream, count in (("CYP2D6.haplotypes", 2), ("other", 5)):
        one_by_one = [generator(7, subject, stream).random(count).tolist() for subject in subjects]
        assert first_uniforms(7, subjects, stream, count).tolist() == one_by_one
    assert first_uniforms(7, [], "other", 2).shape == (0, 2)


def test_people_can_be_asked_for_by_their_numbers():
    chance = Given({"height": np.array([[1.0], [-1.0], [0.5]])}, 3)
    assert chance.normals("height", 1).tolist() == [[1.0], [-1.0], [0.5]]
    assert chance.normals("mass", 2).tolist() == [[0.0, 0.0]] * 3
    assert chance.uniforms("who", 1).tolist() == [[0.5]] * 3
    assert chance.of(np.array([2])).normals("height", 1).tolist() == [[0.5]]
