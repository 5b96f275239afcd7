"""From any picture to an upright face of 48 x 48 pixels, and the person's own photos."""
