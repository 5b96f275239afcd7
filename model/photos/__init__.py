"""Faces of 48 x 48 pixels from any picture, and the library of the user's photos."""
