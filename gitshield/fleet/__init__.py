"""Many repositories at once: which they are, who scans each, and one result of them all."""
