"""What would any configuration score? The surrogate, and blends of configurations."""
