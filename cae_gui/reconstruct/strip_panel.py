"""The strip below: faces over their reconstructions, which scrolls; beside it which these are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.faces import PHOTOS, Faces
from cae_gui.core.models import Lane, Models
from cae_gui.core.tasks import Task, Tasks
from cae_gui.reconstruct.errors_page import MEASURING, ErrorsPage, Kind
from cae_gui.reconstruct.face_errors import Errors
from cae_gui.widgets.controls import Label
from cae_gui.widgets.fields import ComboBox
from cae_gui.widgets.film_strip import FilmStrip
from cae_gui.widgets.layouts import filled
from model.evaluation import mse_per_image
from model.face_set import FACE_SHAPE
from model.plots.curves import mse_text

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.inference import Reconstruction

Pixels = NDArray[np.uint8]
Rows = NDArray[np.int64]

FACE = 44
"""The side of a face: two rows are as high as a film strip."""
STRIP_FACES = 20
TESTED = "Test faces, their reconstructions below"
OWN = "Your photos, their reconstructions below"
NO_SUCH_FACE = "There is no such face."

_TITLE = 140
_NO_FACES = np.zeros((0, *FACE_SHAPE), np.uint8)


class _Strip(NamedTuple):
    """What the strip shows: faces in ``rows`` of the set, over what one or two models make of them.

    ``models`` are those that were asked for it; empty for the model in use.
    """

    rows: Rows
    captions: tuple[str, ...]
    tips: tuple[str, ...] = ()
    models: tuple[FaceModel, ...] = ()
    pictures: tuple[Pixels, ...] = ()

    def is_as_asked(self, other: _Strip) -> bool:
        """Return whether the same faces were asked for, of the same models."""
        return (
            np.array_equal(self.rows, other.rows)
            and self.captions == other.captions
            and len(self.models) == len(other.models)
            and all(one is two for one, two in zip(self.models, other.models, strict=True))
        )


class StripPanel(QWidget):
    """Shows rows of faces; those beyond the edge are reached by wheel, bar and keys.

    They are test faces by the model in use, or those that ``page`` picks by their ``errors``.
    ``pick`` is called with the row, in the set on show, of a face that was chosen.

    Signals:
        changed(): other faces are wanted, or something else is shown.
    """

    changed = Signal()

    def __init__(
        self,
        models: Models,
        tasks: Tasks,
        faces: Faces,
        errors: Errors,
        page: ErrorsPage,
        pick: Callable[[int], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._tasks, self._faces = models, tasks, faces
        self._errors, self._page, self._pick = errors, page, pick
        self._random = np.random.default_rng(0)
        self._tested: Rows = np.empty(0, np.int64)
        self._shown: _Strip | None = None
        self._asked: _Strip | None = None
        self._picked: int | None = None
        self.kinds = ComboBox()
        self.title = Label(wordWrap=True)
        self.other_faces = QPushButton("&Other faces")
        self.strip = FilmStrip(rows=2, largest=FACE, smallest=FACE, captions=True)
        self._scroll = _Scroll(self.strip)
        self._label()
        self._arrange()
        self._connect()
        self._on_kind()

    @property
    def kind(self) -> Kind:
        """Which faces are wanted."""
        kind = self.kinds.currentData()
        return kind if isinstance(kind, Kind) else Kind.TESTED

    @property
    def has_faces(self) -> bool:
        """Whether there is something to save."""
        return self._shown is not None

    def choose(self, kind: Kind) -> None:
        """Show these faces, which must be among the page's kinds."""
        self._offer()
        self.kinds.setCurrentIndex(self.kinds.findData(kind))
        self._on_kind()

    def save(self, path: Path) -> None:
        """Write the rows of faces as PNG, SVG or PDF by the suffix."""
        if self._shown is not None:
            self._tasks.export(partial(_save, self._shown.pictures, path), path)

    def _label(self) -> None:
        self.kinds.setAccessibleName("Which faces are shown")
        self.kinds.setToolTip("Which faces are shown: some of the test faces, or by their errors")
        self.other_faces.setToolTip("Show other test faces")
        self._offer()

    def _arrange(self) -> None:
        beside = QWidget()
        beside.setFixedWidth(_TITLE)
        column = filled(QVBoxLayout(beside), self.kinds, self.title, self.other_faces, spacing=4)
        column.addStretch()
        row = QHBoxLayout(self)
        filled(row, beside, self._scroll, margins=(16, 8, 8, 4), spacing=16, room=self._scroll)

    def _connect(self) -> None:
        self.strip.frame_clicked.connect(self._on_clicked)
        self.kinds.activated.connect(self._on_kind)
        self.other_faces.clicked.connect(self._choose_tested)
        self._faces.changed.connect(self._on_faces)
        self._faces.photo_moved.connect(self._ask)
        self._models.replaced.connect(self._ask)
        self._errors.changed.connect(self._on_errors)

    def _offer(self) -> None:
        """Offer the kinds that there are; where the present one is gone, show the worst."""
        kinds, chosen = self._page.kinds(), self.kind
        if [self.kinds.itemData(at) for at in range(self.kinds.count())] != list(kinds):
            with QSignalBlocker(self.kinds):
                self.kinds.clear()
                for kind in kinds:
                    self.kinds.addItem(kind.value, kind)
            wanted = chosen if chosen in kinds else Kind.WORST
            self.kinds.setCurrentIndex(self.kinds.findData(wanted))

    @Slot()
    def _on_kind(self) -> None:
        self.other_faces.setVisible(self.kind is Kind.TESTED)
        self._picked = None
        self._empty()
        if self.kind is Kind.TESTED:
            self._choose_tested()
        else:
            self._ask()
        self.changed.emit()

    @Slot()
    def _on_faces(self) -> None:
        """Show nothing of the faces before, until something of those on show is there."""
        self._picked = None
        self._empty()
        self._choose_tested()

    @Slot()
    def _on_errors(self) -> None:
        before = self.kind
        self._offer()
        if self.kind is not before:
            self._on_kind()
        elif before is not Kind.TESTED:
            self._ask()

    @Slot()
    def _choose_tested(self) -> None:
        """Pick other test faces."""
        rows = self._candidates()
        has_more = len(rows) > STRIP_FACES
        self.other_faces.setEnabled(has_more)
        self._tested = self._random.choice(rows, STRIP_FACES, replace=False) if has_more else rows
        self._ask()

    def _candidates(self) -> Rows:
        """Return the rows of the test faces; of own photos all, which no training has seen."""
        faces = self._faces.faces
        if faces is not None and self._faces.source == PHOTOS:
            return np.arange(len(faces.images))
        if faces is None or len(faces.images) < 2:
            return np.empty(0, np.int64)
        return faces.split()[1]

    @Slot()
    def _ask(self) -> None:
        """Have the faces that are wanted reconstructed."""
        if self.kind is Kind.TESTED:
            self._ask_tested()
        else:
            self._ask_by_errors()

    def _ask_tested(self) -> None:
        is_own = self._faces.source == PHOTOS
        self._entitle(OWN if is_own else TESTED)
        kind = "Your photos" if is_own else "Test faces"
        self.strip.set_placeholder(f"{kind} over their reconstructions appear here.")
        faces, rows = self._faces.faces, self._tested
        if faces is not None and len(rows):
            then = partial(self._on_tested, rows)
            self._models.reconstruct(np.array(faces.images[rows]), then=then, lane=Lane.STRIP)

    def _ask_by_errors(self) -> None:
        """Ask for the faces with these errors, unless that was done."""
        shown, picked = self._errors.shown(), self._page.picked(self.kind, STRIP_FACES)
        self._entitle(picked.title)
        if shown is None or not len(picked.rows):
            self.strip.set_placeholder(MEASURING if shown is None else NO_SUCH_FACE)
            self._empty()
            return
        models = tuple(part.model for part in shown.models)
        asked = _Strip(picked.rows, picked.captions, picked.tips, models)
        if self._asked is None or not asked.is_as_asked(self._asked):
            self._asked = asked
            work = partial(_reconstructed, asked, np.array(shown.faces.images[picked.rows]))
            # While more is measured the worst faces change faster than they are decoded.
            self._tasks.run(work, Task.ERROR_FACES, then=self._show, interim=True)

    def _on_tested(self, rows: Rows, reply: Reconstruction) -> None:
        captions = tuple(map(mse_text, mse_per_image(reply.originals, reply.images)))
        self._show(_Strip(rows, captions, pictures=(reply.originals, reply.images)))

    def _show(self, strip: _Strip) -> None:
        self._shown = strip
        self._fill(strip.pictures, strip.captions, strip.tips)
        rows = strip.rows.tolist()
        self.strip.set_current(rows.index(self._picked) if self._picked in rows else None)
        self.changed.emit()

    def _empty(self) -> None:
        """Show no faces, also none that were asked for."""
        self._models.drop(Lane.STRIP)
        self._tasks.drop(Task.ERROR_FACES)
        self._shown = self._asked = None
        self._fill((_NO_FACES, _NO_FACES))
        self.changed.emit()

    def _fill(
        self, rows: Sequence[Pixels], captions: Sequence[str] = (), tips: Sequence[str] = ()
    ) -> None:
        self.strip.set_frames(*rows, captions=captions, tips=tips)
        self._scroll.updateGeometry()  # there may be a third row, or no longer
        least = self.strip.minimumSizeHint().width()
        # With room to spare they begin at the left.
        self.strip.setMaximumWidth(least if self.strip.count() else self.maximumWidth())

    def _entitle(self, title: str) -> None:
        self.title.setText(title)
        self.strip.setAccessibleName(title)

    @Slot(int)
    def _on_clicked(self, index: int) -> None:
        place = self.strip.frame_rect(index).center()
        self._scroll.ensureVisible(place.x(), place.y(), FACE, 0)
        if self._shown is not None:
            self._picked = int(self._shown.rows[index])
            self._pick(self._picked)


def _reconstructed(asked: _Strip, images: Pixels) -> _Strip:
    """Reconstruct faces uint8 (K, 48, 48, 3) by each of the models that are asked."""
    from model.device import use_threads
    from model.inference import reconstruct

    use_threads(1)
    made = (reconstruct(model, images).images for model in asked.models)
    return asked._replace(pictures=(images, *made))


def _save(rows: Sequence[Pixels], path: Path) -> None:
    from model.plots.figures import rows_figure

    originals, reconstructions, *more = rows
    rows_figure(originals, reconstructions, path, others=more[0] if more else None)


class _Scroll(QScrollArea):
    """Scrolls to the sides, by a vertical wheel, too; keeps the room of its bar."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self._inside = widget
        self.setWidget(widget)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for part in (self.viewport(), widget):
            part.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        bar = self.horizontalScrollBar().sizeHint().height()
        return QSize(6 * FACE, self._inside.minimumSizeHint().height() + bar)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def wheelEvent(self, event: QWheelEvent) -> None:
        QApplication.sendEvent(self.horizontalScrollBar(), event)
