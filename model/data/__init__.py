"""What a training learns from: face sets, LFW, folders of pictures, and their cache."""
