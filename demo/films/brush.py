"""A brush on a 640 x 360 canvas: the few strokes that every scene is made of.

Colours are "#rrggbb" or "#rrggbbaa"; a fill is a colour or a gradient made by `down`, `across` or `radial`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import cos, sin, tau

import skia

from demo.films import SIZE

Fill = str | skia.Shader
Point = tuple[float, float]
W, H = SIZE

BLENDS = {
    "over": skia.BlendMode.kSrcOver,
    "plus": skia.BlendMode.kPlus,
    "screen": skia.BlendMode.kScreen,
    "multiply": skia.BlendMode.kMultiply,
    "soft": skia.BlendMode.kSoftLight,
    "overlay": skia.BlendMode.kOverlay,
}


def colour(text: str, alpha: float = 1.0) -> int:
    """A colour as skia's number, its own alpha times `alpha`."""
    digits = text.lstrip("#")
    red, green, blue = (int(digits[i : i + 2], 16) for i in (0, 2, 4))
    own = int(digits[6:8], 16) if len(digits) == 8 else 255
    return skia.Color(red, green, blue, round(own * max(0.0, min(1.0, alpha))))


def mix(one: str, two: str, share: float) -> str:
    """The colour between two, `share` of the way from the first."""
    share = max(0.0, min(1.0, share))
    pairs = [(int(one[i : i + 2], 16), int(two[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _linear(ends: Sequence[Point], colours: Sequence[str]) -> skia.Shader:
    return skia.GradientShader.MakeLinear([skia.Point(*end) for end in ends], [colour(c) for c in colours])


def down(top: float, bottom: float, *colours: str) -> skia.Shader:
    """A gradient from y=top to y=bottom."""
    return _linear([(0, top), (0, bottom)], colours)


def across(left: float, right: float, *colours: str) -> skia.Shader:
    """A gradient from x=left to x=right."""
    return _linear([(left, 0), (right, 0)], colours)


def radial(x: float, y: float, radius: float, *colours: str) -> skia.Shader:
    """A gradient from the centre outwards."""
    return skia.GradientShader.MakeRadial(skia.Point(x, y), radius, [colour(c) for c in colours])


def smooth(points: Sequence[Point], closed: bool) -> skia.Path:
    """A path through all points with round corners (Catmull-Rom turned into Bezier curves)."""
    count = len(points)

    def at(index: int) -> Point:
        return points[index % count] if closed else points[max(0, min(count - 1, index))]

    path = skia.Path()
    path.moveTo(*points[0])
    for i in range(count if closed else count - 1):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = at(i - 1), at(i), at(i + 1), at(i + 2)
        path.cubicTo(x1 + (x2 - x0) / 6, y1 + (y2 - y0) / 6, x2 - (x3 - x1) / 6, y2 - (y3 - y1) / 6, x2, y2)
    if closed:
        path.close()
    return path


class Brush:
    """Draws on one canvas; remembers nothing but the canvas."""

    def __init__(self, canvas: skia.Canvas) -> None:
        self.canvas = canvas

    @staticmethod
    def paint(fill: Fill, *, alpha: float = 1, blend: str = "over", width: float = 0, blur: float = 0) -> skia.Paint:
        """The paint of a fill; width > 0 makes it a round-ended stroke, blur softens its edge."""
        paint = skia.Paint(AntiAlias=True, BlendMode=BLENDS[blend])
        if isinstance(fill, str):
            paint.setColor(colour(fill, alpha))
        else:
            paint.setShader(fill)
            paint.setAlphaf(max(0.0, min(1.0, alpha)))
        if width:
            paint.setStyle(skia.Paint.kStroke_Style)
            paint.setStrokeWidth(width)
            paint.setStrokeCap(skia.Paint.kRound_Cap)
            paint.setStrokeJoin(skia.Paint.kRound_Join)
        if blur:
            paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        return paint

    def fill(self, fill: Fill, **how: object) -> None:
        """The whole canvas."""
        self.canvas.drawPaint(self.paint(fill, **how))

    def sky(self, *colours: str, bottom: float = H) -> None:
        """A vertical gradient over the whole canvas."""
        self.fill(down(0, bottom, *colours))

    def circle(self, x: float, y: float, radius: float, fill: Fill, **how: object) -> None:
        self.canvas.drawCircle(x, y, radius, self.paint(fill, **how))

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Fill, **how: object) -> None:
        self.canvas.drawOval(skia.Rect.MakeXYWH(x - rx, y - ry, 2 * rx, 2 * ry), self.paint(fill, **how))

    def rect(self, x: float, y: float, w: float, h: float, fill: Fill, r: float = 0, **how: object) -> None:
        self.canvas.drawRoundRect(skia.Rect.MakeXYWH(x, y, w, h), r, r, self.paint(fill, **how))

    def arc(
        self, x: float, y: float, rx: float, ry: float, start: float, sweep: float, fill: Fill, **how: object
    ) -> None:
        """A part of an oval, in degrees clockwise from the right; a stroke unless width is 0."""
        how.setdefault("width", 2)
        oval = skia.Rect.MakeXYWH(x - rx, y - ry, 2 * rx, 2 * ry)
        self.canvas.drawArc(oval, start, sweep, False, self.paint(fill, **how))

    def poly(self, points: Sequence[Point], fill: Fill, closed: bool = True, **how: object) -> None:
        """Straight edges."""
        path = skia.Path()
        path.addPoly([skia.Point(*p) for p in points], closed)
        self.canvas.drawPath(path, self.paint(fill, **how))

    def blob(self, points: Sequence[Point], fill: Fill, **how: object) -> None:
        """A closed round shape through the points."""
        self.canvas.drawPath(smooth(points, True), self.paint(fill, **how))

    def line(self, points: Sequence[Point], fill: Fill, width: float = 2, **how: object) -> None:
        """An open round line through the points."""
        self.canvas.drawPath(smooth(points, False), self.paint(fill, width=width, **how))

    def star(
        self,
        x: float,
        y: float,
        radius: float,
        fill: Fill,
        tips: int = 5,
        turn: float = 0,
        inner: float = 0.45,
        **how: object,
    ) -> None:
        """A star; one tip up where turn is 0 (turn in rounds)."""
        points = []
        for i in range(2 * tips):
            reach = radius * (inner if i % 2 else 1)
            angle = (i / (2 * tips) + turn - 0.25) * tau
            points.append((x + reach * cos(angle), y + reach * sin(angle)))
        self.poly(points, fill, **how)

    def glow(self, x: float, y: float, radius: float, tint: str, alpha: float = 1, blend: str = "screen") -> None:
        """Light that falls off to nothing at `radius`."""
        rim = tint[:7] + "00"
        shader = radial(x, y, max(radius, 0.1), tint[:7] + "ff", tint[:7] + "78", tint[:7] + "26", rim)
        self.circle(x, y, radius, shader, alpha=alpha, blend=blend)

    @contextmanager
    def at(self, x: float = 0, y: float = 0, scale: float = 1, turn: float = 0, flip: bool = False) -> Iterator[None]:
        """Draw inside with the origin moved, then turned (degrees), then scaled (and mirrored)."""
        self.canvas.save()
        self.canvas.translate(x, y)
        self.canvas.rotate(turn)
        self.canvas.scale(-scale if flip else scale, scale)
        yield
        self.canvas.restore()

    @contextmanager
    def camera(self, x: float = W / 2, y: float = H / 2, zoom: float = 1, roll: float = 0) -> Iterator[None]:
        """Look at (x, y), closer as zoom grows."""
        self.canvas.save()
        self.canvas.translate(W / 2, H / 2)
        self.canvas.rotate(roll)
        self.canvas.scale(zoom, zoom)
        self.canvas.translate(-x, -y)
        yield
        self.canvas.restore()

    @contextmanager
    def layer(self, alpha: float = 1, blur: float = 0, blend: str = "over") -> Iterator[None]:
        """Draw inside on a sheet of its own, laid down as a whole."""
        paint = skia.Paint(BlendMode=BLENDS[blend])
        paint.setAlphaf(max(0.0, min(1.0, alpha)))
        if blur:
            paint.setImageFilter(skia.ImageFilters.Blur(blur, blur, skia.TileMode.kClamp))
        self.canvas.saveLayer(None, paint)
        yield
        self.canvas.restore()

    @contextmanager
    def inside(
        self, points: Sequence[Point] | None = None, oval: tuple[float, float, float, float] | None = None
    ) -> Iterator[None]:
        """Draw only inside a polygon, or inside an oval (x, y, rx, ry)."""
        path = skia.Path()
        if oval:
            x, y, rx, ry = oval
            path.addOval(skia.Rect.MakeXYWH(x - rx, y - ry, 2 * rx, 2 * ry))
        else:
            path.addPoly([skia.Point(*p) for p in points or ()], True)
        self.canvas.save()
        self.canvas.clipPath(path, skia.ClipOp.kIntersect, True)
        yield
        self.canvas.restore()
