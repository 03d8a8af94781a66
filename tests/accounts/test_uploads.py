import hashlib
import io
import random
import time

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from accounts.sandbox import FileProblem
from accounts.uploads import LONG_SIDE, MAX_FILE_BYTES, inspect_proof, prepare_proof
from tests.files import (
    exif_with_place,
    picture,
    png_claiming,
    png_text_chunk,
    two_halves,
    xlsx,
)


def opened(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def saved(image, image_format, **options):
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def prepared(content, kind="jpeg"):
    return prepare_proof(content, "证明", kind)


def is_near(pixel, wanted):
    return all(abs(have - want) < 40 for have, want in zip(pixel, wanted, strict=True))


# --- pictures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "filename", ["接收证明.jpg", "接收证明.pdf", "x", "../../a\0.jpg\r\n", "名" * 300 + ".jpg.exe"]
)
def test_a_picture_is_accepted_by_content_whatever_its_name(filename):
    stored = inspect_proof(picture(size=(60, 40)), filename)

    assert (stored.content_type, stored.extension, stored.width, stored.height) == (
        "image/jpeg",
        ".jpg",
        60,
        40,
    )
    assert stored.sha256 == hashlib.sha256(stored.content).hexdigest()
    assert stored.page_count is None
    assert opened(stored.content).format == "JPEG"


def test_the_same_picture_gives_the_same_hash():
    assert inspect_proof(picture(), "a.jpg").sha256 == inspect_proof(picture(), "b.jpg").sha256


def test_place_maker_comment_profile_and_trailing_data_are_gone():
    content = saved(
        two_halves(), "JPEG", exif=exif_with_place(), comment=b"CANARY-COMMENT", icc_profile=b"CANARY-PROFILE" * 20,
        xmp=b"<x:xmpmeta>CANARY-XMP</x:xmpmeta>",
    ) + b"PK\x03\x04CANARY-TAIL<script>"  # fmt: skip
    assert content.count(b"CANARY") >= 5

    stored = inspect_proof(content, "a.jpg")
    for kept in (stored.content, stored.thumbnail):
        assert b"CANARY" not in kept
        assert b"Exif" not in kept
        assert not opened(kept).getexif()
        assert kept.endswith(b"\xff\xd9")


def test_png_text_and_profile_are_gone():
    info = PngInfo()
    info.add_text("Comment", "CANARY-TEXT")
    info.add_itxt("XML:com.adobe.xmp", "CANARY-XMP")
    content = (
        saved(two_halves(), "PNG", pnginfo=info, icc_profile=b"CANARY" * 9, exif=exif_with_place())
        + b"CANARY-TAIL"
    )

    stored = inspect_proof(content, "a.png")
    chunks = opened(stored.content)
    assert (stored.content_type, stored.extension) == ("image/png", ".png")
    assert b"CANARY" not in stored.content
    assert not chunks.info


TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("orientation", [1, *TURNED])
def test_every_orientation_is_turned_upright(orientation):
    upright = two_halves(size=(80, 40))
    upright.paste("lime", (0, 0, 20, 20))
    stored_by_camera = upright.transpose(TURNED[orientation]) if orientation in TURNED else upright

    stored = prepared(saved(stored_by_camera, "JPEG", quality=95, exif=exif_with_place(orientation)))
    image = opened(stored.content)

    assert image.size == (stored.width, stored.height) == (80, 40)
    assert is_near(image.getpixel((8, 8)), (0, 255, 0))
    assert is_near(image.getpixel((8, 32)), (255, 0, 0))
    assert is_near(image.getpixel((72, 20)), (0, 0, 255))


