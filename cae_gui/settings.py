"""What the window remembers between two starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from cae_gui.widgets.theme import Scheme
from model.io.places import home

RECENT_MODELS = 8


@dataclass(frozen=True, slots=True)
class FilmChoice:
    """How the user wants a film or picture; proposed for the next one.

    ``format`` is one of ``model.morph.film.FORMATS``, ``size`` the side of a face in pixels.

    ``pictures`` and ``columns`` (0: as many as rows) are for strips and grids.
    """

    format: str = "GIF"
    size: int = 192
    frames_per_second: int = 25
    pictures: int = 9
    columns: int = 0


class Settings:
    """Typed access to the platform's own settings store."""

    def __init__(self) -> None:
        self._store = QSettings(
            QSettings.defaultFormat(), QSettings.Scope.UserScope, "cae-studio", "CAE Studio"
        )

    @property
    def geometry(self) -> QByteArray:
        """Size and place of the window; empty at the first start."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("window/geometry", value)

    @property
    def splitter(self) -> QByteArray:
        """Width of the gallery; empty at the first start."""
        return self._bytes("window/splitter")

    @splitter.setter
    def splitter(self, value: QByteArray) -> None:
        self._store.setValue("window/splitter", value)

    @property
    def run_table(self) -> QByteArray:
        """Widths, order and sorting of the columns of the table of runs; empty at first."""
        return self._bytes("train/table")

    @run_table.setter
    def run_table(self, value: QByteArray) -> None:
        self._store.setValue("train/table", value)

    @property
    def run_grouping(self) -> str:
        """What the runs of the list are grouped by, as the menu calls it; "" at first."""
        return self._text("train/grouping", "")

    @run_grouping.setter
    def run_grouping(self, value: str) -> None:
        self._store.setValue("train/grouping", value)

    @property
    def folded(self) -> frozenset[str]:
        """What is folded away: “gallery”, and the workspaces whose inspector is."""
        return frozenset(filter(None, self._text("window/folded", "").split("\n")))

    @folded.setter
    def folded(self, value: frozenset[str]) -> None:
        self._store.setValue("window/folded", "\n".join(sorted(value)))

    @property
    def scheme(self) -> Scheme:
        """Appearance of the window."""
        match self._text("window/scheme", "system"):
            case "light":
                return "light"
            case "dark":
                return "dark"
            case _:
                return "system"

    @scheme.setter
    def scheme(self, value: Scheme) -> None:
        self._store.setValue("window/scheme", value)

    @property
    def workspace(self) -> int:
        """Index of the workspace on show; Reconstruct at the first start."""
        return self._number("window/workspace", 1)

    @workspace.setter
    def workspace(self, value: int) -> None:
        self._store.setValue("window/workspace", str(value))

    @property
    def source(self) -> str:
        """Source key of the faces on show."""
        return self._text("faces/source", "demo")

    @source.setter
    def source(self, value: str) -> None:
        self._store.setValue("faces/source", value)

    @property
    def left_out(self) -> str:
        """Stands for what was told last of files that the source lacks."""
        return self._text("faces/left-out", "")

    @left_out.setter
    def left_out(self, value: str) -> None:
        self._store.setValue("faces/left-out", value)

    @property
    def row(self) -> int:
        """Row of the selected face."""
        return self._number("faces/row", 0)

    @row.setter
    def row(self, value: int) -> None:
        self._store.setValue("faces/row", str(value))

    @property
    def folder(self) -> Path:
        """The folder of the last file dialog."""
        return Path(self._text("files/folder", str(home() or Path.cwd())))

    @folder.setter
    def folder(self, value: Path) -> None:
        self._store.setValue("files/folder", str(value))

    @property
    def model(self) -> Path | None:
        """File of the model in use; None for the shipped one."""
        text = self._text("model/path", "")
        return Path(text) if text else None

    @model.setter
    def model(self, value: Path | None) -> None:
        self._store.setValue("model/path", str(value or ""))

    @property
    def directions(self) -> Path | None:
        """File of the own directions in use, which a model without any takes over."""
        text = self._text("directions/path", "")
        return Path(text) if text else None

    @directions.setter
    def directions(self, value: Path | None) -> None:
        self._store.setValue("directions/path", str(value or ""))

    @property
    def stopped_run(self) -> Path | None:
        """Folder of the run whose training ended with the last window, if one did."""
        text = self._text("train/stopped", "")
        return Path(text) if text else None

    @stopped_run.setter
    def stopped_run(self, value: Path | None) -> None:
        self._store.setValue("train/stopped", str(value or ""))

    @property
    def has_left_work(self) -> bool:
        """Whether the last window was closed with unsaved work, kept as the last session."""
        return self._number("window/left-work", 0) > 0

    @has_left_work.setter
    def has_left_work(self, value: bool) -> None:
        self._store.setValue("window/left-work", str(int(value)))

    @property
    def refines_photos(self) -> bool:
        """Whether own photos are refined as soon as they are selected."""
        return self._number("refine/photos", 0) > 0

    @refines_photos.setter
    def refines_photos(self, value: bool) -> None:
        self._store.setValue("refine/photos", str(int(value)))

    @property
    def stays_typical(self) -> bool:
        """Whether refinement is pulled towards typical faces."""
        return self._number("refine/typical", 1) > 0

    @stays_typical.setter
    def stays_typical(self, value: bool) -> None:
        self._store.setValue("refine/typical", str(int(value)))

    @property
    def has_strips(self) -> bool:
        """Whether there are pictures under Explore's sliders."""
        return self._number("explore/strips", 0) > 0

    @has_strips.setter
    def has_strips(self, value: bool) -> None:
        self._store.setValue("explore/strips", str(int(value)))

    @property
    def local_faces(self) -> int:
        """Nearest faces that local directions are found among."""
        return self._number("explore/local-faces", 300)

    @local_faces.setter
    def local_faces(self, value: int) -> None:
        self._store.setValue("explore/local-faces", str(value))

    @property
    def film(self) -> FilmChoice:
        """What the last film or picture was to be like."""
        standard = FilmChoice()
        return FilmChoice(
            self._text("film/format", standard.format),
            self._number("film/size", standard.size),
            self._number("film/rate", standard.frames_per_second),
            self._number("film/pictures", standard.pictures),
            self._number("film/columns", standard.columns),
        )

    @film.setter
    def film(self, value: FilmChoice) -> None:
        self._store.setValue("film/format", value.format)
        self._store.setValue("film/size", str(value.size))
        self._store.setValue("film/rate", str(value.frames_per_second))
        self._store.setValue("film/pictures", str(value.pictures))
        self._store.setValue("film/columns", str(value.columns))

    @property
    def recent_models(self) -> list[Path]:
        """Model files opened or saved, the newest first."""
        return [Path(line) for line in self._text("model/recent", "").split("\n") if line]

    def add_recent_model(self, path: Path) -> None:
        """Put a model file at the head of the recent ones."""
        others = [item for item in self.recent_models if item != path]
        lines = [str(item) for item in [path, *others][:RECENT_MODELS]]
        self._store.setValue("model/recent", "\n".join(lines))

    def _text(self, key: str, default: str) -> str:
        value: Any = self._store.value(key, default)
        return value if isinstance(value, str) else default

    def _number(self, key: str, default: int) -> int:
        text = self._text(key, "")
        # More digits make a number that Qt can't take.
        return int(text) if text.isdecimal() and len(text) < 10 else default

    def _bytes(self, key: str) -> QByteArray:
        value: Any = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()
