"""The map of the faces' latents."""
