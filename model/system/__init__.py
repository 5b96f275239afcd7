"""Child processes, the C library's heap, and threads."""
