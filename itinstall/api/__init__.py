"""API operations on installations, under /api/v1/."""
