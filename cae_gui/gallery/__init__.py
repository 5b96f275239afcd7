"""The gallery: faces of the training, and the person's own photos."""
