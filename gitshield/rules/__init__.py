"""What counts as a secret: the rule value, its TOML form, the packs, and the matcher that runs all rules at once."""
