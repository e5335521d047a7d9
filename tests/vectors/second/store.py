"""A terminal's store: its wrapped key, its rows, its state (section 9).

Argon2id (RFC 9106) and XChaCha20 (draft-irtf-cfrg-xchacha) are written out here, because neither
the standard library nor Debian's "cryptography" has them.
"""

import hashlib
import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from second.base import Reader, Refused, dst, refuse_if

M32, M64 = 2**32 - 1, 2**64 - 1


def quarters(v, mix):
    """The round of ChaCha and of BLAKE2: columns, then diagonals, of 16 words."""
    for at in range(4):
        mix(v, at, 4 + at, 8 + at, 12 + at)
    for at in range(4):
        mix(v, at, 4 + (at + 1) % 4, 8 + (at + 2) % 4, 12 + (at + 3) % 4)


def mix_chacha(v, a, b, c, d):
    for one, two, other, left in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        v[one] = (v[one] + v[two]) & M32
        x = v[other] ^ v[one]
        v[other] = (x << left | x >> 32 - left) & M32


def mix_argon(v, a, b, c, d):
    for one, two, other, right in ((a, b, d, 32), (c, d, b, 24), (a, b, d, 16), (c, d, b, 63)):
        v[one] = (v[one] + v[two] + 2 * (v[one] & M32) * (v[two] & M32)) & M64
        x = v[other] ^ v[one]
        v[other] = (x >> right | x << 64 - right) & M64


def hchacha20(key, nonce):
    v = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))
    for _ in range(10):
        quarters(v, mix_chacha)
    return struct.pack("<8I", *v[:4], *v[12:])


def xchacha(key, nonce):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])), b"\0\0\0\0" + nonce[16:]


def open_sealed(key, sealed, aad, code):
    refuse_if(len(sealed) < 24 + 16, code)
    cipher, nonce = xchacha(key, sealed[:24])
    try:
        return cipher.decrypt(nonce, sealed[24:], aad)
    except InvalidTag:
        raise Refused(code) from None


def compress(x, y):
    """Argon2's G: a table of 8 by 8 pairs of words, first its rows, then its columns."""
    r = [a ^ b for a, b in zip(x, y)]
    z = list(r)
    rows = [range(16 * at, 16 * at + 16) for at in range(8)]
    columns = [[16 * row + 2 * at + half for row in range(8) for half in (0, 1)] for at in range(8)]
    for places in rows + columns:
        v = [z[place] for place in places]
        quarters(v, mix_argon)
        for place, word in zip(places, v):
            z[place] = word
    return [a ^ b for a, b in zip(r, z)]


def long_hash(data, size):
    """Argon2's H': BLAKE2b of any length."""
    data = struct.pack("<I", size) + data
    out = b""
    while size - len(out) > 64:
        data = hashlib.blake2b(data).digest()
        out += data[:32]
    return out + hashlib.blake2b(data, digest_size=size - len(out)).digest()


