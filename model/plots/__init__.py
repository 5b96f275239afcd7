"""Training curves and figures."""
