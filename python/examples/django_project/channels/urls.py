"""The URLs of the example."""

from django.urls import path

from . import views

urlpatterns = [path("channels/", views.install)]
