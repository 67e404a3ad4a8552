"""Fixtures for the readers."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _quiet_optuna():
    """Without Optuna's log, in modules that have imported it."""
    optuna = sys.modules.get("optuna")
    if optuna is None:
        yield
        return
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    yield
    optuna.logging.set_verbosity(before)
