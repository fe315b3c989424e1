"""The examples in the docstrings of the statistics are right, as pages of a textbook have to be."""

import doctest

import pytest

from refine.analysis import agreement
from refine.analysis.icc import coefficients
from refine.analysis.mixed import fit


@pytest.mark.parametrize("module", [coefficients, fit, agreement])
def test_the_examples_give_what_they_say(module):
    found = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0
    assert found.failed == 0
