from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from model.checkpoint import load_face_model
from model.cli import main
from model.config import TrainConfig
from model.runs.runs import Run, list_runs
from model.training.trainer import TrainingError

SMALL = ("--latent-dim", "4", "--batch-size", "8")
ROOT = Path(__file__).resolve().parents[3]

Fails = Callable[[list[str], int], str]
Output = pytest.CaptureFixture[str]


def test_every_setting_is_a_flag(capsys: Output) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["train", "--help"])
    text = capsys.readouterr().out
    for item in fields(TrainConfig):
        assert "--" + item.name.replace("_", "-") in text


def test_help_comes_without_torch() -> None:
    code = (
        "import sys; sys.argv = ['model', 'train', '--epochs', '0']; from model.cli import main\n"
        "assert main() == 2 and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_trains_and_logs_one_line_an_epoch(pictures: Path, capsys: Output) -> None:
    argv = ["train", "--faces", str(pictures), "--epochs", "2", "--no-flip", *SMALL]
    assert main(argv) == 0
    text = capsys.readouterr().out
    assert len(re.findall(r"(?m)^Epoch \d/2 .*test MSE", text)) == 2
    assert "\r" not in text
    assert "Finished. Best test MSE" in text
    (run,) = list_runs()
    assert run.config == TrainConfig(epochs=2, latent_dim=4, batch_size=8, flip=False)
    assert len(run.rows()) == 2


def test_says_how_long_it_would_take_and_trains_nothing(pictures: Path, capsys: Output) -> None:
    argv = ["train", "--estimate", "--faces", str(pictures), "--epochs", "3", *SMALL]
    assert main(argv) == 0
    text = capsys.readouterr().out
    assert re.search(r"images/s, about \d+:\d\d for 3 epochs\.", text)
    assert list(list_runs()) == []


def test_estimates_what_is_left_of_a_run(pictures: Path, capsys: Output) -> None:
    assert main(["train", "--faces", str(pictures), "--epochs", "1", *SMALL]) == 0
    (run,) = list_runs()
    assert main(["train", "--estimate", "--run", "latest"]) == 0
    assert "All 1 epochs of this run are done." in capsys.readouterr().out
    longer = replace(run.config, epochs=3)
    about = json.loads((run.folder / "run.json").read_text()) | {"config": longer.to_dict()}
    (run.folder / "run.json").write_text(json.dumps(about))
    assert main(["train", "--estimate", "--run", "latest"]) == 0
    assert "for 2 epochs." in capsys.readouterr().out
    assert len(run.rows()) == 1


def test_an_estimate_of_several_processes_is_refused(
    monkeypatch: pytest.MonkeyPatch, fails: Fails
) -> None:
    torchrun = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}
    for name, value in torchrun.items():
        monkeypatch.setenv(name, value)
    assert "without torchrun" in fails(["train", "--estimate"], 2)


def test_a_run_remembers_where_its_faces_are(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pictures.parent)
    assert main(["train", "--faces", pictures.name, "--epochs", "1", *SMALL]) == 0
    assert [run.source for run in list_runs()] == [str(pictures)]


def test_a_run_trains_like_an_earlier_one(pictures: Path, tmp_path: Path) -> None:
    argv = ["train", "--faces", str(pictures), "--epochs", "1"]
    assert main([*argv, *SMALL]) == 0
    assert main([*argv, "--like", "latest", "--seed", "3"]) == 0
    second, first = list_runs()
    assert (first.config.seed, second.config.seed) == (0, 3)
    assert second.config.latent_dim == 4


def test_preset_and_flags_combine(pictures: Path) -> None:
    argv = ["train", "--faces", str(pictures), "--preset", "reference", "--epochs", "1", *SMALL]
    assert main(argv) == 0
    (run,) = list_runs()
    assert (run.config.optimizer, run.config.epochs) == ("adam", 1)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--epochs", "0"], "(epochs)"),
        (["--learning-rate", "-1"], "(learning_rate)"),
        (["--latent-dim", "0"], "(latent_dim)"),
        (["--optimizer", "sgd"], "(optimizer)"),
        (["--epochs", "many"], "--epochs"),
        (["--preset", "Slow"], "--preset"),
        (["--run", "latest", "--like", "latest"], "--like"),
        (["--batch-size", "4000"], "(batch_size)"),
        (["--wrong"], "--wrong"),
    ],
)
def test_a_wrong_setting_is_named_and_leaves_no_run(
    flags: list[str], named: str, fails: Fails
) -> None:
    assert named in fails(["train", *flags], 2)
    assert not list(list_runs())


