"""Key frames, playback and exports of Morph."""
