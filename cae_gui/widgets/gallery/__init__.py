"""The searchable gallery at the side of the window."""
