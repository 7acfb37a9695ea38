"""Tables of this app's lists, one module per subject."""
