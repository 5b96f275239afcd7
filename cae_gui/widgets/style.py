"""The style of all controls: flat, with rounded corners, based on Qt's Fusion.

A style sheet would do the same in fewer lines, but Qt then polishes every widget again when the
colours change, which takes 0.3 s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QProxyStyle,
    QPushButton,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QStyleOptionComboBox,
    QStyleOptionComplex,
    QStyleOptionFrame,
    QStyleOptionProgressBar,
    QStyleOptionSlider,
    QStyleOptionSpinBox,
    QStyleOptionTab,
    QTabBar,
    QToolButton,
    QWidget,
)

from cae_gui.widgets.tokens import CONTROL, HEADER, RADIUS, border_of

_Role = QPalette.ColorRole
_State = QStyle.StateFlag
_Primitive = QStyle.PrimitiveElement
_Control = QStyle.ControlElement
_Complex = QStyle.ComplexControl
_Sub = QStyle.SubControl
_Metric = QStyle.PixelMetric
_Contents = QStyle.ContentsType

_SMALL_RADIUS = 4.0
_RING = 2.0
_BOX = 16
_TRACK = 4.0
_KNOB = 14.0
_SCROLL_BAR = 12
_SHORTEST_THUMB = 28
_TAB = 30
_FIELD_PADDING = 8
_BUTTON_PADDING = 28
_LIGHTER, _DARKER = 104, 106
_CHOSEN = 0.22
"""Opacity of the accent behind a chosen tool."""

_METRICS = {
    _Metric.PM_IndicatorWidth: _BOX,
    _Metric.PM_IndicatorHeight: _BOX,
    _Metric.PM_ExclusiveIndicatorWidth: _BOX,
    _Metric.PM_ExclusiveIndicatorHeight: _BOX,
    _Metric.PM_ScrollBarExtent: _SCROLL_BAR,
    _Metric.PM_ScrollBarSliderMin: _SHORTEST_THUMB,
    _Metric.PM_ButtonShiftHorizontal: 0,
    _Metric.PM_ButtonShiftVertical: 0,
    _Metric.PM_TabBarTabHSpace: 24,
    _Metric.PM_TabBarTabShiftHorizontal: 0,
    _Metric.PM_TabBarTabShiftVertical: 0,
    _Metric.PM_TabBarBaseOverlap: 0,
}
_HINTS = {
    QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons: 0,
    QStyle.StyleHint.SH_EtchDisabledText: 0,
}
_WIDER_THAN_CONTENTS = {
    _Contents.CT_PushButton: _BUTTON_PADDING,
    _Contents.CT_ComboBox: 2 * _FIELD_PADDING + 2 * _BOX,
    _Contents.CT_SpinBox: 0,
    _Contents.CT_LineEdit: 2 * _FIELD_PADDING,
}
"""Least width of controls beyond that of their text, in px."""
_VERTICAL_PADDING = 10
_TEXTS = (
    (_Complex.CC_ComboBox, _Sub.SC_ComboBoxEditField),
    (_Complex.CC_SpinBox, _Sub.SC_SpinBoxEditField),
)


class Style(QProxyStyle):
    """Paints buttons, fields, boxes, sliders, bars and tabs; Fusion paints the rest."""

    def __init__(self) -> None:
        super().__init__("Fusion")
        self._primitives: dict[_Primitive, _Paint] = {
            _Primitive.PE_PanelButtonCommand: _paint_button,
            _Primitive.PE_PanelButtonTool: _paint_tool_button,
            _Primitive.PE_FrameFocusRect: _paint_focus,
            _Primitive.PE_IndicatorCheckBox: _paint_check_box,
            _Primitive.PE_IndicatorItemViewItemCheck: _paint_check_box,
            _Primitive.PE_IndicatorRadioButton: _paint_radio_button,
            _Primitive.PE_PanelLineEdit: _paint_line_edit,
            _Primitive.PE_FrameLineEdit: _paint_line_edit,
            _Primitive.PE_FrameTabWidget: _paint_nothing,
            _Primitive.PE_FrameTabBarBase: _paint_tab_line,
            _Primitive.PE_FrameStatusBarItem: _paint_nothing,
        }
        self._controls: dict[_Control, _Paint] = {
            _Control.CE_TabBarTabShape: _paint_tab,
            _Control.CE_ProgressBarGroove: _paint_groove,
            _Control.CE_ProgressBarContents: _paint_progress,
            _Control.CE_Splitter: _paint_nothing,
        }
        self._complex: dict[_Complex, Callable[..., None]] = {
            _Complex.CC_ComboBox: self._paint_combo_box,
            _Complex.CC_SpinBox: self._paint_spin_box,
            _Complex.CC_Slider: self._paint_slider,
            _Complex.CC_ScrollBar: self._paint_scroll_bar,
        }

    def drawPrimitive(
        self,
        element: _Primitive,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        paint = self._primitives.get(element)
        if paint is None:
            super().drawPrimitive(element, option, painter, widget)
        else:
            _painted(paint, option, painter, widget)

    def drawControl(
        self,
        element: _Control,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        if element is _Control.CE_TabBarTabLabel and option.state & _State.State_HasFocus:
            # Without it, Fusion would paint its own focus.
            option.state &= ~_State.State_HasFocus
            _painted(_paint_tab_focus, option, painter, widget)
        paint = self._controls.get(element)
        if paint is None or (paint is _paint_progress and _is_endless(option)):
            super().drawControl(element, option, painter, widget)
        else:
            _painted(paint, option, painter, widget)

    def drawComplexControl(
        self,
        control: _Complex,
        option: QStyleOptionComplex,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        paint = self._complex.get(control)
        if paint is None:
            super().drawComplexControl(control, option, painter, widget)
        else:
            _painted(paint, option, painter, widget)

    def subControlRect(
        self,
        control: _Complex,
        option: QStyleOptionComplex,
        part: _Sub,
        widget: QWidget | None = None,
    ) -> QRect:
        if control is _Complex.CC_ScrollBar and isinstance(option, QStyleOptionSlider):
            return self._scroll_bar_part(option, part, widget)
        found = super().subControlRect(control, option, part, widget)  # type: ignore[arg-type]
        return _padded(found, option) if (control, part) in _TEXTS else found

    def subElementRect(
        self, element: QStyle.SubElement, option: QStyleOption, widget: QWidget | None = None
    ) -> QRect:
        found = super().subElementRect(element, option, widget)  # type: ignore[arg-type]
        is_field = isinstance(option, QStyleOptionFrame) and option.lineWidth > 0
        if element is QStyle.SubElement.SE_LineEditContents and is_field:
            return _padded(found, option)
        return found

    def sizeFromContents(
        self,
        kind: _Contents,
        option: QStyleOption | None,
        size: QSize,
        widget: QWidget | None = None,
    ) -> QSize:
        found = super().sizeFromContents(kind, option, size, widget)  # type: ignore[arg-type]
        wider = _WIDER_THAN_CONTENTS.get(kind)
        if wider is not None:
            # A spin box contains a line edit, which has the padding already.
            padding = 0 if kind is _Contents.CT_SpinBox else _VERTICAL_PADDING
            height = max(CONTROL, size.height() + padding)
            return QSize(max(found.width(), size.width() + wider), height)
        if kind is _Contents.CT_TabBarTab:
            is_header = isinstance(option, QStyleOptionTab) and not option.icon.isNull()
            return found.expandedTo(QSize(0, HEADER if is_header else _TAB))
        return found

    def pixelMetric(
        self,
        metric: _Metric,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
    ) -> int:
        known = _METRICS.get(metric)
        return super().pixelMetric(metric, option, widget) if known is None else known

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        returnData: QStyleHintReturn | None = None,  # noqa: N803 (Qt's name)
    ) -> int:
        known = _HINTS.get(hint)
        return super().styleHint(hint, option, widget, returnData) if known is None else known

    def _paint_combo_box(
        self, painter: QPainter, option: QStyleOptionComboBox, widget: QWidget | None
    ) -> None:
        _paint_panel(painter, option, _ground(option))
        arrow = self.subControlRect(_Complex.CC_ComboBox, option, _Sub.SC_ComboBoxArrow, widget)
        _paint_chevron(painter, option, QRectF(arrow).center(), down=True)

    def _paint_spin_box(
        self, painter: QPainter, option: QStyleOptionSpinBox, widget: QWidget | None
    ) -> None:
        _paint_panel(painter, option, option.palette.color(_Role.Base), is_field=True)
        if option.buttonSymbols is QAbstractSpinBox.ButtonSymbols.NoButtons:
            return
        for part, step, down in (
            (_Sub.SC_SpinBoxUp, QAbstractSpinBox.StepEnabledFlag.StepUpEnabled, False),
            (_Sub.SC_SpinBoxDown, QAbstractSpinBox.StepEnabledFlag.StepDownEnabled, True),
        ):
            rect = QRectF(self.subControlRect(_Complex.CC_SpinBox, option, part, widget))
            is_enabled = bool(option.stepEnabled & step)
            if is_enabled and option.activeSubControls & part:
                color = _Role.Mid if option.state & _State.State_Sunken else _Role.Midlight
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(option.palette.color(color))
                painter.drawRoundedRect(rect.adjusted(-4, 1, -2, -1), 3, 3)
            middle = rect.center() + QPointF(-3, -1 if down else 1)
            _paint_chevron(painter, option, middle, down=down, faint=not is_enabled)

    def _paint_slider(
        self, painter: QPainter, option: QStyleOptionSlider, widget: QWidget | None
    ) -> None:
        groove = QRectF(
            self.subControlRect(_Complex.CC_Slider, option, _Sub.SC_SliderGroove, widget)
        )
        handle = QRectF(
            self.subControlRect(_Complex.CC_Slider, option, _Sub.SC_SliderHandle, widget)
        ).center()
        palette, inset = option.palette, _TRACK / 2
        is_flat = option.orientation is Qt.Orientation.Horizontal
        if is_flat:
            middle = handle.y()
            track = QRectF(groove.left(), middle - inset, groove.width(), _TRACK)
            done = QRectF(track)
            if option.upsideDown:
                done.setLeft(handle.x())
            else:
                done.setRight(handle.x())
        else:
            middle = handle.x()
            track = QRectF(middle - inset, groove.top(), _TRACK, groove.height())
            done = QRectF(track)
            if option.upsideDown:
                done.setTop(handle.y())
            else:
                done.setBottom(handle.y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_faint_border(palette))
        painter.drawRoundedRect(track, inset, inset)
        painter.setBrush(palette.color(_Role.Highlight))
        painter.drawRoundedRect(done, inset, inset)
        _paint_knob(painter, option, handle)

    def _paint_scroll_bar(
        self, painter: QPainter, option: QStyleOptionSlider, widget: QWidget | None
    ) -> None:
        thumb = QRectF(self._scroll_bar_part(option, _Sub.SC_ScrollBarSlider, widget))
        if option.minimum == option.maximum:
            return
        is_hot = bool(option.state & (_State.State_MouseOver | _State.State_Sunken))
        inset = 2.0 if is_hot else 3.0
        color = border_of(option.palette)
        color.setAlphaF(0.9 if is_hot else 0.55)
        rect = thumb.adjusted(inset, inset, -inset, -inset)
        radius = min(rect.width(), rect.height()) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(rect, radius, radius)

    def _scroll_bar_part(
        self, option: QStyleOptionSlider, part: _Sub, widget: QWidget | None
    ) -> QRect:
        """Return the rectangle of a part: the groove is the whole bar, without arrows."""
        rect = option.rect
        is_flat = option.orientation is Qt.Orientation.Horizontal
        whole = rect.width() if is_flat else rect.height()
        span = option.maximum - option.minimum
        pages = span + option.pageStep
        length = whole
        if span > 0 and pages > 0:
            shortest = self.pixelMetric(_Metric.PM_ScrollBarSliderMin, option, widget)
            length = min(whole, max(shortest, round(whole * option.pageStep / pages)))
        start = QStyle.sliderPositionFromValue(
            option.minimum,
            option.maximum,
            option.sliderPosition,
            whole - length,
            option.upsideDown,
        )
        ends = {
            _Sub.SC_ScrollBarGroove: (0, whole),
            _Sub.SC_ScrollBarSlider: (start, length),
            _Sub.SC_ScrollBarSubPage: (0, start),
            _Sub.SC_ScrollBarAddPage: (start + length, whole - start - length),
        }
        at, size = ends.get(part, (0, 0))
        if is_flat:
            found = QRect(rect.left() + at, rect.top(), size, rect.height() if size else 0)
        else:
            found = QRect(rect.left(), rect.top() + at, rect.width() if size else 0, size)
        return QStyle.visualRect(option.direction, rect, found)


_Paint = Callable[[QPainter, Any, QWidget | None], None]


def _painted(
    paint: Callable[..., None], option: QStyleOption, painter: QPainter, widget: QWidget | None
) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter, option, widget)
    painter.restore()


def _paint_nothing(_painter: QPainter, _option: QStyleOption, _widget: QWidget | None) -> None:
    pass


def _padded(rect: QRect, option: QStyleOption) -> QRect:
    """Return the rectangle of a field's text, with padding at its start."""
    padding = _FIELD_PADDING - 2  # Qt adds two pixels
    if option.direction is Qt.LayoutDirection.RightToLeft:
        return rect.adjusted(0, 0, -padding, 0)
    return rect.adjusted(padding, 0, 0, 0)


