"""The map of the latents."""
