"""Configurations to vectors and back, and what is active, legal and drawn in a space."""
