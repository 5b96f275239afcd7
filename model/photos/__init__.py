"""From any picture to an upright face of 48 x 48 pixels, and the library of the user's photos."""
