"""Streams of one's own: the fast way draws the bits of the obvious one."""

from reuptake.population.chance import first_uniforms, generator


def test_first_uniforms_are_those_of_each_subjects_generator():
    subjects = [*range(1, 200), 999_999, 10**12]
    for stream, count in (("CYP2D6.haplotypes", 2), ("other", 5)):
        one_by_one = [generator(7, subject, stream).random(count).tolist() for subject in subjects]
        assert first_uniforms(7, subjects, stream, count).tolist() == one_by_one
    assert first_uniforms(7, [], "other", 2).shape == (0, 2)
