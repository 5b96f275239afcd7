"""Settings, curves and runs."""
