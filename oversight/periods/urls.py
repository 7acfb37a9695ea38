"""The address of the calendar."""

from django.urls import path

from oversight.periods.views import Calendar

app_name = "periods"

urlpatterns = [path("calendar/", Calendar.as_view(), name="calendar")]
