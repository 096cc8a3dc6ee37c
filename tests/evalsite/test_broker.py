"""The embedded broker: no worker ever meets half a message."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.transport import filesystem

from evalsite import broker
from evalsite.celery import app


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """Folders of a broker of its own."""
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    messages, control = str(tmp_path / "messages"), str(tmp_path / "control")
    return {"data_folder_in": messages, "data_folder_out": messages, "control_folder": control}


@pytest.fixture
def channel(options: dict[str, Any]) -> Iterator[Any]:
    """An open channel of ours."""
    with Connection("filesystem://", transport=broker.Transport, transport_options=options) as connection:
        yield connection.channel()


@pytest.fixture
def plain(options: dict[str, Any]) -> Iterator[Any]:
    """An open channel of kombu's own transport over the same folders."""
    with Connection("filesystem://", transport_options=options) as connection:
        assert type(connection.transport) is filesystem.Transport
        yield connection.channel()


def test_the_site_uses_it() -> None:
    with app.connection_for_write() as connection:
        assert type(connection.transport) is broker.Transport


def test_messages_come_in_order_and_only_from_their_queue(channel: Any) -> None:
    for number in range(3):
        channel._put("web", {"number": number})
        channel._put("web.other", {"number": -1})
        time.sleep(0.002)  # names carry milliseconds
    assert channel._size("web") == 3
    assert [channel._get("web")["number"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Empty):
        channel._get("web")
    assert channel._size("web.other") == 3


def test_it_shares_its_folders_with_kombus_own_transport(channel: Any, plain: Any) -> None:
    plain._put("web", {"from": "plain"})
    channel._put("gpu", {"from": "ours"})
    assert channel._get("web") == {"from": "plain"}
    assert plain._get("gpu") == {"from": "ours"}
    channel._queue_bind("gpu", "gpu", "", "gpu")
    plain._queue_bind("gpu", "more", "", "more")
    assert (
        {row.queue for row in channel.get_table("gpu")}
        == {row.queue for row in plain.get_table("gpu")}
        == {"gpu", "more"}
    )


def test_a_message_still_being_written_is_waited_for(channel: Any, options: dict[str, Any]) -> None:
    slow = Path(options["data_folder_in"]) / "1_slow.web.msg"
    slow.touch()
    with slow.open("w") as file:
        threading.Timer(0.2, lambda: (file.write('{"whole": true}'), file.flush())).start()
        assert channel._get("web") == {"whole": True}


def test_the_oldest_message_comes_first_however_many_digits_its_time_has(channel: Any, options: dict[str, Any]) -> None:
    folder = Path(options["data_folder_in"])
    for when in (10_000_000, 9_999_999, 1):
        (folder / f"{when}_x.web.msg").write_text(f'{{"when": {when}}}')
    assert [channel._get("web")["when"] for _message in range(3)] == [1, 9_999_999, 10_000_000]


def test_a_message_never_finished_is_dropped(
    channel: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "PATIENCE", 0.05)
    folder = Path(options["data_folder_in"])
    (folder / "1_dead.web.msg").touch()
    channel._put("web", {"next": True})
    assert channel._get("web") == {"next": True}
    assert list(folder.iterdir()) == []


def test_many_writers_and_readers_lose_nothing(options: dict[str, Any]) -> None:
    found: list[int] = []

    def open_channel() -> Any:
        return Connection("filesystem://", transport=broker.Transport, transport_options=options).channel()

    def write(start: int) -> None:
        channel = open_channel()
        for number in range(start, start + 100):
            channel._put("web", {"number": number, "text": "好" * 5000})

    def read() -> None:
        channel, end = open_channel(), time.monotonic() + 20
        while len(found) < 300 and time.monotonic() < end:
            try:
                found.append(channel._get("web")["number"])
            except Empty:
                time.sleep(0.001)

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 100, 200)]
    threads += [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(300))


def test_a_table_that_another_program_is_making_is_waited_for(channel: Any, options: dict[str, Any]) -> None:
    table = Path(options["control_folder"]) / "web.exchange"
    table.touch()
    threading.Timer(0.2, lambda: table.write_text('[["web", "", "web"]]')).start()
    assert [row.queue for row in channel.get_table("web")] == ["web"]