def _is_focused(option: QStyleOption, *, by_any: bool = False) -> bool:
    """Return whether to show the focus: on fields always, else if set by a key."""
    state = option.state
    is_seen = by_any or bool(state & _State.State_KeyboardFocusChange)
    return is_seen and bool(state & _State.State_HasFocus and state & _State.State_Enabled)


def _ground(option: QStyleOption) -> QColor:
    palette, state = option.palette, option.state
    if not state & _State.State_Enabled:
        return palette.color(_Role.Window)
    if state & (_State.State_Sunken | _State.State_On):
        return palette.color(_Role.Mid)
    return palette.color(_Role.Midlight if state & _State.State_MouseOver else _Role.Button)


def _faint_border(palette: QPalette) -> QColor:
    color = border_of(palette)
    color.setAlphaF(0.45)
    return color


def _paint_panel(
    painter: QPainter, option: QStyleOption, ground: QColor, *, is_field: bool = False
) -> None:
    """Paint a rounded panel with its border, or the focus ring."""
    is_focused = _is_focused(option, by_any=is_field)
    if is_focused:
        pen = QPen(option.palette.color(_Role.Highlight), _RING)
    elif option.state & _State.State_Enabled:
        pen = QPen(border_of(option.palette), 1.0)
    else:
        pen = QPen(_faint_border(option.palette), 1.0)
    inset = pen.widthF() / 2
    painter.setPen(pen)
    painter.setBrush(ground)
    rect = QRectF(option.rect).adjusted(inset, inset, -inset, -inset)
    painter.drawRoundedRect(rect, RADIUS, RADIUS)


