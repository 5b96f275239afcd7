from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model.cli import main
from model.config import TrainConfig
from model.runs.queue import QueueEntry, TrainingQueue
from model.runs.runs import list_runs

Fails = Callable[[list[str], int], str]
Output = pytest.CaptureFixture[str]

SMALL = ["--epochs", "2", "--batch-size", "8", "--latent-dim", "4", "--optimizer", "adam"]


def enqueue(pictures: Path, *more: str) -> None:
    assert main(["train", "--faces", str(pictures), "--queue", *SMALL, *more]) == 0


def seeds() -> list[int]:
    return [entry.config.seed for entry in TrainingQueue().read().entries]


def test_a_training_is_queued_and_nothing_trained(pictures: Path, capsys: Output) -> None:
    enqueue(pictures)
    enqueue(pictures, "--seed", "7")
    text = capsys.readouterr().out
    assert "number 2 of the queue. To train what waits: python -m model queue run" in text
    assert not list(list_runs())
    first, second = TrainingQueue().read().entries
    assert (first.faces, first.source) == ("pictures", str(pictures))
    assert second.config.seed == 7
    assert main(["queue"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[0] == "2"
    assert "Fast, but 2 epochs, batch size 8 faces, latent size 4" in lines[2]
    assert lines[2].endswith("seed 7  waits")


def test_the_queue_is_worked_off(pictures: Path, capsys: Output) -> None:
    enqueue(pictures)
    enqueue(pictures, "--seed", "7")
    assert main(["queue", "run"]) == 0
    text = capsys.readouterr().out
    assert text.count("Finished. Best test MSE") == 2
    assert "2 trainings are done, 0 failed. Nothing else waits" in text
    assert [run.config.seed for run in list_runs()] == [7, 0]
    assert main(["queue", "list"]) == 0
    assert "Nothing waits in the queue." in capsys.readouterr().out


def test_what_fails_is_told_and_the_next_goes_on(pictures: Path, capsys: Output) -> None:
    gone = QueueEntry(TrainConfig(), "gone", str(pictures.with_name("gone")))
    TrainingQueue().add([gone])
    enqueue(pictures)
    capsys.readouterr()
    assert main(["queue", "run"]) == 4
    out, err = capsys.readouterr()
    assert "gone" in err
    assert err.count("\n") == 1
    assert "1 training is done, 1 failed" in out
    assert main(["queue"]) == 0
    assert "failed: " in capsys.readouterr().out
    assert TrainingQueue().take() is None
    assert main(["queue", "retry", "1"]) == 0
    claim = TrainingQueue().take()
    assert claim is not None
    claim.close()


def test_the_queue_is_reordered_and_emptied(pictures: Path, capsys: Output, fails: Fails) -> None:
    for seed in ("1", "2", "3"):
        enqueue(pictures, "--seed", seed)
    assert main(["queue", "move", "3", "1"]) == 0
    assert seeds() == [3, 1, 2]
    assert main(["queue", "move", "1", "2"]) == 0
    assert seeds() == [1, 3, 2]
    assert main(["queue", "remove", "1", "3"]) == 0
    assert "2 trainings are removed." in capsys.readouterr().out
    assert seeds() == [3]
    assert "no number 2 in the queue: it has numbers 1 to 1" in fails(["queue", "remove", "2"], 2)
    assert "no number 0" in fails(["queue", "move", "1", "0"], 2)
    assert seeds() == [3]


def test_a_training_under_way_is_not_removed(pictures: Path, fails: Fails, capsys: Output) -> None:
    enqueue(pictures)
    claim = TrainingQueue().take()
    assert claim is not None
    with claim:
        capsys.readouterr()
        assert main(["queue"]) == 0
        assert capsys.readouterr().out.splitlines()[1].endswith("training")
        assert "being trained now" in fails(["queue", "remove", "1"], 5)
    assert seeds() == [0]


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (["--begin-with", "shipped"], "begins with a new network: leave out --begin-with"),
        (["--run", "latest"], "needs no queue: leave out --run"),
        (["--estimate"], "leave out --estimate"),
        (["--runs-folder", "x"], "“queue run” says where"),
    ],
)
def test_what_a_queued_training_cannot_have(more: list[str], part: str, fails: Fails) -> None:
    assert part in fails(["train", "--queue", *more], 2)
    assert seeds() == []


def test_too_few_faces_are_told_at_once(pictures: Path, fails: Fails) -> None:
    argv = ["train", "--queue", "--faces", str(pictures), "--batch-size", "64"]
    assert "has only 16 faces" in fails(argv, 2)
    assert seeds() == []


def test_a_damaged_queue_is_told(pictures: Path, fails: Fails, capsys: Output) -> None:
    enqueue(pictures)
    (TrainingQueue().folder / "queue.json").write_text("{")
    capsys.readouterr()
    assert main(["queue"]) == 0
    assert "can't be read" in capsys.readouterr().err


def test_an_interrupted_queue_goes_on_with_its_run(pictures: Path, capsys: Output) -> None:
    enqueue(pictures, "--epochs", "400")
    words = [sys.executable, "-m", "model", "queue", "run"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Epoch"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "To go on: python -m model queue run" in rest
    (run,) = list_runs()
    (entry,) = TrainingQueue().read().entries
    assert (entry.run, entry.is_training) == (run.folder, False)
