"""The window of CAE Studio."""

import model  # noqa: F401  # sets how the numeric libraries use threads, before NumPy is loaded
