"""The gallery: the faces of a data set or of the user's own photos."""
