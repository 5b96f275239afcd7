"""Run folders: rows, previews and weights of a training."""
