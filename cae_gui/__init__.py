"""The window of CAE Studio."""

import os

# Small matrix products on the GUI thread stalled it for up to 80 ms when NumPy's BLAS shared them
# out to cores that a training keeps busy. PyTorch has threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
