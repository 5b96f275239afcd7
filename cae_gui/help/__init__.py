"""What helps a person in the window: about the program, and its keys."""
