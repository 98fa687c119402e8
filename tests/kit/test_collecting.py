"""The collector of cycles comes as often as before once the work is done, well or not."""

import gc

import pytest

from ripeline.kit.collecting import collecting_rarely

pytestmark = pytest.mark.pure


def test_the_collector_comes_less_often_for_as_long_as_it_takes() -> None:
    before = gc.get_threshold()
    with collecting_rarely():
        assert gc.get_threshold() > before
    assert gc.get_threshold() == before


def test_work_that_fails_leaves_the_collector_as_it_was() -> None:
    before = gc.get_threshold()

    def fail() -> None:
        with collecting_rarely():
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert gc.get_threshold() == before
