"""Addresses of this room; all of them for staff."""

from django.urls import path

from evalsite.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.index, name="index"),
    path("-/compare/", views.compare, name="compare"),
    path("<slug:slug>/", views.report, name="report"),
    path("<slug:slug>/unblind/", views.unblind, name="unblind"),
    path("<slug:slug>/figures/<slug:name>.<str:form>", views.figure, name="figure"),
    path("<slug:slug>/report.<str:form>", views.download, name="download"),
    path("<slug:slug>/package.zip", views.package, name="package"),
    path("<slug:slug>/export/<slug:what>.<str:form>", views.export, name="export"),
]
