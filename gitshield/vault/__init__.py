"""What is kept outside the repository. So far: the journal."""
