"""What signals do to the program in every state: real processes of ``main.py``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADING_S, CLOSING_S = 120, 25

if sys.platform == "win32":
    pytest.skip("signals of POSIX", allow_module_level=True)

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

_PRELUDE = """
import sys, os, time
from pathlib import Path
sys.argv = ["main.py"]
import main
from model.system.signals import end_at_once
end_at_once()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMenu
from cae_gui.core import ending
from cae_gui.main_window import MainWindow
from cae_gui.widgets import dialogs
from model.config import TrainConfig
from model.events import Progress
from model.progress import WorkProgress
CONFIG = TrainConfig(
    epochs=10_000, batch_size=16, latent_dim=4, optimizer="adam", learning_rate=0.003
)

def say(text):
    print(text, flush=True)

def soon(call):
    QTimer.singleShot(300, call)
    QTimer.singleShot(900, lambda: say("ready"))

start = MainWindow.start
def started(self):
    start(self)
    self.move(33, 44)
    when_ready(self)
MainWindow.start = started

def train(window, then, kind=Progress):
    training, faces = window.studio.training, window.studio.faces
    def begin():
        if faces.faces is None:
            return QTimer.singleShot(100, begin)
        training.start(CONFIG, faces.faces, "demo")
    came = []
    def once(event):
        if isinstance(event, kind) and not came:
            came.append(True)
            then(training)
    training.reported.connect(once)
    window.studio.problem.connect(lambda problem: print(problem, file=sys.stderr))
    begin()
"""

STATES = {
    "idle": "soon(lambda: None)",
    "training": "train(window, lambda _: soon(lambda: None))",
    "paused": "train(window, lambda training: soon(training.pause))",
    "preparing": "train(window, lambda training: say('ready'), WorkProgress)",
    "stopping": "train(window, lambda training: (training.stop(), say('ready')))",
    "question": "train(window, lambda _: soon(lambda: dialogs.ask_discard(window)))",
    "closing": "train(window, lambda _: soon(window.close))",
    "file dialog": ("soon(lambda: say(f'answer {dialogs.ask_folder(window, Path.cwd())}'))"),
    "menu": "soon(lambda: (m := QMenu(window)).addAction('A') and m.exec())",
    "slow task": "window.studio.tasks.export(lambda: time.sleep(3), Path('x')); say('ready')",
}


@contextmanager
def inherited(ignored: Collection[signal.Signals]) -> Iterator[None]:
    """Have processes that are started inside ignore these signals only.

    What starts the tests may ignore some itself, as nohup does.
    """
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        for number, handler in before.items():
            if number in ignored:
                signal.signal(number, signal.SIG_IGN)
            elif handler is signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Program:
    """A window in a process of its own, which ignores the signals named, and no others."""

    def __init__(self, code: str, folder: Path, ignored: Collection[signal.Signals] = ()) -> None:
        self.folder = folder
        names = ("DATA", "CACHE", "LOG")
        own = {f"CAE_STUDIO_{name}": str(folder / name.lower()) for name in names}
        own |= {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
        own |= {"OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}
        with (folder / "errors").open("wb") as errors, inherited(ignored):
            self.process = subprocess.Popen(
                [sys.executable, *(["-c", code] if code else ["main.py"])],
                cwd=ROOT,
                env=os.environ | own,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.strip() == "ready":
                return
        raise AssertionError((self.folder / "errors").read_text())

    def ended(self) -> int:
        return self.process.wait(CLOSING_S)

    @property
    def errors(self) -> str:
        return (self.folder / "errors").read_text()


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    programs: list[Program] = []

    def begin(when_ready: str, ignored: Collection[signal.Signals] = ()) -> Program:
        code = f"{_PRELUDE}\ndef when_ready(window):\n    {when_ready}\nsys.exit(main.main())"
        programs.append(Program(code if when_ready else "", tmp_path, ignored))
        return programs[-1]

    yield begin
    for program in programs:
        program.process.kill()
        program.process.wait()
        if program.process.stdout is not None:
            program.process.stdout.close()


@pytest.mark.parametrize("state", STATES)
def test_a_signal_closes_the_window_in_every_state(state: str, start: Start) -> None:
    number = signal.SIGINT if len(state) % 2 else signal.SIGTERM
    program = start(STATES[state])
    program.wait_until_ready()
    program.process.send_signal(number)
    assert program.ended() == 128 + number
    assert "Traceback" not in program.errors
    assert (program.folder / "config/cae-studio/CAE Studio.conf").read_text().count("geometry=")
    for run in (program.folder / "data/runs").glob("*/run.json"):
        names = {path.name for path in run.parent.iterdir()}
        assert {"state.pt", "last.safetensors"} <= names or state == "preparing"
    if state not in ("idle", "file dialog", "menu", "slow task", "preparing"):
        assert list((program.folder / "data/runs").glob("*/state.pt"))


def test_a_closed_terminal_keeps_the_training(start: Start) -> None:
    program = start(STATES["training"])
    program.wait_until_ready()
    program.process.send_signal(signal.SIGHUP)
    assert program.ended() == 129
    assert list((program.folder / "data/runs").glob("*/last.safetensors"))


def test_a_signal_that_is_ignored_as_by_nohup_stays_ignored(start: Start) -> None:
    program = start(STATES["idle"], ignored=[signal.SIGHUP])
    program.wait_until_ready()
    program.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert program.process.poll() is None
    program.process.send_signal(signal.SIGTERM)
    assert program.ended() == 143


def test_unsaved_work_becomes_the_last_session(start: Start) -> None:
    program = start(
        "explorer = window.studio.explorer\n"
        "    def edit():\n"
        "        if explorer.face is None:\n"
        "            return QTimer.singleShot(100, edit)\n"
        "        explorer.go_to(explorer.face.latent + 1, 'Edit')\n"
        "        say('ready')\n"
        "    edit()"
    )
    program.wait_until_ready()
    program.process.send_signal(signal.SIGINT)
    assert program.ended() == 130
    assert list((program.folder / "data").glob("last.*"))


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.8, 1.5])
def test_a_signal_during_start_up_ends_the_program(seconds: float, start: Start) -> None:
    program = start("")
    time.sleep(seconds)
    program.process.send_signal(signal.SIGTERM)
    # Before Python runs a line of ours the system ends it, which a shell tells as 143 as well.
    assert program.ended() in (143, -signal.SIGTERM)


def test_a_signal_while_the_window_is_built_ends_the_program(start: Start) -> None:
    program = start(
        "pass\n"
        "build = MainWindow._build\n"
        "def built(self):\n"
        "    build(self)\n"
        "    say('ready')\n"
        "    time.sleep(1)\n"
        "MainWindow._build = built"
    )
    program.wait_until_ready()
    program.process.send_signal(signal.SIGTERM)
    assert program.ended() == 143


def test_a_second_signal_ends_a_window_that_hangs(start: Start) -> None:
    program = start("say('ready'); window._remember = lambda: time.sleep(100)")
    program.wait_until_ready()
    program.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    program.process.send_signal(signal.SIGTERM)  # together with the first: it still has its time
    time.sleep(1.5)
    assert program.process.poll() is None
    program.process.send_signal(signal.SIGTERM)
    assert program.ended() == 130


def test_a_window_that_hangs_ends_by_itself(start: Start) -> None:
    program = start("ending.LONGEST_S = 2; say('ready'); time.sleep(100)")
    program.wait_until_ready()
    program.process.send_signal(signal.SIGTERM)
    assert program.ended() == 143
