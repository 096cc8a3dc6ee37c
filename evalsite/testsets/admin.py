"""Looking at what is judged. Test sets, samples, runs and outputs are on record: they are read here, not changed."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from evalsite.testsets.models import Clip, Frame, Output, Run, Sample, System, TestSet

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
else:
    Admin = admin.ModelAdmin  # Django's class takes no type parameter while running


class ReadOnlyAdmin(Admin):
    """A table to search and read; rows come and go by the functions of their room alone."""

    actions = None
    list_per_page = 50
    show_full_result_count = False  # counts a table of millions twice otherwise

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TestSet)
class TestSetAdmin(ReadOnlyAdmin):
    __test__ = False

    list_display = ["slug", "title", "samples", "created_at"]
    search_fields = ["slug", "title"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return TestSet.objects.with_counts()

    @admin.display(description=_("samples"), ordering="sample_count")
    def samples(self, testset: Any) -> int:
        return int(testset.sample_count)


@admin.register(Sample)
class SampleAdmin(ReadOnlyAdmin):
    list_display = ["key", "testset", "video", "time", "split"]
    list_filter = ["testset", "split"]
    list_select_related = ["testset"]
    search_fields = ["key", "video", "title"]
    readonly_fields = ["pictures"]

    @admin.display(description=_("pictures"))
    def pictures(self, sample: Sample) -> SafeString:
        rows = ((reverse("frame", args=[digest]), sample.key) for digest in sample.frames)
        return format_html_join(" ", '<img src="{}" alt="{}" height="90" loading="lazy">', rows)


@admin.register(Frame)
class FrameAdmin(ReadOnlyAdmin):
    list_display = ["digest", "width", "height", "content_type"]
    list_filter = ["content_type"]
    search_fields = ["digest__startswith"]


@admin.register(Clip)
class ClipAdmin(ReadOnlyAdmin):
    list_display = ["digest", "duration", "width", "height", "content_type"]
    list_filter = ["content_type"]
    search_fields = ["digest__startswith"]


@admin.register(System)
class SystemAdmin(Admin):
    """A system's printed name and description may be put right; its slug stays."""

    actions = None
    list_display = ["slug", "name", "description"]
    search_fields = ["slug", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: System | None = None) -> list[str]:
        return ["slug"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["id", "system", "testset", "state", "source", "per_sample", "seed", "created_at", "finished_at"]
    list_filter = ["state", "source", "system", "testset"]
    list_select_related = ["system", "testset"]
    search_fields = ["system__slug", "testset__slug", "checkpoint", "digest__startswith"]
    date_hierarchy = "created_at"


@admin.register(Output)
class OutputAdmin(ReadOnlyAdmin):
    list_display = ["id", "run", "sample", "rank", "text", "score"]
    list_filter = ["run__testset", "run__system", "rank"]
    list_select_related = ["run__system", "run__testset", "sample"]
    search_fields = ["text", "sample__key"]
    ordering = ["-pk"]