@pytest.mark.parametrize(
    ("content", "kind", "wanted"),
    [
        (saved(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG"), "jpeg", (255, 0, 0)),
        (saved(Image.new("L", (40, 40), 200), "JPEG"), "jpeg", 200),
        (saved(Image.new("L", (40, 40), 200), "PNG"), "png", 200),
        (saved(Image.new("I;16", (40, 40), 200 * 256), "PNG"), "png", 200),
        (saved(Image.new("1", (40, 40), 1), "PNG"), "png", (255, 255, 255)),
        (saved(Image.new("RGBA", (40, 40), (0, 0, 255, 0)), "PNG"), "png", (255, 255, 255)),
        (saved(Image.new("RGBA", (40, 40), (0, 0, 255, 128)), "PNG"), "png", (127, 127, 255)),
        (saved(Image.new("LA", (40, 40), (0, 0)), "PNG"), "png", (255, 255, 255)),
        (saved(Image.new("RGB", (40, 40), "red").quantize(4), "PNG"), "png", (255, 0, 0)),
        (saved(Image.new("RGB", (40, 40), "red").quantize(4), "PNG", transparency=0), "png", (255, 255, 255)),
        (saved(Image.new("RGB", (40, 40), "red"), "PNG", transparency=(255, 0, 0)), "png", (255, 255, 255)),
    ],
)
def test_colours_stay_right_in_every_mode(content, kind, wanted):
    pixel = opened(prepared(content, kind).content).getpixel((20, 20))

    assert is_near(pixel, wanted) if isinstance(wanted, tuple) else abs(pixel - wanted) < 4


def test_a_large_photograph_is_scaled_down_quickly():
    noise = Image.effect_noise((4000, 3000), 40).convert("RGB")
    content = saved(noise, "JPEG", quality=60)
    assert len(content) < MAX_FILE_BYTES
    start = time.perf_counter()

    stored = inspect_proof(content, "a.jpg")

    assert time.perf_counter() - start < 3
    assert max(stored.width, stored.height) == LONG_SIDE
    assert max(opened(stored.thumbnail).size) == 320
    assert len(stored.thumbnail) < len(stored.content)


def test_a_photograph_saved_as_png_becomes_a_jpeg():
    stored = prepared(saved(Image.effect_noise((1500, 1500), 90), "PNG"), "png")

    assert (stored.extension, stored.content_type) == (".jpg", "image/jpeg")


def test_only_the_first_picture_of_several_is_kept():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
    moving = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    several = saved(frames[0], "MPO", save_all=True, append_images=frames[1:])

    for content in (moving, several):
        image = opened(inspect_proof(content, "a").content)
        assert getattr(image, "n_frames", 1) == 1
        assert is_near(image.getpixel((20, 20)), (255, 0, 0))


@pytest.mark.parametrize("size", [(20_000, 20_000), (13_000, 13_000), (8000, 6300), (2_000_000, 30)])
def test_pixel_bombs_are_refused_from_the_header(size):
    start = time.perf_counter()

    with pytest.raises(FileProblem, match="5000 万像素") as caught:
        inspect_proof(png_claiming(*size), "a.png")

    assert caught.value.code == "too_many_pixels"
    assert time.perf_counter() - start < 1


def test_fifty_million_real_pixels_fit_into_the_limits():
    content = saved(Image.new("RGB", (8000, 6200), "red"), "PNG")

    assert inspect_proof(content, "a.png").width == LONG_SIDE


@pytest.mark.parametrize(
    "content",
    [
        picture(size=(400, 400))[:-200],
        picture("PNG", size=(400, 400))[:-200],
        picture("PNG")[:60] + b"\xff\xff" + picture("PNG")[62:],
        png_claiming(100, 100),
        png_claiming(1, 1, extra=png_text_chunk(80 * 1024 * 1024)),
        b"\xff\xd8\xff\xe0 and then nothing",
        b"\xff\xd8\xff" + b"GIF89a/*" + b"x" * 99,
    ],
)
def test_incomplete_and_broken_pictures(content):
    with pytest.raises(FileProblem, match="不完整或已损坏") as caught:
        inspect_proof(content, "照片.jpg")

    assert caught.value.code == "damaged"
    assert caught.value.message.startswith("“照片.jpg”")


# --- what is no proof -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "filename", "words"),
    [
        (
            b"<!DOCTYPE html><html><script>x</script></html>",
            "证明.pdf",
            "“证明.pdf”内容不是 PDF（实际是网页文件）。请重新导出或直接拍照上传。",
        ),
        (
            b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
            "证明.jpg",
            "内容不是照片（实际是SVG 图形）",
        ),
        (b'<?xml version="1.0"?><!-- x --><svg/>', "证明.png", "SVG"),
        (picture("GIF"), "证明.jpg", "GIF"),
        (b"GIF89a/*" + b"*/=1;alert(1)", "证明.png", "GIF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9", "证明.jpg", "EPS"),
        (b"MZ\x90\x00\x03\x00", "证明.pdf", "可执行程序"),
        (b"\x7fELF\x02", "证明.jpg", "可执行程序"),
        (picture("TIFF"), "证明.jpg", "TIFF"),
        (picture("BMP"), "证明.jpg", "BMP"),
        (picture("WEBP"), "证明.jpg", "WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "IMG_0001.jpg", "兼容性最佳"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "证明.jpg", "视频"),
        (xlsx([["x"]]), "证明.docx", "只收 PDF、JPG、PNG"),
        (b"plain words", "证明.txt", "文本文件"),
        (b"", "证明.jpg", "0 字节"),
    ],
)
def test_other_kinds_are_named_and_refused(content, filename, words):
    with pytest.raises(FileProblem) as caught:
        inspect_proof(content, filename)

    assert words in caught.value.message


def test_a_file_over_ten_megabytes_is_refused_in_the_agreed_words():
    content = picture().ljust(round(18.4 * 1024 * 1024), b"\0")

    with pytest.raises(FileProblem) as caught:
        inspect_proof(content, "接收证明.jpg")

    assert caught.value.message == "“接收证明.jpg”18.4 MB，超过 10 MB。请用手机“原图”以外的方式重拍或重选。"


def test_work_beyond_the_limits_is_refused(monkeypatch):
    monkeypatch.setattr("accounts.uploads.SECONDS", 0.01)

    with pytest.raises(FileProblem) as caught:
        inspect_proof(picture(), "a.jpg")

    assert caught.value.code == "too_costly"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("make", "kind"), [(picture, "jpeg"), (lambda: picture("PNG"), "png")])
def test_damaged_pictures_are_stored_or_refused_and_nothing_else(make, kind, seed):
    chance = random.Random(seed)
    original = make()
    for _ in range(150):
        damaged = bytearray(original)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(3, len(damaged))] = chance.randrange(256)
        try:
            prepared(bytes(damaged), kind)
        except FileProblem as problem:
            assert problem.message
