"""The surrogate: scores of any configuration and of blends of configurations."""
