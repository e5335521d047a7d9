"""How a terminal is, as it tells it beside a question for the feed (section 11)."""

from .base import Refused


def read_health(data):
    if len(data) < 25 or data[0] != 1:
        raise Refused("MALFORMED")
    number = lambda start, size, signed=False: int.from_bytes(data[start : start + size], "big", signed=signed)
    power, percent, camera, length = data[21:25]
    name = data[25:]
    if power > 2 or percent > (100 if power else 0) or camera > 2:
        raise Refused("MALFORMED")
    if not 1 <= length <= 32 or len(name) != length or not all(0x21 <= byte <= 0x7E for byte in name):
        raise Refused("MALFORMED")
    return {
        "list_at": number(1, 8) or None,
        "unsent": number(9, 4),
        "offset_ms": number(13, 4, signed=True),
        "uncertainty_ms": number(17, 4),
        "power": ("mains", "charging", "draining")[power],
        "battery": percent if power else None,
        "camera": ("unused", "pictures", "dark")[camera],
        "version": name.decode("ascii"),
    }
