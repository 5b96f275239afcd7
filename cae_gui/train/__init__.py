"""Training: settings, curves, and the runs on disk."""
