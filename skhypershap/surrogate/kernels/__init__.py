"""Numerical kernels over forests: they know numpy and numba, nothing else."""
