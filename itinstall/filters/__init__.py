"""Filters of lists; one module per list."""
