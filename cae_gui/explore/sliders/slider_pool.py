"""Slider widgets that are used again and again for the rows in view."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cae_gui.explore.sliders.latent_slider import LatentSlider


class SliderPool:
    """Binds rows to sliders; there are never many more sliders than rows in view.

    ``bound`` are the sliders by row; the caller binds and shows the one that ``take`` returns.
    """

    def __init__(self, make: Callable[[], LatentSlider]) -> None:
        self._make = make
        self.bound: dict[int, LatentSlider] = {}
        self._spare: list[LatentSlider] = []

    def take(self, row: int) -> LatentSlider:
        """Give a row a slider, a spare one where there is one."""
        self.bound[row] = self._spare.pop() if self._spare else self._make()
        return self.bound[row]

    def release(self, rows: Iterable[int]) -> None:
        """Take the sliders of these rows away; ``hide_spare`` hides those that nobody takes."""
        for slider in [self.bound.pop(row) for row in rows]:
            if slider.is_held():
                # The native slider would go on with its drag for whatever row it showed next.
                slider.blockSignals(True)
                slider.hide()
                slider.deleteLater()
            else:
                self._spare.append(slider)

    def hide_spare(self) -> None:
        """Hide the sliders of no row."""
        for slider in self._spare:
            slider.hide()

    def row_of(self, slider: object) -> int:
        """Return the row of a bound slider."""
        return next(row for row, bound in self.bound.items() if bound is slider)

    def focused_row(self) -> int | None:
        """Return the row with the focus."""
        return next((row for row, slider in self.bound.items() if slider.hasFocus()), None)
