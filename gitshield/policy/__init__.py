"""Policy: what an update of a reference is, and whether it may pass. Pure: facts come from whoever asks."""
