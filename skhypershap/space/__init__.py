"""The search space: configurations to vectors and back, what is active and legal, and sampling."""
