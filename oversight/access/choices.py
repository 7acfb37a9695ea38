"""Roles. Values are stored; labels may change."""

from enum import StrEnum

from django.db import models


class Role(models.TextChoices):
    """What a person is in the program; stored in `User.role`."""

    HQ = "hq", "Headquarters staff"
    FIELD_PM = "field_pm", "Field program manager"
    AUDITOR = "auditor", "Auditor"


class Column(StrEnum):
    """The columns of the permission matrix: the roles, and administration, which adds to them."""

    HQ = "hq"
    FIELD_PM = "field_pm"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
