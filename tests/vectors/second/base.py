"""Hashes, strict signatures, layouts, texts (section 0) and typed codes (section 1)."""

import hashlib
import json
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    """Something that must be refused, with the code it is refused with."""


def refuse_if(condition, code="MALFORMED"):
    if condition:
        raise Refused(code)


def dst(word):
    return b"usher1:" + word.encode().ljust(9, b"\0")


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point(data):
    """The curve point that 32 bytes stand for, or None; y at or over p is None too."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x, y)


def double(a):
    x, y = a
    t = D * x * x * y * y
    return (2 * x * y * pow(1 + t, P - 2, P) % P, (y * y + x * x) * pow(1 - t, P - 2, P) % P)


def is_acceptable(data):
    """Whether 32 bytes are a point's one encoding, and the point is not of small order."""
    found = point(data)
    return found is not None and double(double(double(found))) != (0, 1)


ACCEPTABLE = {}


def is_signed(key, message, signature):
    """Strict Ed25519: what mainstream libraries leave open is refused before they are asked."""
    if key not in ACCEPTABLE:
        ACCEPTABLE[key] = is_acceptable(key)
    if len(signature) != 64 or not ACCEPTABLE[key] or not is_acceptable(signature[:32]):
        return False
    return int.from_bytes(signature[32:], "little") < ORDER and satisfies_equation(key, message, signature)


def satisfies_equation(key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, count):
        refuse_if(len(self.data) < count)
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def end(self):
        refuse_if(self.data)


def plain_text(data, limit):
    refuse_if(len(data) > limit)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("MALFORMED") from None
    controls = any(unicodedata.category(c) == "Cc" for c in text)
    refuse_if(controls or unicodedata.normalize("NFC", text) != text)
    return text


def plain_string(text, limit):
    """The same of a text that came in JSON, where half a surrogate pair can stand too."""
    refuse_if(not isinstance(text, str))
    plain_text(text.encode("utf-8", "surrogatepass"), limit)


def read_json(data):
    """JSON as a strict reader takes it: UTF-8 and nothing else, each name once, no NaN."""

    def one_of_each(pairs):
        refuse_if(len(dict(pairs)) != len(pairs))
        return dict(pairs)

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=one_of_each, parse_constant=lambda _: refuse_if(True))
    except ValueError:
        raise Refused("MALFORMED") from None


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_SYMBOLS = CROCKFORD + "*~$=U"


def canonical_symbols(text):
    symbols = [c.upper() for c in text if c not in "- \t\r\n"]
    return ["0" if c == "O" else "1" if c in ("I", "L") else c for c in symbols]


def typed_code(value):
    digits = ""
    rest = value
    while rest or not digits:
        digits, rest = CROCKFORD[rest % 32] + digits, rest // 32
    return digits + CHECK_SYMBOLS[value % 37]


def read_typed_code(text):
    symbols = canonical_symbols(text)
    refuse_if(len(symbols) < 2, "EMPTY")
    *digits, check = symbols
    refuse_if(len(digits) > 13, "TOO_LONG")
    refuse_if(any(c not in CROCKFORD for c in digits), "SYMBOL")
    value = sum(CROCKFORD.index(c) * 32**at for at, c in enumerate(reversed(digits)))
    refuse_if(value >= 2**64, "TOO_LONG")
    refuse_if(check not in CHECK_SYMBOLS, "SYMBOL")
    refuse_if(check != CHECK_SYMBOLS[value % 37], "CHECK")
    return value
