"""Download LFW to where scikit-learn looks for it."""

from __future__ import annotations

import errno
import hashlib
import http.client
import re
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, NamedTuple

from model.data.lfw import ARCHIVE, default_data_home, how_by_hand
from model.face_set import DataError
from model.io.files import only_one
from model.progress import Pace, WorkProgress
from model.system.threads import poll


class RemoteFile(NamedTuple):
    """A file to download: its name here, its address below the base address, its SHA-256."""

    name: str
    address: str
    sha256: str


BASE_URL = "https://ndownloader.figshare.com/files"
# Addresses and checksums as in sklearn/datasets/_lfw.py of scikit-learn.
FILES = (
    RemoteFile(
        "pairsDevTrain.txt",
        "5976012",
        "1d454dada7dfeca0e7eab6f65dc4e97a6312d44cf142207be28d688be92aabfa",
    ),
    RemoteFile(
        "pairsDevTest.txt",
        "5976009",
        "7cb06600ea8b2814ac26e946201cdb304296262aad67d046a16a7ec85d0ff87c",
    ),
    RemoteFile(
        "pairs.txt",
        "5976006",
        "ea42330c62c92989f9d7c03237ed5d591365e89b3e649747777b70e692dc1592",
    ),
    RemoteFile(
        ARCHIVE, "5976015", "b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a"
    ),
)
ARCHIVE_MB = 243
"""Megabytes of the whole archive."""
_TIMEOUT_S = 20.0
_CHUNK = 1 << 18
_LATER = "Please try again later."
_LOCK = ".cae-studio-download"


class DownloadError(DataError):
    """The download failed; what has arrived is kept for the next try."""


def download_lfw(
    data_home: Path | None = None,
    *,
    base_url: str = BASE_URL,
    files: Sequence[RemoteFile] = FILES,
) -> Generator[WorkProgress, None, None]:
    """Download and unpack what is missing of LFW (233 MB); ``done`` and ``total`` are in MB.

    Closing the generator keeps what has arrived, and the next call goes on from there.

    Raises:
        DownloadError: no connection, a refusal, a wrong checksum, a full disk; or another window
            downloads it already.
    """
    home = (data_home or default_data_home()) / "lfw_home"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with only_one(home / _LOCK):
            yield from _fetch_all(files, home, base_url)
    except BlockingIOError as error:
        raise DownloadError(
            "Another window is downloading LFW already. Choose LFW again when it is done."
        ) from error
    except OSError as error:
        raise _disk_error(error, home) from error


def _fetch_all(
    files: Sequence[RemoteFile], home: Path, base_url: str
) -> Generator[WorkProgress, None, None]:
    target = home / "lfw_funneled"
    archives = [file for file in files if file.name == ARCHIVE]
    lists = [file for file in files if file.name != ARCHIVE]
    for file in archives:
        # The user may have put it there.
        if not target.is_dir() and _is_there(file, home):
            yield from _unpack(home / ARCHIVE)
    # The lists are for other programs: without them LFW can be used.
    with suppress(DownloadError):
        for file in lists:
            yield from _fetch(file, home, base_url)
    for file in archives:
        if target.is_dir():
            continue
        try:
            yield from _fetch(file, home, base_url)
            yield from _unpack(home / ARCHIVE)
        except DownloadError as error:
            text = f"{error} {how_by_hand(home.parent)}{_cut_off(home / ARCHIVE)}"
            raise DownloadError(text, error.details) from error


def _is_there(file: RemoteFile, home: Path) -> bool:
    path = home / file.name
    return path.exists() and _sha256(path) == file.sha256


def _cut_off(archive: Path) -> str:
    """Return how large a file is that the user put there and that isn't the archive."""
    if not archive.exists():
        return ""
    size = archive.stat().st_size / 1e6
    return f" The “{archive.name}” there isn't whole: {size:,.0f} of {ARCHIVE_MB} MB."


def _fetch(file: RemoteFile, home: Path, base_url: str) -> Generator[WorkProgress, None, None]:
    path = home / file.name
    # As scikit-learn does, the small files are taken as they are.
    if path.exists() and (file.name != ARCHIVE or _sha256(path) == file.sha256):
        return
    part = path.with_name(f"{file.name}.part")
    # A finished part is left when a download is stopped in its very last moment.
    if not (part.exists() and _sha256(part) == file.sha256):
        yield from _receive(f"{base_url.rstrip('/')}/{file.address}", part)
        if _sha256(part) != file.sha256:
            part.unlink()
            raise DownloadError(f"“{file.name}” arrived damaged. Please try again.")
    part.replace(path)