def argon2id(password, salt, memory, passes):
    """32 bytes, with one lane."""
    first = struct.pack("<6I", 1, 32, memory, passes, 0x13, 2)
    for part in (password, salt, b"", b""):
        first += struct.pack("<I", len(part)) + part
    first = hashlib.blake2b(first).digest()
    part = memory // 4
    length = 4 * part
    zero = [0] * 128
    blocks = [zero] * length
    for at in (0, 1):
        blocks[at] = list(struct.unpack("<128Q", long_hash(first + struct.pack("<2I", at, 0), 1024)))
    for turn in range(passes):
        for quarter in range(4):
            addresses = []
            if turn == 0 and quarter < 2:
                # Independent of the password.
                for counter in range(1, part // 128 + 2):
                    seed = [turn, 0, quarter, length, passes, 2, counter] + [0] * 121
                    addresses += compress(zero, compress(zero, seed))
            for within in range(2 if turn == quarter == 0 else 0, part):
                at = quarter * part + within
                last = blocks[at - 1]
                low = (addresses[within] if addresses else last[0]) & M32
                area = (at if turn == 0 else length - part + within) - 1
                back = area * (low * low >> 32) >> 32
                start = 0 if turn == 0 else (quarter + 1) % 4 * part
                new = compress(last, blocks[(start + area - 1 - back) % length])
                blocks[at] = new if turn == 0 else [a ^ b for a, b in zip(new, blocks[at])]
    return long_hash(struct.pack("<128Q", *blocks[-1]), 32)


def hmac_sha256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def subkey(data_key, info):
    """HKDF without a salt; 32 bytes are its first block."""
    return hmac_sha256(hmac_sha256(bytes(32), data_key), info.encode() + b"\1")


def unwrap(case):
    """The data key, and what the header beside it says: 47 bytes in the clear."""
    header = bytes.fromhex(case["header"])
    refuse_if(len(header) != 47, "HEADER")
    version, event, function, memory, passes, lanes, salt, key_version = struct.unpack(">B16sBIIB16sI", header)
    refuse_if((version, function, lanes) != (1, 1, 1), "HEADER")
    refuse_if(not 8 <= memory <= 2**20 or not 1 <= passes <= 64, "HEADER")
    wrapped = bytes.fromhex(case["wrapped"])
    refuse_if(len(wrapped) < 24, "HEADER")
    passphrase = " ".join(case["passphrase"].split())
    wrapping = argon2id(passphrase.encode(), salt, memory, passes)
    key = open_sealed(wrapping, wrapped, header, "PASSPHRASE")
    says = {"event": event.hex(), "memory_kib": memory, "passes": passes, "salt": salt.hex()}
    return {**says, "key_version": key_version, "wrapping_key": wrapping.hex(), "data_key": key.hex()}


# The tables with a key of their own; all others have the key "row".
TABLE_KEYS = {17: "state", 19: "dsign"}


def place(file, table, key, seq, event=None):
    """A table's key, and what binds a sealed value to its place."""
    word = TABLE_KEYS.get(table, "row")
    aad = dst("row") + bytes.fromhex(event or file["event"]) + struct.pack(">B16sQ", table, key, seq)
    return subkey(bytes.fromhex(file["data_key"]), word), aad


def open_row(file, case):
    row = place(file, case["table"], bytes.fromhex(case["key"]), case["seq"], case["event"])
    return open_sealed(row[0], bytes.fromhex(case["sealed"]), row[1], "SEAL").hex()


def seal_row(file, case):
    key, aad = place(file, case["table"], bytes.fromhex(case["key"]), case["seq"], case["event"])
    nonce = bytes.fromhex(case["nonce"])
    cipher, short = xchacha(key, nonce)
    return (nonce + cipher.encrypt(short, bytes.fromhex(case["plain"]), aad)).hex()


def blind_key(file, data):
    return hmac_sha256(subkey(bytes.fromhex(file["data_key"]), "index"), data)[:16]


def share(file, table, key, seq):
    return hmac_sha256(subkey(bytes.fromhex(file["data_key"]), "digest"), struct.pack(">B16sQ", table, key, seq))


def read_state(file, revision, sealed):
    """The state record, of which there is one, numbered by how often it was written."""
    key, aad = place(file, 17, bytes(16), revision)
    r = Reader(open_sealed(key, bytes.fromhex(sealed), aad, "STATE"))
    try:
        return state_says(r)
    except Refused:
        raise Refused("STATE") from None


def state_says(r):
    refuse_if(r.number(1) != 1)
    says = {"k_body": r.take(32).hex(), "feed": None, "anchor": None}
    has_feed = r.number(1)
    refuse_if(has_feed > 1)
    if has_feed:
        feed = {"id": r.take(16).hex(), "seq": r.number(8), "chain": r.take(32).hex()}
        feed["head"] = r.take(r.number(2)).hex() or None
        says["feed"] = {**feed, "checked_at": r.number(8)}
    says |= {"generation": r.number(4), "rows": r.number(8), "digest": r.take(32).hex()}
    says |= {"journal_seq": r.number(8), "journal_hash": r.take(32).hex(), "hlc": r.number(8)}
    says |= {"acknowledged": r.number(8), "openings": r.number(8), "suspension": r.number(1)}
    refuse_if(says["suspension"] > 9)
    if r.number(1):
        anchor = {"server": r.number(8), "wall": r.number(8), "up": r.number(8)}
        says["anchor"] = {**anchor, "boot": r.take(16).hex(), "uncertainty_ms": r.number(4)}
    r.end()
    return says


def open_list(file, case):
    """The rows that count, in their order on disk, if they are those that the state speaks of."""
    state = read_state(file, case["revision"], case["state"])
    counting = [row for row in case["rows"] if row["generation"] == state["generation"]]
    bodies, digest = [], bytes(32)
    for row in sorted(counting, key=lambda row: (row["kind"], row["key"])):
        row_key = bytes.fromhex(row["key"])
        key, aad = place(file, row["kind"], row_key, row["seq"])
        plain = open_sealed(key, bytes.fromhex(row["sealed"]), aad, "LIST")
        added = share(file, row["kind"], row_key, row["seq"])
        digest = bytes(a ^ b for a, b in zip(digest, added))
        bodies.append({"entity": plain[:16].hex(), "seq": row["seq"], "body": plain[16:].hex()})
    refuse_if(len(bodies) != state["rows"] or digest.hex() != state["digest"], "LIST")
    return bodies
