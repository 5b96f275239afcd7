"""What a training leaves behind: its folder with rows, previews and weights."""
