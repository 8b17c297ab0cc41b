"""Chance belongs to a subject: processes repeat bit for bit, whoever else is simulated."""

from dataclasses import replace

import numpy as np

from reuptake.simulation.process import AbstractProcess, Happening, happenings
from reuptake.simulation.run import simulate


class Visits(AbstractProcess):
    """Exponential waiting times, shorter while occupancy is high."""

    name = "visits"
    reads = ("occupancy.SERT",)

    def of_subject(self, subject, times, curves, chance):
        rate = 0.1 + curves["occupancy.SERT"].mean()
        at = np.cumsum(chance.exponential(1.0 / rate, 5))
        return tuple(Happening(subject, float(time), "visit") for time in at)


def test_a_subjects_events_do_not_depend_on_the_others():
    course = simulate("imipramine", dose="50 mg", duration="12 h", subjects=3, seed=2)
    everyone = happenings(Visits(), course, 5)
    assert everyone == happenings(Visits(), course, 5)
    assert len(everyone) == 15
    alone = replace(course, subjects=course.subjects[1:2], values=course.values[1:2], outcomes=course.outcomes[1:2])
    assert happenings(Visits(), alone, 5) == everyone[5:10]
    assert happenings(Visits(), course, 6) != everyone


def test_events_come_in_order_of_subject_and_time():
    course = simulate("imipramine", dose="50 mg", duration="12 h", subjects=2, seed=2)
    events = happenings(Visits(), course, 5)
    assert [(e.subject, e.time) for e in events] == sorted((e.subject, e.time) for e in events)
