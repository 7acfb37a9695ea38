"""The project: settings, URLs, Celery, and the foundations that every app stands on."""

from oversight.celery import app as celery_app

__all__ = ["celery_app"]
