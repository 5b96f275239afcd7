"""A face and its reconstruction, and the box on a photo."""
