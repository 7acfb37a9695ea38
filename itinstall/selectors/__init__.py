"""Reads of IT installation."""
