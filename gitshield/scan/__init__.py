"""Scanning: sources of bytes, the engine that turns them into findings, what is waved through, and the receipt."""
