"""Frozen values shared by all layers: no input, no output, no policy."""
