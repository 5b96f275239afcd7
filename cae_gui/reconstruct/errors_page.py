"""The errors of all faces: their histogram, what sums them up, and another model beside it."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cae_gui.reconstruct.face_errors import Errors, Shown
from cae_gui.reconstruct.histogram import Histogram, model_color
from cae_gui.widgets.controls import (
    ColorRole,
    ElidedLabel,
    Label,
    ProgressBar,
    SectionLabel,
    button,
    in_menu,
)
from cae_gui.widgets.inspectors import fill_inspector
from cae_gui.widgets.layouts import filled
from model.evaluation import error_bars, error_statistics
from model.plots.curves import mse_text

STOP, GO_ON = "Sto&p", "Measure &on"
NOTHING = "Choose faces at the left, or drop photos: here is how well each is reconstructed."
MEASURING = "The faces are being measured …"
APART = "No face is a test face of both models."
_NUMBERS = ("│  Mean", "┆  Median", "┊  95th percentile")
_TIPS = (
    "The mean of the faces' mean squared errors: the solid line",
    "Half of the faces have a smaller error: the dashed line",
    "95 % of the faces have a smaller error: the dotted line",
)


class Kind(Enum):
    """What faces the strip shows; the value is what this is called."""

    TESTED = "Test faces"
    WORST = "Worst"
    BEST = "Best"
    FIRST_BETTER = "A is better"
    SECOND_BETTER = "B is better"
    BAR = "Of a bar"


class Picked(NamedTuple):
    """Faces for the strip: their ``rows`` (K,), with K captions and tips, under a title."""

    title: str
    rows: NDArray[np.int64]
    captions: tuple[str, ...]
    tips: tuple[str, ...]


class ErrorsPage(QWidget):
    """Shows what ``errors`` has measured.

    Signals:
        file_wanted(): the user wants to compare with a model of a file.
    """

    file_wanted = Signal()

    def __init__(self, errors: Errors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._errors = errors
        self._shown: Shown | None = None
        self._mse: float | None = None
        self.words = Label(wordWrap=True)
        self.histogram = Histogram()
        self.place = Label(wordWrap=True)
        self.numbers = [[_tabular() for _ in range(2)] for _ in _NUMBERS]
        self._letters = Label("A"), Label("B")
        self.names = _Name("A", 0), _Name("B", 1)
        self.compare = QPushButton("&Compare with …")
        self._bar = ProgressBar()
        self._done = Label()
        self.stop = button(STOP, self._stop_or_go_on)
        self.export = QPushButton("&Save errors …")
        self._label()
        self._arrange()
        errors.changed.connect(self.refresh)
        self.refresh()

    def show_face(self, mse: float | None) -> None:
        """Mark where the selected face lies by its MSE; None without one."""
        self._mse = mse
        self.histogram.set_mark(mse)
        self._show_place()

    def picked(self, kind: Kind, most: int) -> Picked:
        """Return the faces of a kind for the strip, at most so many."""
        nothing = np.empty(0, np.int64)
        if self._shown is None:
            return Picked(MEASURING, nothing, (), ())
        shown, gain = self._shown, kind in (Kind.FIRST_BETTER, Kind.SECOND_BETTER)
        if gain and len(shown.mse) == 1:
            return Picked(self.words.text() if self._errors.is_running else APART, nothing, (), ())
        places, title = self._places(self._shown, kind, most)
        numbers = abs(shown.mse[0] - shown.mse[-1]) if gain else shown.mse[0]
        captions = tuple(mse_text(float(numbers[place])) for place in places)
        tips = tuple(_tip(shown, int(place)) for place in places)
        return Picked(title, shown.rows[places], captions, tips)

    def kinds(self) -> tuple[Kind, ...]:
        """Return the kinds that there are now."""
        kinds = [Kind.TESTED, Kind.WORST, Kind.BEST]
        if self._errors.other is not None:
            kinds += [Kind.FIRST_BETTER, Kind.SECOND_BETTER]
        if self.histogram.current() is not None:
            kinds.append(Kind.BAR)
        return tuple(kinds)

    @Slot()
    def refresh(self) -> None:
        """Show what is measured by now."""
        errors, shown = self._errors, self._errors.shown()
        self._shown = shown
        if shown is None:
            self.histogram.set_current(None)
            self.histogram.set_errors()
        else:
            self.histogram.set_errors(*shown.mse)
        self.words.setText(self._words(shown))
        for place, name in enumerate(self.names):
            has_model = shown is not None and place < len(shown.models)
            name.show_title(shown.models[place].title if shown and has_model else "")
        for part in (self.names[1], *self._letters):
            part.setHidden(errors.other is None)
        if errors.other is not None:
            self.names[1].show_title(errors.other.title)
        self._show_numbers(shown)
        self._show_place()
        self._show_progress()
        self.export.setEnabled(shown is not None)

    def _words(self, shown: Shown | None) -> str:
        if self._errors.have_none_in_common():
            return APART
        if shown is not None:
            return shown.words()
        return MEASURING if self._errors.is_running else NOTHING

    def _show_numbers(self, shown: Shown | None) -> None:
        found = [error_statistics(mse) for mse in shown.mse] if shown else []
        values = [(item.mean, item.median, item.percentile_95) for item in found]
        for row, labels in enumerate(self.numbers):
            for place, label in enumerate(labels):
                known = place < len(values)
                label.setText(mse_text(values[place][row]) if known else "–" if not place else "")

    def _show_place(self) -> None:
        text = ""
        if self._mse is not None and self._shown is not None:
            better = round(100 * float((self._shown.mse[0] > self._mse).mean()))
            text = f"▾  This face: {mse_text(self._mse)}, better than {better} %"
        self.place.setText(text)

    def _show_progress(self) -> None:
        errors = self._errors
        done, total = errors.progress
        is_open = errors.is_running or errors.is_stopped
        for part in (self._bar, self._done, self.stop):
            part.setVisible(is_open)
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        self._done.setText(f"{done:,} of {total:,}")
        self.stop.setText(GO_ON if errors.is_stopped else STOP)
        tip = "Measure the other faces, too" if errors.is_stopped else "Measure no further faces"
        self.stop.setToolTip(tip)

    @Slot()
    def _stop_or_go_on(self) -> None:
        if self._errors.is_stopped:
            self._errors.go_on()
        else:
            self._errors.cancel()
        self.refresh()

    def _places(self, shown: Shown, kind: Kind, most: int) -> tuple[NDArray[np.int64], str]:
        """Return which of the faces shown are of a kind, the most extreme first, and a title."""
        first, last, count = shown.mse[0], shown.mse[-1], len(shown.rows)
        number = min(most, count)
        match kind:
            case Kind.BEST:
                return np.argsort(first, kind="stable")[:most], f"Best {number} of {count:,}"
            case Kind.BAR if (bar := self.histogram.current()) is not None:
                edges = self.histogram.edges
                chosen = (error_bars(first, edges) == bar) | (error_bars(last, edges) == bar)
                places = np.flatnonzero(chosen)
                places = places[np.argsort(first[places], kind="stable")]
                if len(places) > most:
                    places = places[np.linspace(0, len(places) - 1, most).astype(np.int64)]
                return places, self.histogram.words(bar)
            case Kind.FIRST_BETTER | Kind.SECOND_BETTER:
                gain = last - first if kind is Kind.FIRST_BETTER else first - last
                order = np.argsort(-gain, kind="stable")
                better = int((gain > 0).sum())
                name = "A" if kind is Kind.FIRST_BETTER else "B"
                return order[: min(most, better)], f"{name} is better at {better:,} of {count:,}"
            case _:
                order = np.argsort(-first, kind="stable")
                return order[:most], f"Worst {number} of {count:,}"

    def _label(self) -> None:
        self.setAccessibleName("Errors of all faces")
        self.words.setForegroundRole(ColorRole.PlaceholderText)
        self.words.setToolTip(
            "Errors as in training: of what the decoder gives, before it becomes a picture.\n"
            "That of the picture, which the tab “Face” tells, is a little smaller."
        )
        self.compare.setToolTip("Show the errors of another model beside these")
        menu = QMenu(self.compare)
        menu.aboutToShow.connect(self._fill_menu)
        self.compare.setMenu(menu)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName("Faces measured")
        self._done.set_tabular()
        self.export.setToolTip("Save the error of each face as a table (CSV), or the histogram")

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for column, letter in enumerate(self._letters):
            letter.setForegroundRole(ColorRole.PlaceholderText)
            grid.addWidget(letter, 0, column + 1, Qt.AlignmentFlag.AlignRight)
        described = zip(_NUMBERS, _TIPS, self.numbers, strict=True)
        for row, (text, tip, labels) in enumerate(described, 1):
            title = Label(text)
            title.setToolTip(tip)
            grid.addWidget(title, row, 0)
            for column, label in enumerate(labels):
                label.setToolTip(tip)
                grid.addWidget(label, row, column + 1, Qt.AlignmentFlag.AlignRight)
        self.place.setMinimumHeight(self.fontMetrics().height())
        line = filled(QHBoxLayout(), self._bar, self._done, self.stop, room=self._bar)
        progress = QWidget()
        progress.setMinimumHeight(self.stop.sizeHint().height())
        progress.setLayout(line)
        about = filled(
            QVBoxLayout(), self.words, self.histogram, grid, self.place, progress, spacing=8
        )
        models = filled(QVBoxLayout(), SectionLabel("Models"), *self.names, self.compare)
        fill_inspector(self, self.export, about, models, spacing=16)

    @Slot()
    def _fill_menu(self) -> None:
        menu, errors = self.compare.menu(), self._errors
        menu.clear()
        for offer in errors.offers():
            menu.addAction(in_menu(offer.title), partial(errors.compare, offer))
        menu.addSeparator()
        menu.addAction("A model &file …", self.file_wanted.emit)
        if errors.other is not None:
            menu.addAction("&No other model", partial(errors.compare, None))


class _Name(QWidget):
    """A model's colour, its letter and what it is called."""

    def __init__(self, letter: str, place: int) -> None:
        super().__init__()
        self._title = ElidedLabel(tips=True)
        self._letter = letter
        row = QHBoxLayout(self)
        filled(row, _Swatch(place), Label(letter), self._title, room=self._title)

    def show_title(self, title: str) -> None:
        """Show what the model is called."""
        self._title.setText(title)
        self._title.setAccessibleName(f"Model {self._letter}: {title}")

    def title(self) -> str:
        """Return what the model is called."""
        return self._title.text()


class _Swatch(QWidget):
    """A square of a model's colour."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place
        self.setFixedSize(QSize(12, 12))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(model_color(self.palette(), self._place))
        painter.drawRoundedRect(QRectF(self.rect()), 3, 3)
        painter.end()


def _tabular() -> Label:
    label = Label()
    label.set_tabular()
    return label


def _tip(shown: Shown, place: int) -> str:
    name, numbers = shown.faces.names[shown.rows[place]], [mse[place] for mse in shown.mse]
    if len(numbers) == 1:
        return f"{name}: MSE {mse_text(numbers[0])}"
    return f"{name}: MSE {mse_text(numbers[0])} by A, {mse_text(numbers[1])} by B"
