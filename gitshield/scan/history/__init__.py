"""The scan of a history: every object of a repository, each read once, and where what is found in them is reached from."""
