"""Configuration: bytes of configuration files in, one frozen `Config` out. Reads no file, no environment and no home."""
