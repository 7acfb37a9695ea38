"""Roles of an assignment."""

from django.db import models


class AssignmentRole(models.TextChoices):
    PRIMARY = "primary", "Primary"
    BACKUP = "backup", "Backup"
