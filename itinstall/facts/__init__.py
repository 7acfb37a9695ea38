"""What figures, the page of delays and forecasts read of a day: each request as it stood when the day ended.

Every function reads in a constant number of statements. Steps and holds are told as they were known at
`known_at`; signing dates, agreements, field offices and policies as they are known now.

Days are numbers here (`date.toordinal()`): tens of thousands of requests are read for one day.
"""

from itinstall.facts.business import BusinessDays, business_days_of_day
from itinstall.facts.cases import Case, cases_of_day
from itinstall.facts.columns import (
    LOOK_BACK_DAYS,
    Ordinal,
    completed_since,
    in_office,
    requests_of_day,
    stage_on_day,
)
from itinstall.facts.day import CURVE_DAYS, Day, Durations, Lasting, day_of, durations_of, subjects_of
from itinstall.facts.in_stage import visits_with_days, with_days_in_stage
from itinstall.facts.stages import (
    BEFORE_REQUEST,
    StageSum,
    StageVisits,
    stage_sums,
    stage_visits,
    visits_of,
)

__all__ = [
    "BEFORE_REQUEST",
    "CURVE_DAYS",
    "LOOK_BACK_DAYS",
    "BusinessDays",
    "Case",
    "Day",
    "Durations",
    "Lasting",
    "Ordinal",
    "StageSum",
    "StageVisits",
    "business_days_of_day",
    "cases_of_day",
    "completed_since",
    "day_of",
    "durations_of",
    "in_office",
    "requests_of_day",
    "stage_on_day",
    "stage_sums",
    "stage_visits",
    "subjects_of",
    "visits_of",
    "visits_with_days",
    "with_days_in_stage",
]
