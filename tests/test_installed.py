"""The wheel: what is in it, and how it starts where somebody's files have our packages' names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import model

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("cae_gui", "model", "resources")
BUILD = """
import sys, tarfile
from pathlib import Path
from setuptools import build_meta
out = Path(sys.argv[1])
archive = out / build_meta.build_sdist(str(out))
with tarfile.open(archive) as file:
    file.extractall(out, filter="data")
import os
os.chdir(out / archive.name.removesuffix(".tar.gz"))
build_meta.build_wheel(str(out))
"""
"""What ``python -m build`` does, with the setuptools that is here."""


def ours() -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was made of it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(out)], cwd=source, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def scripts(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the scripts, in an environment that has the libraries of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wheel = next(built.glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--quiet", str(wheel)], check=True)
    variables = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", variables))
    assert (packages / "model").is_dir()
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "libraries.pth").write_text("\n".join(here) + "\n", "utf-8")
    return python.parent


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A working folder whose files and folders have the names of our packages."""
    folder = tmp_path / "crowded"
    for package in PACKAGES:
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    (folder / "main.py").write_text("raise SystemExit('the wrong one')\n")
    return folder


def environment(folder: Path) -> dict[str, str]:
    own = {name: str(folder / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    inherited = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
    return inherited | own | {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}


def test_the_wheel_holds_the_packages_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        information = set(wheel.namelist()) - names
    assert names == ours()
    assert {"pretrained.safetensors", "demo_faces.webp", "icon.svg"} <= {
        Path(name).name for name in names
    }
    assert any(name.endswith("licenses/LICENSE") for name in information)
    assert next(built.glob("*.whl")).name.startswith(f"cae_studio-{model.__version__}-")


def test_the_source_archive_holds_what_the_wheel_is_made_of(built: Path) -> None:
    archive = next(built.glob("*.tar.gz"))
    with tarfile.open(archive) as file:
        names = {
            name.partition("/")[2] for name in file.getnames() if file.getmember(name).isfile()
        }
    others = {name for name in names - ours() if not name.startswith("cae_studio.egg-info/")}
    assert names >= ours()
    assert others == {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO", "setup.cfg"}


def run(command: list[Path | str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True
    )


@pytest.mark.parametrize("name", ["cae", "cae-studio"])
def test_the_scripts_run_ours_and_not_what_lies_around(
    name: str, scripts: Path, crowded: Path
) -> None:
    done = run([scripts / name, "--version"], crowded)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == model.__version__


def test_everything_works(scripts: Path, crowded: Path) -> None:
    done = run([scripts / "cae-studio", "--self-test"], crowded)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "Everything works."
    assert f"CAE Studio: {model.__version__}" in lines
    kinds = ("LFW", "reads pictures", "t-SNE", "GIF", "Training", "Reconstruction", "model")
    assert all(any(line.startswith("ok") and kind in line for line in lines) for kind in kinds)


def test_the_command_line_speaks_of_itself_by_its_name(scripts: Path, crowded: Path) -> None:
    done = run([scripts / "cae", "evaluate"], crowded)
    assert done.returncode == 2
    assert done.stderr.endswith("Try: cae evaluate --help\n")


@pytest.fixture
def opened(scripts: Path, crowded: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [scripts / "cae-studio"],
        cwd=crowded,
        env=environment(crowded),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="asks the window to close by a signal")
def test_the_window_opens_and_works(opened: subprocess.Popen[str], tmp_path: Path) -> None:
    log = tmp_path / "log" / "cae-studio.log"
    while opened.poll() is None and not (log.exists() and log.read_text("utf-8")):
        with pytest.raises(subprocess.TimeoutExpired):
            opened.wait(0.1)
    opened.terminate()
    _, errors = opened.communicate()
    assert opened.returncode == 143
    assert "Traceback" not in errors
    assert f"CAE Studio {model.__version__}, Python" in log.read_text("utf-8")
