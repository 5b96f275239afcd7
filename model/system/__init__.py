"""Child processes, the C library's heap, and calls that may block."""
