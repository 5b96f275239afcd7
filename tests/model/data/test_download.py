from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import tarfile
import threading
from collections.abc import Generator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from model.data.datasets import DownloadError, download_lfw
from model.data.lfw import ARCHIVE
from model.data.lfw_download import RemoteFile
from model.progress import WorkProgress


def make_archive(*, member: str = "lfw_funneled/Bo/Bo_0001.jpg") -> bytes:
    noise = np.random.default_rng(0).bytes(3_000_000)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        info = tarfile.TarInfo(member)
        info.size = len(noise)
        archive.addfile(info, io.BytesIO(noise))
    return stream.getvalue()


class Server(ThreadingHTTPServer):
    """Serves ``contents`` by address; ``status`` refuses, ``cut`` and ``stall`` break off."""

    block_on_close = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.contents = {"1": b"pairs", "2": make_archive()}
        self.status = 200
        self.cut: int | None = None
        self.stall: int | None = None
        self.go_on = threading.Event()
        self.asked: list[tuple[str, str | None]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def files(self) -> list[RemoteFile]:
        names = {"1": "pairs.txt", "2": ARCHIVE}
        return [
            RemoteFile(names[address], address, hashlib.sha256(content).hexdigest())
            for address, content in self.contents.items()
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        address, part = self.path.strip("/"), self.headers.get("Range")
        self.server.asked.append((address, part))
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        content = self.server.contents[address]
        start = int(re.findall(r"\d+", part)[0]) if part else 0
        if part and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if part else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.server.stall is not None:
            self.wfile.write(content[start : self.server.stall])
            self.server.go_on.wait()
        else:
            self.wfile.write(content[start : self.server.cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


def download(server: Server, home: Path) -> Generator[WorkProgress, None, None]:
    return download_lfw(home, base_url=server.url, files=server.files())


def files_in(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "lfw_home").iterdir())


def is_complete(home: Path) -> bool:
    photo = home / "lfw_home" / "lfw_funneled" / "Bo" / "Bo_0001.jpg"
    return photo.stat().st_size == 3_000_000 and files_in(home) == ["lfw_funneled", "pairs.txt"]


def test_everything_arrives_where_scikit_learn_looks(server: Server, tmp_path: Path) -> None:
    events = list(download(server, tmp_path))

    assert is_complete(tmp_path)
    assert {event.text for event in events} >= {"Connecting to the server", "Unpacking LFW"}

    server.status = 403
    list(download(server, tmp_path))  # nothing is left to ask for
    assert len(server.asked) == 2


def test_closing_keeps_what_arrived_and_the_next_try_goes_on(
    server: Server, tmp_path: Path
) -> None:
    server.stall = 1_000_000
    part = tmp_path / "lfw_home" / f"{ARCHIVE}.part"
    server.contents.pop("1")
    events = download(server, tmp_path)
    for event in events:
        if event.done == 1:
            assert event == WorkProgress("Downloading LFW", 1, 3)
            break

    events.close()

    assert part.stat().st_size == 1_000_000
    server.go_on.set()
    server.stall = None
    list(download(server, tmp_path))
    assert server.asked[-1] == ("2", "bytes=1000000-")
    assert not part.exists()
    assert (tmp_path / "lfw_home" / "lfw_funneled").is_dir()


def test_a_broken_connection_can_be_gone_on_from(server: Server, tmp_path: Path) -> None:
    server.cut = 4
    with pytest.raises(DownloadError, match="connection broke off"):
        list(download(server, tmp_path))

    server.cut = None
    list(download(server, tmp_path))

    assert ("1", "bytes=4-") in server.asked
    assert is_complete(tmp_path)


@pytest.mark.parametrize("extra", [b"", b"more than there is"])
def test_a_part_that_is_long_enough_is_no_trouble(
    extra: bytes, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "lfw_home").mkdir()
    part = tmp_path / "lfw_home" / f"{ARCHIVE}.part"
    part.write_bytes(server.contents["2"] + extra)

    list(download(server, tmp_path))

    assert is_complete(tmp_path)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (403, "The server refused (403)."),
        (404, "The server doesn't have the file any more (404)."),
        (503, "The server is out of order (503)."),
        (202, "The server refused (202)."),
    ],
)
def test_refusals_are_told_in_a_sentence(
    status: int, sentence: str, server: Server, tmp_path: Path
) -> None:
    server.status = status

    with pytest.raises(DownloadError, match=re.escape(sentence)):
        list(download(server, tmp_path))

    assert files_in(tmp_path) == []


def test_no_connection_is_told(server: Server, tmp_path: Path) -> None:
    events = download_lfw(tmp_path, base_url="http://127.0.0.1:1", files=server.files())

    with pytest.raises(DownloadError, match="There is no connection"):
        list(events)


def test_a_server_that_does_not_answer_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.lfw_download._TIMEOUT_S", 0.2)
    server.stall = 2

    with pytest.raises(DownloadError, match="doesn't answer"):
        list(download(server, tmp_path))


def test_a_wrong_checksum_is_told_and_not_gone_on_from(server: Server, tmp_path: Path) -> None:
    files = [file._replace(sha256="0" * 64) for file in server.files()]

    with pytest.raises(DownloadError, match="arrived damaged"):
        list(download_lfw(tmp_path, base_url=server.url, files=files))

    assert files_in(tmp_path) == []


def test_a_full_disk_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    with pytest.raises(DownloadError, match="The disk is full"):
        list(download(server, tmp_path))


def test_members_outside_the_folder_are_refused(server: Server, tmp_path: Path) -> None:
    server.contents["2"] = make_archive(member="../../outside.jpg")

    with pytest.raises(DownloadError, match="can't be unpacked"):
        list(download(server, tmp_path))

    assert not list(tmp_path.rglob("outside.jpg"))
    assert "lfw_funneled" not in files_in(tmp_path)


def test_stopping_while_unpacking_leaves_no_half_data_set(server: Server, tmp_path: Path) -> None:
    events = download(server, tmp_path)
    assert any(event.text == "Unpacking LFW" for event in events)

    events.close()

    assert files_in(tmp_path) == [ARCHIVE, "pairs.txt"]
    list(download(server, tmp_path))
    assert is_complete(tmp_path)


def test_only_one_window_downloads_at_a_time(server: Server, tmp_path: Path) -> None:
    server.stall = 1
    first = download(server, tmp_path)
    next(first)
    with pytest.raises(DownloadError, match="Another window is downloading"):
        list(download(server, tmp_path))
    first.close()
    server.stall = None
    list(download(server, tmp_path))
    assert is_complete(tmp_path)


def test_an_archive_that_was_put_there_by_hand_is_unpacked_without_a_server(
    server: Server, tmp_path: Path
) -> None:
    server.status = 403
    (tmp_path / "lfw_home").mkdir()
    (tmp_path / "lfw_home" / ARCHIVE).write_bytes(server.contents["2"])

    list(download(server, tmp_path))

    assert files_in(tmp_path) == ["lfw_funneled"]
    assert [address for address, _ in server.asked] == ["1"]


def test_a_refusal_says_how_to_get_it_by_hand_and_what_is_cut_off(
    server: Server, tmp_path: Path
) -> None:
    server.status = 403
    (tmp_path / "lfw_home").mkdir()
    (tmp_path / "lfw_home" / ARCHIVE).write_bytes(bytes(2_000_000))

    with pytest.raises(DownloadError) as caught:
        list(download(server, tmp_path))

    assert "https://ndownloader.figshare.com/files/5976015" in str(caught.value)
    assert "isn't whole: 2 of " in str(caught.value)
    assert str(tmp_path / "lfw_home") in str(caught.value)


@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="Python has no filters yet")
def test_who_may_read_what_is_unpacked_is_for_the_umask(server: Server, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        list(download(server, tmp_path))
    finally:
        os.umask(before)
    photo = tmp_path / "lfw_home" / "lfw_funneled" / "Bo" / "Bo_0001.jpg"
    assert photo.stat().st_mode & 0o077 == 0
    assert photo.parent.stat().st_mode & 0o077 == 0
