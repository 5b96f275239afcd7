"""The window of CAE Studio."""

import model  # noqa: F401  # sets how the numeric libraries use threads, before NumPy is loaded
from cae_gui.core import startup  # noqa: F401  # remembers Python's own import, before PySide6