def test_a_run_keeps_its_settings_and_its_faces(
    two_runs: list[Run], pictures: Path, fails: Fails
) -> None:
    name = two_runs[1].folder.name
    assert "leave out --seed," in fails(["train", "--run", name, "--epochs", "3", "--seed", "1"], 2)
    sentence = fails(["train", "--run", name, "--faces", str(pictures)], 2)
    assert "“Demo faces”, not “pictures”" in sentence


def test_a_run_gets_more_or_fewer_epochs(pictures: Path, capsys: Output, fails: Fails) -> None:
    assert main(["train", "--faces", str(pictures), "--epochs", "1", *SMALL]) == 0
    (run,) = list_runs()
    assert main(["train", "--run", "latest", "--epochs", "3"]) == 0
    text = capsys.readouterr().out
    assert "epochs 2 to 3" in text
    assert len(re.findall(r"(?m)^Epoch \d/3 .*test MSE", text)) == 2
    assert "3 epochs of" in fails(["train", "--run", "latest", "--epochs", "2"], 2)
    assert "(epochs) must be" in fails(["train", "--run", "latest", "--epochs", "99999"], 2)
    assert main(["train", "--run", "latest"]) == 0  # by mistake: nothing is trained
    assert "All 3 epochs of this run are done." in capsys.readouterr().out
    assert len(run.rows()) == 3
    assert main(["runs", "list"]) == 0
    assert re.search(r"finished +3/3", capsys.readouterr().out)


def test_a_run_that_lost_its_patience_says_so(pictures: Path, capsys: Output) -> None:
    stuck = ("--patience", "1", "--least-improvement", "0.5", "--learning-rate", "1e-6")
    argv = ["train", "--faces", str(pictures), "--epochs", "9", "--schedule", "step", *stuck]
    assert main([*argv, *SMALL]) == 0
    assert "No epoch was clearly better for long" in capsys.readouterr().out
    (run,) = list_runs()
    assert run.summary().is_finished
    assert run.summary().epochs_done < 9
    assert main(["runs", "show", "latest"]) == 0
    assert "no epoch was clearly better for long" in capsys.readouterr().out


def test_a_folder_of_faces_must_be_named_again(fails: Fails) -> None:
    Run.create(TrainConfig(), "pictures")
    assert "--faces" in fails(["train", "--run", "latest"], 2)


def test_data_that_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: Fails
) -> None:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "nothing"))
    assert "LFW isn't on this machine" in fails(["train", "--faces", "lfw"], 3)
    fails(["train", "--faces", str(tmp_path / "nowhere")], 3)
    assert not list(list_runs())


def test_a_training_that_fails(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, fails: Fails
) -> None:
    def failing(*_: Any, **__: Any) -> Iterator[Any]:
        yield from ()
        raise TrainingError("The loss became nan.")

    monkeypatch.setattr("model.training.training.train", failing)
    assert fails(["train", "--faces", str(pictures)], 4) == "The loss became nan.\n"
    assert not list(list_runs())


def test_runs_that_cannot_be_written(pictures: Path, tmp_path: Path, fails: Fails) -> None:
    (tmp_path / "file").touch()
    argv = ["train", "--faces", str(pictures), "--runs-folder", str(tmp_path / "file" / "runs")]
    assert "can't be written" in fails(argv, 5)


def test_unexpected_errors_are_a_sentence_unless_debugging(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, fails: Fails, capsys: Output
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("nothing\nworks")

    monkeypatch.setattr("model.cli.runs.list_runs", broken)
    assert "ZeroDivisionError: nothing works" in fails(["runs", "list"], 1)
    assert main(["runs", "list", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def _start(*argv: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "model", "train", *argv]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _stop_after_an_epoch(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Send a signal once an epoch is logged; return exit code and the log."""
    assert process.stdout is not None
    with process:
        log = []
        for line in process.stdout:
            log.append(line)
            if line.startswith("Epoch"):
                process.send_signal(number)
                break
        log += process.stdout.readlines()
    return process.returncode, "".join(log)


@pytest.mark.timeout(300)  # two processes import everything and train until they are stopped
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise on Windows")
def test_a_stopped_training_is_kept_and_goes_on(pictures: Path) -> None:
    start = _start("--faces", str(pictures), "--epochs", "9999", *SMALL)
    code, log = _stop_after_an_epoch(start, signal.SIGINT)
    assert code == 130
    words = shlex.split(log.splitlines()[-1].partition("To go on: ")[2])
    assert words[:4] == ["python", "-m", "model", "train"]
    (run,) = list_runs()
    done = len(run.rows())
    assert done >= 1
    assert load_face_model(run.best).network.latent_dim == 4
    code, log = _stop_after_an_epoch(_start(*words[4:]), signal.SIGTERM)
    assert code == 143
    assert f"epochs {done + 1} to 9999" in log
    assert len(run.rows()) > done
