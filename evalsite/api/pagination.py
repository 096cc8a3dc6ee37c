"""How long lists are cut: `?limit=` and `?offset=`, never more than a page's worth of memory."""

from rest_framework.pagination import LimitOffsetPagination


class Pages(LimitOffsetPagination):
    default_limit = 100
    max_limit = 1000
