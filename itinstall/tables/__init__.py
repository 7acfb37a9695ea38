"""Tables of lists; one module per list."""
