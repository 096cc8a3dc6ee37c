"""Who works: which queues have a worker that answers, and how many messages wait in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.conf import settings
from kombu.exceptions import ChannelError, OperationalError
from kombu.utils.url import maybe_sanitize_url

from evalsite.celery import app
from evalsite.testsets.errors import UserError

GPU, WEB = "gpu", "web"  # where comments are generated; where they are stored
BROKER_FAULTS = (OperationalError, ChannelError, OSError)


class Watch(NamedTuple):
    """A look at the workers: names of those that answered and number of waiting messages, by queue."""

    answering: dict[str, list[str]]
    waiting: dict[str, int]


def look(timeout: float = 1.0) -> Watch:
    """Ask all workers what they consume; takes `timeout` seconds. UserError where the broker does not answer.

    A worker of the pool `solo` cannot answer while it is at work, so silence alone proves nothing.
    """
    with _broker():
        replies = app.control.inspect(timeout=timeout).active_queues() or {}
        waiting = {queue: _waiting(queue) for queue in (GPU, WEB)}
    answering: dict[str, list[str]] = {GPU: [], WEB: []}
    for worker, queues in sorted(replies.items()):
        for queue in queues:
            answering.setdefault(queue["name"], []).append(worker)
    return Watch(answering, waiting)


def at_work(timeout: float = 1.0) -> int:
    """Tasks that the answering workers have in hand."""
    with _broker():
        inspect = app.control.inspect(timeout=timeout)
        return sum(len(tasks) for tasks in (inspect.active() or {}).values())


@contextmanager
def _broker() -> Iterator[None]:
    try:
        yield
    except BROKER_FAULTS as error:
        raise UserError(unreachable(error)) from None


def unreachable(error: BaseException) -> str:
    """The sentence for a broker that does not answer."""
    place = maybe_sanitize_url(settings.CELERY_BROKER_URL)  # without the password
    return f"The message broker {place} does not answer ({error}): start it, or correct CELERY_BROKER_URL."


def _waiting(queue: str) -> int:
    """Messages in a queue; 0 where nobody has made the queue yet."""
    with app.connection_for_read() as connection:
        try:
            channel: Any = connection.default_channel
            return int(channel.queue_declare(queue, passive=True).message_count)
        except ChannelError:
            return 0
