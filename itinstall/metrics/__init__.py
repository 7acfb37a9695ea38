"""Metrics of installations: what is open, how long it took, in which stages the time goes."""

from itinstall.metrics import durations, lasting, officers, requests, stages
from itinstall.metrics.subjects import register_names

__all__ = ["durations", "lasting", "officers", "requests", "stages"]

register_names()
