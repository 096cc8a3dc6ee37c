"""How this room's tables are asked: methods that chain and read as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from evalsite.testsets.models import Output, Run, Sample, TestSet


class TestSetQuerySet(QuerySet["TestSet"]):
    __test__ = False

    def with_counts(self) -> Self:
        """Adds `sample_count`."""
        return self.annotate(sample_count=Count("samples", distinct=True))


class SampleQuerySet(QuerySet["Sample"]):
    def lacking(self, run: Run) -> Self:
        """The run's samples that do not have all outputs 1..k yet, in the order of the file."""
        from evalsite.testsets.models import Output

        rows = Output.objects.filter(run=run, sample=OuterRef("pk"), rank__lte=run.per_sample)
        count = rows.order_by().values("sample").annotate(n=Count("pk")).values("n")
        found = Coalesce(Subquery(count, output_field=IntegerField()), 0)
        return self.filter(testset=run.testset_id).annotate(found=found).filter(found__lt=run.per_sample)


class RunQuerySet(QuerySet["Run"]):
    def finished(self) -> Self:
        """Runs whose every output is there."""
        return self.filter(state=self.model.State.FINISHED)

    def active(self) -> Self:
        """Runs that wait for a worker or have one."""
        return self.filter(state__in=[self.model.State.PENDING, self.model.State.RUNNING])

    def of(self, testset: TestSet) -> Self:
        """Runs over one test set."""
        return self.filter(testset=testset)

    def latest(self, *fields: str) -> Run:  # type: ignore[override]
        """The newest run; by the given fields where there are any."""
        return super().latest(*(fields or ("created_at", "pk")))

    def newest_of_each_system(self) -> Self:
        """One finished run for each test set and system: the one made last."""
        same = self.model.objects.filter(testset=OuterRef("testset"), system=OuterRef("system"))
        newest = same.finished().order_by("-created_at", "-pk").values("pk")[:1]
        return self.filter(pk=Subquery(newest))

    def with_names(self) -> Self:
        """Fetches system and test set in the same query, for lists."""
        return self.select_related("system", "testset")

    def with_progress(self) -> Self:
        """Adds `samples_done` and `samples_total`; a sample's outputs come all together, so one of them tells."""
        from evalsite.testsets.models import Output, Sample

        done = Output.objects.filter(run=OuterRef("pk"), rank=1).order_by()
        total = Sample.objects.filter(testset=OuterRef("testset")).order_by()
        return self.annotate(
            samples_done=_counted(done, "run"),
            samples_total=_counted(total, "testset"),
        )


class OutputQuerySet(QuerySet["Output"]):
    def nulls(self) -> Self:
        """Outputs without text."""
        return self.filter(text="")

    def present(self) -> Self:
        """Outputs with text."""
        return self.exclude(text="")

    def first_choices(self) -> Self:
        """Outputs of rank 1."""
        return self.filter(rank=1)

    def top(self, count: int) -> Self:
        """Outputs of the ranks 1 to `count`."""
        return self.filter(rank__lte=count)

    def for_report(self) -> Self:
        """Fetches run, system and sample in the same query, in an order that never changes."""
        return self.select_related("run__system", "sample").order_by("run__system__slug", "sample__position", "rank")

    def of_runs(self, runs: QuerySet[Run]) -> Self:
        """Outputs of the given runs only."""
        return self.filter(Q(run__in=runs))


def _counted(rows: QuerySet[Output] | QuerySet[Sample], by: str) -> Coalesce:
    """The number of rows of a correlated query, as a column."""
    count = rows.values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(count, output_field=IntegerField()), 0)
