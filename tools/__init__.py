"""Tools for set-up. Only the standard library: they run before anything is installed."""
