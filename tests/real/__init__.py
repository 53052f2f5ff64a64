"""Files that nobody here made, and what must hold of every one of them."""
