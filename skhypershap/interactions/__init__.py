"""From the values of coalitions to Shapley values and interactions."""
