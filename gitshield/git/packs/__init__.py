"""Reading git's object database itself: each object inflated and resolved once, in the order that it lies on disk."""
