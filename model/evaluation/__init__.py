"""Evaluation of a model, and of PCA as the linear baseline."""
