"""What emails do to pictures beside Wagtail's own operations: the sign that a video can be played."""

from PIL import Image, ImageDraw
from wagtail.images.image_operations import FilterOperation

NAME = "waplay"
SHARE = 0.24  # of the shorter side
FINER = 4  # drawn so many times larger, so that edges are smooth


class PlayMark(FilterOperation):
    """A dark disc with a white triangle in the middle: ``max-1072x3216|waplay``."""

    def construct(self):
        pass

    def run(self, willow, image, env):
        picture = willow.get_pillow_image()
        drawn = picture.convert("RGBA")
        mark = _mark(max(24, int(min(drawn.size) * SHARE)))
        place = ((drawn.width - mark.width) // 2, (drawn.height - mark.height) // 2)
        drawn.alpha_composite(mark.crop((0, 0, *drawn.size)), (max(0, place[0]), max(0, place[1])))
        has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        return type(willow.auto_orient())(drawn if has_alpha else drawn.convert("RGB"))


def _mark(size: int) -> Image.Image:
    side = size * FINER
    mark = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(mark)
    draw.ellipse((0, 0, side - 1, side - 1), fill=(17, 22, 20, 205))
    left, top, bottom = side * 0.385, side * 0.29, side * 0.71
    draw.polygon([(left, top), (left, bottom), (side * 0.74, side * 0.5)], fill=(255, 255, 255, 255))
    return mark.resize((size, size), Image.Resampling.LANCZOS)