class _Head(NamedTuple):
    start: int
    total: int


def _receive(url: str, part: Path) -> Generator[WorkProgress, None, None]:
    """Append to the part what is missing of it."""
    pace, now, stream = Pace(), WorkProgress("Connecting to the server"), None
    start = part.stat().st_size if part.exists() else 0
    head = _Head(0, 0)
    try:
        with closing(poll(_chunks(url, start))) as items:
            for item in items:
                if isinstance(item, _Head):
                    head = item
                    stream = part.open("ab" if head.start else "wb")
                elif stream and item:
                    stream.write(item)
                    now = _progress(stream, head.total)
                if pace.due():
                    yield now
        if stream and stream.tell() < head.total:
            raise DownloadError("The connection broke off. Try again to go on from there.")
    finally:
        if stream:
            stream.close()


def _progress(stream: IO[bytes], total: int) -> WorkProgress:
    done_mb, total_mb = round(stream.tell() / 1e6), round(total / 1e6)
    return WorkProgress("Downloading LFW", min(done_mb, total_mb), total_mb)


def _chunks(url: str, start: int) -> Iterator[_Head | bytes]:
    try:
        with _opened(url, start) as response:
            head = _head(response, start)
            yield head
            # read1() hands over what is there, so that nothing is lost when this is stopped.
            while chunk := response.read1(_CHUNK):
                yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise _network_error(error) from error


def _opened(url: str, start: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": "cae-studio"} | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(url, headers=headers)
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:  # more is here than the server has: start again
            error.close()
            return _opened(url, 0)
        raise
    return response


def _head(response: http.client.HTTPResponse, start: int) -> _Head:
    length = int(response.headers.get("Content-Length") or 0)
    if response.status == 206:
        given = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
        if given is None or int(given[1]) != start:
            raise DownloadError(f"The server sent another part than asked for. {_LATER}")
        return _Head(start, start + length)
    if response.status != 200:
        raise DownloadError(f"The server refused ({response.status}). {_LATER}")
    return _Head(0, length)


def _unpack(archive: Path) -> Generator[WorkProgress, None, None]:
    """Unpack beside its place, then move: a half data set never looks like a whole one."""
    pace, total = Pace(), round(archive.stat().st_size / 1e6)
    draft = Path(tempfile.mkdtemp(prefix=".lfw_funneled-", dir=archive.parent))
    try:
        with archive.open("rb") as stream, tarfile.open(fileobj=stream, mode="r|gz") as members:
            for member in members:
                _extract(members, member, draft)
                if pace.due():
                    yield WorkProgress("Unpacking LFW", round(stream.tell() / 1e6), total)
        target = archive.parent / "lfw_funneled"
        if not target.is_dir():  # unless another process was faster
            (draft / "lfw_funneled").rename(target)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise DownloadError("The archive of LFW can't be unpacked.", str(error)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    archive.unlink()


def _extract(members: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Unpack one member; links and paths that lead out of the folder are refused."""
    if hasattr(tarfile, "data_filter"):
        # The files get the mode that the umask gives, not that of the archive.
        open_to_umask = member.replace(mode=None, deep=False)  # type: ignore[arg-type]
        members.extract(open_to_umask, folder, filter="data")
        return
    # Python before 3.11.4, as in Debian 12, has no filters.
    inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
    if not inside or not (member.isfile() or member.isdir()):
        raise tarfile.TarError(f"{member.name} doesn't belong into the archive")
    members.extract(member, folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _network_error(error: Exception) -> DownloadError:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return DownloadError(_refusal(error.code), str(error))
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return DownloadError(f"The server doesn't answer. {_LATER}", str(error))
    return DownloadError(
        "There is no connection to the server. Check the network and try again.", str(error)
    )


def _refusal(code: int) -> str:
    if code in (404, 410):
        return f"The server doesn't have the file any more ({code})."
    if code >= 500:
        return f"The server is out of order ({code}). {_LATER}"
    return f"The server refused ({code}). {_LATER}"


def _disk_error(error: OSError, home: Path) -> DownloadError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DownloadError(f"The disk is full. LFW needs about 500 MB in “{home}”.", str(error))
    return DownloadError(f"LFW can't be saved in “{home}”: {error.strerror}.", str(error))
