"""Paths between faces, grids and analogies, and their export."""
