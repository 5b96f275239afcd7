from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage

from cae_gui import app
from cae_gui.desktop import NAME, SIZES

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="entries of Linux desktops")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data home"
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    return folder


def test_it_writes_an_entry_that_starts_this_program(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/100% $mine/bin/cae-studio", "--install-desktop"])
    assert app.run(["--install-desktop"]) == 0
    assert str(data) in capsys.readouterr().out
    entry = configparser.RawConfigParser()
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(data / "applications" / f"{NAME}.desktop", "utf-8")
    values = dict(entry["Desktop Entry"])
    assert values["Exec"] == r'"/opt/100%% \\$mine/bin/cae-studio" %F'
    assert values["Icon"] == values["StartupWMClass"] == NAME
    assert "application/x-cae-studio-session" in values["MimeType"].split(";")


def test_a_clone_starts_by_main(data: Path, tmp_path: Path) -> None:
    def run(flag: str) -> None:
        command = [sys.executable, "main.py", flag]
        subprocess.run(command, cwd=ROOT, env=os.environ, check=True, capture_output=True)

    run("--install-desktop")
    text = (data / "applications" / f"{NAME}.desktop").read_text("utf-8")
    assert f'Exec="{sys.executable}" "{ROOT / "main.py"}" %F' in text
    run("--remove-desktop")
    assert not [path for path in data.rglob(f"*{NAME}*") if path.is_file()]


def test_there_are_icons_in_all_sizes_and_kinds_of_files(data: Path) -> None:
    app.run(["--install-desktop"])
    icons = data / "icons" / "hicolor"
    for side in SIZES:
        icon = QImage(str(icons / f"{side}x{side}" / "apps" / f"{NAME}.png"))
        assert (icon.width(), icon.height(), icon.hasAlphaChannel()) == (side, side, True)
        assert icon.pixelColor(side // 2, side // 8).alpha() == 255
        assert icon.pixelColor(0, 0).alpha() == 0
    assert (icons / "scalable" / "apps" / f"{NAME}.svg").exists()
    kinds = ElementTree.parse(data / "mime" / "packages" / f"{NAME}.xml").getroot()
    globs = {each.get("pattern") for each in kinds.iter() if each.tag.endswith("glob")}
    assert globs == {"*.cae-session", "*.safetensors", "*.pth"}


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="isn't installed")
def test_the_entry_is_valid(data: Path) -> None:
    app.run(["--install-desktop"])
    path = data / "applications" / f"{NAME}.desktop"
    done = subprocess.run(["desktop-file-validate", path], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(not shutil.which("appstreamcli"), reason="isn't installed")
def test_the_metainfo_is_valid(data: Path) -> None:
    app.run(["--install-desktop"])
    path = data / "metainfo" / f"{NAME}.metainfo.xml"
    command = ["appstreamcli", "validate", "--no-net", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    # Its name isn't that of a domain, for there is none.
    warnings = [line for line in done.stdout.splitlines() if line[:2] in ("E:", "W:")]
    assert all("cid-desktopapp-is-not-rdns" in line for line in warnings), done.stdout


def test_what_others_put_there_stays(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = data / "applications" / "other.desktop"
    other.parent.mkdir(parents=True)
    other.write_text("[Desktop Entry]\n")
    app.run(["--remove-desktop"])
    assert "There was no entry" in capsys.readouterr().out
    app.run(["--install-desktop"])
    app.run(["--remove-desktop"])
    assert other.exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.write_bytes(b"")
    assert app.run(["--install-desktop"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"“{data}” can't be written: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("flag", ["--install-desktop", "--remove-desktop"])
def test_other_systems_have_no_entries(
    flag: str, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert app.run([flag]) == 1
    assert "Only the desktops of Linux" in capsys.readouterr().err
