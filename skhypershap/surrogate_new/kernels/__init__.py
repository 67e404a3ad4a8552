"""Numba kernels of the process; they import numpy and numba only."""
