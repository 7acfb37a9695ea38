"""Addresses of the trail."""

from django.urls import path

from oversight.trail import views

app_name = "trail"

urlpatterns = [
    path("trail/", views.TrailList.as_view(), name="entry_list"),
    path("history/<str:object_type>/<str:key>/", views.History.as_view(), name="history"),
]
