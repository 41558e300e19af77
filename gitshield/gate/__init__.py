"""The gates: what git calls before a secret is staged or committed, how they are installed, and proof that they hold."""
