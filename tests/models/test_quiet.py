"""What transformers prints for developers."""

import pytest
from transformers.utils import logging

from vitrine.models.quiet import silence_transformers


@pytest.fixture
def as_before():
    """The settings of the process are those of before when the test is over."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    yield
    logging.set_verbosity(level)
    (logging.enable_progress_bar if bars else logging.disable_progress_bar)()


@pytest.mark.usefixtures("as_before")
def test_errors_come_through_and_warnings_and_bars_do_not(capfd):
    logging.set_verbosity_warning()
    logging.enable_progress_bar()
    logger = logging.get_logger("transformers.somewhere")
    assert logger.isEnabledFor(logging.WARNING)
    silence_transformers()
    assert logger.isEnabledFor(logging.ERROR)
    assert not logger.isEnabledFor(logging.WARNING)
    assert list(logging.tqdm([1, 2], desc="reading weights")) == [1, 2]
    assert "reading weights" not in "".join(capfd.readouterr())