def _paint_button(painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
    is_flat = isinstance(widget, QPushButton) and widget.isFlat()
    is_at_rest = not option.state & (
        _State.State_Sunken | _State.State_On | _State.State_MouseOver | _State.State_HasFocus
    )
    if not (is_flat and is_at_rest):
        _paint_panel(painter, option, _ground(option))
        if isinstance(widget, QPushButton) and widget.isDefault() and widget.isEnabled():
            # The one that Enter presses.
            painter.setPen(QPen(option.palette.color(_Role.Highlight), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            rect = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(rect, RADIUS, RADIUS)


def _paint_tool_button(painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
    folds = isinstance(widget, QToolButton) and widget.arrowType() is not Qt.ArrowType.NoArrow
    on = _State.State_Sunken if folds else _State.State_Sunken | _State.State_On
    is_hot = option.state & _State.State_MouseOver and option.state & _State.State_Enabled
    if option.state & on or is_hot:
        color = option.palette.color(_Role.Midlight)
        if option.state & on:
            color = option.palette.color(_Role.Highlight)
            color.setAlphaF(_CHOSEN)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(option.rect), RADIUS, RADIUS)


def _paint_focus(painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
    if isinstance(widget, QPushButton):
        return  # the ring replaces the border
    if isinstance(widget, QAbstractItemView):
        rect = QRectF(option.rect).adjusted(1, 1, -1, -1)
    else:
        rect = QRectF(option.rect).adjusted(0, 1, 0, -1)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(option.palette.color(_Role.Highlight), _RING))
    painter.drawRoundedRect(rect, _SMALL_RADIUS, _SMALL_RADIUS)


def _box(option: QStyleOption) -> QRectF:
    side = min(option.rect.width(), option.rect.height(), _BOX)
    rect = QRectF(0, 0, side, side)
    rect.moveCenter(QRectF(option.rect).center())
    return rect.adjusted(0.5, 0.5, -0.5, -0.5)


def _prepare_box(
    painter: QPainter, option: QStyleOption, *, filled: bool, edge: float = 1.0
) -> None:
    palette, is_enabled = option.palette, bool(option.state & _State.State_Enabled)
    if filled:
        color = palette.color(_Role.Highlight)
        painter.setPen(QPen(color, 1.0))
        painter.setBrush(color)
        return
    hot = is_enabled and option.state & _State.State_MouseOver
    color = palette.color(_Role.Highlight) if hot else border_of(palette)
    painter.setPen(QPen(color if is_enabled else _faint_border(palette), edge))
    painter.setBrush(palette.color(_Role.Base))


def _paint_check_box(painter: QPainter, option: QStyleOption, _widget: QWidget | None) -> None:
    is_partly = bool(option.state & _State.State_NoChange)
    is_filled = bool(option.state & _State.State_On) or is_partly
    rect = _box(option)
    _prepare_box(painter, option, filled=is_filled)
    painter.drawRoundedRect(rect, _SMALL_RADIUS, _SMALL_RADIUS)
    if not is_filled:
        return
    side, corner = rect.width(), rect.topLeft()
    pen = QPen(option.palette.color(_Role.HighlightedText), 2.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    places = ((0.25, 0.5), (0.75, 0.5)) if is_partly else ((0.24, 0.52), (0.43, 0.7), (0.76, 0.32))
    painter.drawPolyline(QPolygonF([corner + QPointF(x, y) * side for x, y in places]))


def _paint_radio_button(painter: QPainter, option: QStyleOption, _widget: QWidget | None) -> None:
    is_on = bool(option.state & _State.State_On)
    rect = _box(option)
    _prepare_box(painter, option, filled=is_on, edge=1.5)
    painter.drawEllipse(rect)
    if is_on:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(option.palette.color(_Role.HighlightedText))
        painter.drawEllipse(rect.center(), rect.width() / 5, rect.width() / 5)


def _paint_line_edit(painter: QPainter, option: QStyleOptionFrame, _widget: QWidget | None) -> None:
    if option.lineWidth > 0:  # else it is inside a field with a border
        _paint_panel(painter, option, option.palette.color(_Role.Base), is_field=True)


def _paint_chevron(
    painter: QPainter, option: QStyleOption, center: QPointF, *, down: bool, faint: bool = False
) -> None:
    color = option.palette.color(_Role.ButtonText)
    if faint:
        color.setAlphaF(0.35)
    pen = QPen(color, 1.5)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    sign = 1 if down else -1
    painter.drawPolyline(
        QPolygonF(
            [center + QPointF(x, y * sign) for x, y in ((-3.5, -1.75), (0, 1.75), (3.5, -1.75))]
        )
    )


def _paint_knob(painter: QPainter, option: QStyleOption, center: QPointF) -> None:
    palette = option.palette
    is_enabled = bool(option.state & _State.State_Enabled)
    is_focused = _is_focused(option)
    color = palette.color(_Role.Highlight) if is_focused else border_of(palette)
    painter.setPen(
        QPen(color if is_enabled else _faint_border(palette), 2.0 if is_focused else 1.0)
    )
    ground = palette.color(_Role.Light if is_enabled else _Role.Window)
    painter.setBrush(ground)
    painter.drawEllipse(center, _KNOB / 2, _KNOB / 2)


def _paint_tab(painter: QPainter, option: QStyleOptionTab, widget: QWidget | None) -> None:
    palette, rect = option.palette, QRectF(option.rect)
    is_selected = bool(option.state & _State.State_Selected)
    if option.state & _State.State_MouseOver and not is_selected:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(_Role.Midlight))
        painter.drawRoundedRect(rect.adjusted(2, 4, -2, -4), RADIUS, RADIUS)
    if is_selected:
        bar = QRectF(rect.left() + 8, rect.bottom() - 2, rect.width() - 16, 2)
        if isinstance(widget, QTabBar) and widget.shape() is QTabBar.Shape.RoundedSouth:
            bar.moveTop(rect.top())
        painter.fillRect(bar, palette.color(_Role.Highlight))


def _paint_tab_focus(painter: QPainter, option: QStyleOptionTab, _widget: QWidget | None) -> None:
    painter.setPen(QPen(option.palette.color(_Role.Highlight), _RING))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(option.rect).adjusted(3, 3, -3, -4), RADIUS, RADIUS)


def _paint_tab_line(painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
    bottom = option.rect.bottom()
    if widget is not None:
        bottom = min(bottom, widget.height() - 1)  # beside the tabs Qt's rectangle is higher
    line = QRectF(option.rect.left(), bottom, option.rect.width(), 1)
    painter.fillRect(line, _faint_border(option.palette))


def _paint_groove(
    painter: QPainter, option: QStyleOptionProgressBar, _widget: QWidget | None
) -> None:
    _paint_bar(painter, QRectF(option.rect), option.palette.color(_Role.Midlight), 1.0, option)


def _is_endless(option: Any) -> bool:
    """Return whether a bar's total is unknown, for which Fusion paints a moving pattern."""
    return bool(option.maximum <= option.minimum)


def _paint_progress(
    painter: QPainter, option: QStyleOptionProgressBar, _widget: QWidget | None
) -> None:
    share = (option.progress - option.minimum) / (option.maximum - option.minimum)
    color = option.palette.color(_Role.Highlight)
    _paint_bar(painter, QRectF(option.rect), color, min(max(share, 0.0), 1.0), option)


def _paint_bar(
    painter: QPainter, rect: QRectF, color: QColor, share: float, option: QStyleOptionProgressBar
) -> None:
    """Paint a rounded bar of 6 px in the middle of ``rect``, over ``share`` (0 to 1) of it."""
    bar = QRectF(rect.left(), rect.center().y() - 3, rect.width() * share, 6)
    if option.direction is Qt.LayoutDirection.RightToLeft:
        bar.moveRight(rect.right())
    if bar.width() >= 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(bar, 3, 3)
