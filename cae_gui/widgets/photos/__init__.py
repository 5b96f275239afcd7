"""The box on a photo of one's own."""
