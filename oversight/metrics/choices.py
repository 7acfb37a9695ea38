"""Levels at which figures are given, and states of a day's fill."""

from django.db import models


class Level(models.TextChoices):
    """What a figure is about. `subject` names it: "" for the nation, a slug, a postal code, a model, a fiscal
    year such as "2017", a stage of a pipeline."""

    NATION = "nation", "Nation"
    OFFICE = "office", "Field office"
    STATE = "state", "State"
    MODEL = "model", "Support model"
    YEAR = "year", "Fiscal year"
    STAGE = "stage", "Stage"


class FillState(models.TextChoices):
    DONE = "done", "Done"
    STALE = "stale", "To be computed again"


class Direction(models.TextChoices):
    AT_MOST = "at_most", "At most"
    AT_LEAST = "at_least", "At least"


class Part(models.TextChoices):
    """What of a figure some records are counted in."""

    VALUE = "value", "Value"
    NUMERATOR = "numerator", "Numerator"
    DENOMINATOR = "denominator", "Denominator"


class GapState(models.TextChoices):
    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
