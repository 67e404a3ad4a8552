"""The parts of the default surrogate: a product-kernel process, rank warping, their kernels."""
