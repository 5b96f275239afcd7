"""How good a model is, and how good a linear method would be."""
