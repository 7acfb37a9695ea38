"""Forms of IT installation; one module per subject."""
