from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

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
    assert "number 2 of the queue.\nTo train what waits: python -m model queue run\n" in text
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


def test_a_sweep_is_queued_trained_and_compared(
    pictures: Path, tmp_path: Path, capsys: Output
) -> None:
    enqueue(pictures, "--sweep", "learning-rate=0.001,0.003", "--sweep", "flip=yes,no")
    assert "4 trainings wait in the queue, with the tag “sweep " in capsys.readouterr().out
    entries = TrainingQueue().read().entries
    (tag,) = entries[0].labels.tags
    assert [one.title for one in entries][:2] == [
        "learning rate 0.001 · mirror faces yes",
        "learning rate 0.001 · mirror faces no",
    ]
    TrainingQueue().change(entries, [entries[0], entries[3]])
    assert main(["queue", "run"]) == 0
    capsys.readouterr()
    figure = tmp_path / "sweep.png"
    assert main(["runs", "sweep", tag, "--figure", str(figure)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split("  ")[0] == "Run"
    assert "learning rate 0.003 · mirror faces no" in out
    with Image.open(figure) as picture:
        assert picture.size == (3000, 1440)


def test_what_no_sweep_can_be(fails: Fails) -> None:
    argv = ["train", "--queue", "--sweep"]
    assert "Learning rate (learning_rate) must be a number" in fails(
        [*argv, "learning_rate=x,1"], 2
    )
    assert "There is no setting “speed”" in fails([*argv, "speed=1,2"], 2)
    assert "as learning_rate=0.01,0.02" in fails([*argv, "seed"], 2)
    assert "one setting or two" in fails(
        [*argv, "seed=1,2", "--sweep", "shift=1,2", "--sweep", "epochs=1,2"], 2
    )
    assert "--sweep goes with --queue" in fails(["train", "--sweep", "seed=1,2"], 2)
    assert "no run has the tag “none”" in fails(["runs", "sweep", "none"], 3)
    assert seeds() == []


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
