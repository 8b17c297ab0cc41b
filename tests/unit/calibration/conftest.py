"""What tests of one person stand on."""

import pytest

from unit.calibration.clinic import clinic as opened


@pytest.fixture(scope="session")
def clinic():
    return opened()
