"""Draw docs/screenshots/walks.png: a demo face along each attribute direction, -3 to +3 sigma.

python docs/walks.py [PICTURE.PNG]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter

from cae_gui.widgets.images import fitted
from model.checkpoint import pretrained_model
from model.data.datasets import load_faces
from model.inference import decode, encode
from model.latents.directions import Directions
from model.latents.shipped_directions import shipped_directions

SIGMAS = (-3.0, -1.5, 0.0, 1.5, 3.0)
ROWS = (6, 20)
"""Demo faces that are walked, in turn."""
SIDE, NAME_WIDTH, GAP = 64, 168, 24
COLUMNS = 2


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(__file__).with_name("screenshots") / "walks.png"
    parser.add_argument("path", nargs="?", type=Path, default=default)
    path = parser.parse_args().path
    app = QGuiApplication([])
    walks = walk()
    draw(walks).save(str(path))
    app.quit()


def walk() -> list[tuple[str, NDArray[np.uint8]]]:
    """Return each attribute's name with faces (5, 48, 48, 3) from one end to the other."""
    model = pretrained_model()
    assert model.statistics is not None
    directions = Directions(shipped_directions(model), model.statistics.mean)
    faces = encode(model, load_faces("demo").images[list(ROWS)])
    found = []
    for index, item in enumerate(directions):
        latent = faces[index % len(faces)]
        steps = [directions.moved(latent, {index: sigmas}) for sigmas in SIGMAS]
        found.append((item.name, decode(model, np.stack(steps))))
    return found


def draw(walks: list[tuple[str, NDArray[np.uint8]]]) -> QImage:
    """Return a sheet of all walks with their names."""
    rows = -(-len(walks) // COLUMNS)
    width = NAME_WIDTH + len(SIGMAS) * SIDE
    size = COLUMNS * width + (COLUMNS - 1) * GAP, rows * SIDE
    sheet = QImage(*size, QImage.Format.Format_RGB888)
    sheet.fill(Qt.GlobalColor.white)
    painter = QPainter(sheet)
    for number, (name, faces) in enumerate(walks):
        left, top = number // rows * (width + GAP), number % rows * SIDE
        place = QRect(left, top, NAME_WIDTH - 8, SIDE)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), name)
        for step, face in enumerate(faces):
            corner = QPoint(left + NAME_WIDTH + step * SIDE, top)
            painter.drawImage(corner, fitted(face, SIDE, SIDE))
    painter.end()
    return sheet


if __name__ == "__main__":
    main()
