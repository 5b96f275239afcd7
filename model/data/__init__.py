"""Training data: face sets, LFW, folders of pictures, and their cache."""
