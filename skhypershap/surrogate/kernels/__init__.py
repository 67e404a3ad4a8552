"""Numerical kernels over forests. They import numpy and numba, and nothing of ours but array types."""
