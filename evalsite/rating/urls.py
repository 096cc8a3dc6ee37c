"""Addresses of this room: none tells more than a rater may know."""

from django.urls import URLPattern, URLResolver, path

from evalsite.rating import arrival, own_data, views

app_name = "rating"
urlpatterns: list[URLPattern | URLResolver] = [
    path("r/<str:token>/", arrival.invitation, name="invitation"),
    path("r/<str:token>/instructions/", arrival.instructions, name="instructions"),
    path("r/<str:token>/practice/<int:number>/", arrival.practise, name="practice"),
    path("r/<str:token>/start/", arrival.start, name="start"),
    path("rate/worker.js", views.worker, name="worker"),
    path("rate/<str:assignment>/", views.sitting, name="sitting"),
    path("rate/<str:assignment>/<int:position>/", views.item, name="item"),
    path("rate/<str:assignment>/done/", views.done, name="done"),
    path("rate/<str:assignment>/done/again/", views.again, name="again"),
    path("my-data/", own_data.my_data, name="my_data"),
    path("my-data/<int:rater>/export/", own_data.export, name="my_export"),
    path("my-data/<int:rater>/withdraw/", own_data.withdraw, name="withdraw"),
    path("my-data/<int:rater>/forget/", own_data.forget, name="forget"),
]
