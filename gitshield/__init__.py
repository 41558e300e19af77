"""gitshield keeps git repositories safe from leaks, lost work and bad pushes."""

__version__ = "0.1.0"
