#!/usr/bin/env python3
"""A second implementation of the protocol, checked against the vectors beside this file.

It shares no code with the first: it is written from the specification (sync-protocol/README.md; the
section numbers below are its sections) with Python's standard library and, for the equation of
Ed25519 alone, the library "cryptography" (Debian: python3-cryptography). It is meant to be read.

Run it as: python3 check.py    It is silent about what agrees and stops at what does not.
"""

import base64
import hashlib
import hmac
import itertools
import json
import pathlib
import struct
import sys
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HERE = pathlib.Path(__file__).resolve().parent


class Refused(Exception):
    """Something that must be refused, with the code it is refused with."""


def refuse_if(condition, code="MALFORMED"):
    if condition:
        raise Refused(code)


# --- Section 0: hashes, signatures, layouts -----------------------------------------------------


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


# --- Section 1: typed codes ---------------------------------------------------------------------

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


# --- Section 2: tickets -------------------------------------------------------------------------

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def base45_encode(data):
    text = ""
    for at in range(0, len(data), 2):
        group = data[at : at + 2]
        value = int.from_bytes(group, "big")
        for _ in range(len(group) + 1):
            text, value = text + BASE45[value % 45], value // 45
    return text


def base45_decode(text):
    refuse_if(any(c not in BASE45 for c in text), "SYMBOL")
    refuse_if(len(text) % 3 == 1, "LENGTH")
    data = b""
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        value = sum(BASE45.index(c) * 45**place for place, c in enumerate(group))
        refuse_if(value >= 256 ** (len(group) - 1), "RANGE")
        data += value.to_bytes(len(group) - 1, "big")
    return data


def read_ticket(text, keyring):
    """The claims of a presented text, or the code of stage A."""
    text = text.strip("\r\n\t")
    refuse_if(len(text.encode()) != 122, "NOT_A_TICKET")
    try:
        data = base45_decode(text)
    except Refused:
        raise Refused("NOT_A_TICKET") from None
    fmt, number, ticket, issue, classnr = struct.unpack(">BHQIH", data[:17])
    refuse_if(fmt >> 4 != 1 or fmt & 0x0C, "UNSUPPORTED_FORMAT")
    claims = {"number": number, "ticket": ticket, "issue": issue, "class": classnr, "test": bool(fmt & 2)}
    issuer, serial = ticket >> 48, ticket & (2**48 - 1)

    def signed_by(key, event):
        message = dst("ticket") + bytes.fromhex(event) + data[:17]
        return is_signed(bytes.fromhex(key), message, data[17:])

    if fmt & 1:
        sellers = [d for d in keyring["delegations"] if d["device"] == number]
        refuse_if(not sellers, "UNKNOWN_KEY")
        seller = sellers[0]
        refuse_if(not signed_by(seller["key"], keyring["event"]), "BAD_SIGNATURE")
        last = seller["revoked_after"]
        may = seller["capabilities"] & 4 and issuer == number and serial == issue and classnr in seller["classes"]
        refuse_if(not may or (last is not None and issue > last), "DELEGATION_INVALID")
        return {**claims, "signer": "device", "needs_listed_row": False}

    candidates = [k for k in keyring["keys"] if k["kid"] == number]
    refuse_if(not candidates, "UNKNOWN_KEY")
    good = [k for k in candidates if signed_by(k["key"], k["event"])]
    refuse_if(not good, "BAD_SIGNATURE")
    refuse_if(good[0]["event"] != keyring["event"], "OTHER_EVENT")
    refuse_if(issuer != 0, "BAD_SIGNATURE")
    refuse_if(good[0]["state"] == "rejected", "KEY_REJECTED")
    return {**claims, "signer": "server", "needs_listed_row": good[0]["state"] == "listed_only"}


# Characters that fit in alphanumeric mode, by version from 1 (ISO/IEC 18004, table 7).
QR_CAPACITY = {
    "m": [20, 38, 61, 90, 122, 154, 178, 221, 262, 311],
    "q": [16, 29, 47, 67, 87, 108, 125, 157, 189, 221],
}


def qr_size(text, level):
    version = next(v for v, fits in enumerate(QR_CAPACITY[level], 1) if len(text) <= fits)
    return {"version": version, "size": 17 + 4 * version}


# --- Section 3: feed and snapshot ---------------------------------------------------------------

POLICY, KEY, DEVICE, TICKET, MOVE, NOTICE, LEASE, CLOSE = range(1, 9)
BODY_MAX = {POLICY: 256 * 1024, NOTICE: 64 * 1024}

POLICY_WORDS = {
    "": "event time_zone starts ends zones gates classes limits switches",
    "zones": "id name capacity",
    "gates": "id name zone",
    "classes": "id name zones gates windows uses re_entry strict_clock home_gate",
    "windows": "from until",
    "periods": "from until",
    "uses": "limit periods",
    "limits": "repeat_ms claim_ms max_offline_ms max_uncertainty_ms grace_ms unlisted_cap",
    "switches": "admit_unpaid unlisted manual home_gates",
}


def read_policy(body):
    try:
        policy = json.loads(body)
    except ValueError:
        raise Refused("MALFORMED") from None

    def check_words(value, where):
        if isinstance(value, list):
            for element in value:
                check_words(element, where)
        elif isinstance(value, dict):
            refuse_if(set(value) - set(POLICY_WORDS[where].split()))
            for name, member in value.items():
                check_words(member, name)
            if where in ("windows", "periods"):
                refuse_if(value["from"] >= value["until"])

    check_words(policy, "")
    ids = {}
    for table in ("zones", "gates", "classes"):
        ids[table] = {row["id"] for row in policy[table]}
        refuse_if(len(ids[table]) != len(policy[table]))
    refuse_if(policy["ends"] <= policy["starts"])
    refuse_if(any(gate["zone"] not in ids["zones"] for gate in policy["gates"]))
    named = set(policy["switches"]["home_gates"])
    for row in policy["classes"]:
        refuse_if(set(row["zones"]) - ids["zones"])
        named |= set(row["gates"]) | ({row["home_gate"]} - {None} if "home_gate" in row else set())
    refuse_if(named - ids["gates"])
    return policy


def read_body(kind, entity, body):
    """What an entry says."""
    refuse_if(kind not in range(1, 9) or len(body) > BODY_MAX.get(kind, 4096))
    r, name = Reader(body), Reader(entity)
    zeros = lambda count: refuse_if(any(name.take(count)))
    if kind == POLICY:
        zeros(16)
        return {"policy": read_policy(body)}
    if kind == NOTICE:
        return {"notice": body.hex()}
    if kind == KEY:
        zeros(14)
        says = {"kid": name.number(2), "purpose": r.number(1), "state": r.number(1), "key": r.take(32).hex()}
        refuse_if(says["purpose"] not in (1, 2) or says["state"] not in (1, 2, 3, 4))
    elif kind == DEVICE:
        says = {"device": entity.hex(), "status": r.number(1), "last_seq": r.number(8)}
        says["certificate"] = r.take(r.number(2)).hex()
        says["signature"] = r.take(64).hex()
        refuse_if(says["status"] not in (1, 2, 3))
    elif kind == TICKET:
        zeros(8)
        says = {"ticket": name.number(8), "issue": r.number(4), "class": r.number(2), "status": r.number(1)}
        flags = r.number(1)
        refuse_if(says["status"] not in (1, 2, 3, 4) or flags > 3)
        says["attention"], says["id_check"] = bool(flags & 1), bool(flags & 2)
        says["name"] = plain_text(r.take(r.number(1)), 128)
        says["note"] = plain_text(r.take(r.number(1)), 128)
    elif kind == MOVE:
        device = name.number(2)
        zeros(6)
        what, flags, ticket, hlc = r.number(1), r.number(1), r.number(8), r.number(8)
        gate, target, entry_hash = r.number(2), r.number(8), r.take(32).hex()
        refuse_if(what not in (1, 2, 5) or flags > 1 or (what != 5 and target))
        says = {"kind": {1: "admit", 2: "exit", 5: "undo"}[what], "override": flags == 1, "ticket": ticket}
        says |= {"device": device, "seq": name.number(8), "hlc": hlc, "gate": gate, "entry_hash": entry_hash}
        says["of"] = [target >> 48, target & (2**48 - 1)] if what == 5 else None
    elif kind == LEASE:
        says = {"device": name.number(2), "class": name.number(2), "count": r.number(4), "expires": r.number(8)}
        zeros(12)
    else:
        zeros(16)
        says = {}
    r.end()
    return says


def read_record(r):
    seq, kind, entity, form, length = r.number(8), r.number(1), r.take(16), r.number(1), r.number(4)
    refuse_if(kind not in range(1, 9) or form > 1)
    refuse_if(length != 32 if form == 1 else length > BODY_MAX.get(kind, 4096))
    return seq, kind, entity, form, r.take(length)


def read_records(data):
    r, records = Reader(data), []
    while r.data:
        records.append(read_record(r))
    return records


def open_signed(data, word, server):
    """The bytes that S signed, without the signature at their end."""
    refuse_if(len(data) < 64)
    signed, signature = data[:-64], data[-64:]
    refuse_if(not is_signed(server, dst(word) + signed, signature), "BAD_SIGNATURE")
    return Reader(signed)


def read_head(r):
    names = ["event", "feed", "seq", "chain", "floor", "time", "valid_until"]
    head = dict(zip(names, [r.take(16), r.take(16), r.number(8), r.take(32), r.number(8), r.number(8), r.number(8)]))
    r.end()
    return head


def pull(file, case):
    """Takes answers up to one head, all or nothing."""
    event, feed, k_body = (bytes.fromhex(file[name]) for name in ("event", "feed", "k_body"))
    start_seq, start_chain = case["from"]["seq"], bytes.fromhex(case["from"]["chain"])
    seq, chain, taken = start_seq, start_chain, []
    for answer in map(bytes.fromhex, case["answers"]):
        refuse_if(len(answer) < 160)
        records = read_records(answer[:-160])
        head = read_head(open_signed(answer[-160:], "head", bytes.fromhex(file["server_key"])))
        refuse_if(head["event"] != event, "SERVER_FORK")
        refuse_if(head["feed"] != feed, "OTHER_FEED")
        refuse_if(head["seq"] < start_seq, "SERVER_FORK")
        refuse_if(head["seq"] == start_seq and head["chain"] != start_chain, "SERVER_FORK")
        for record in records:
            number, kind, entity, form, data = record
            refuse_if(number != seq + 1 or number > head["seq"], "FEED_BROKEN")
            tag = data if form == 1 else hmac.new(k_body, data, "sha256").digest()
            header = number.to_bytes(8, "big") + bytes([kind]) + entity + tag
            assert len(header) == 57
            seq, chain = number, H(dst("feed"), chain, header)
            taken.append(record)
        if seq == head["seq"]:
            break
    else:
        return {"more_after": seq}
    refuse_if(chain != head["chain"], "FEED_BROKEN")
    newest = {(kind, entity): form for _, kind, entity, form, _ in taken}
    elided_moves = any(kind == MOVE and form == 1 for _, kind, _, form, _ in taken)
    refuse_if(elided_moves or any(newest.values()), "FEED_BROKEN")
    return {"seq": seq, "chain": chain.hex(), "kept": sum(form == 0 for *_, form, _ in taken)}


def unpack(frame):
    """Reads a zstd frame (RFC 8878) of stored and repeated blocks; the vectors have no others."""
    limit, unpacked = 8 * 1024 * 1024, b""
    refuse_if(len(frame) < 9 or frame[:5] != b"\x28\xb5\x2f\xfd\xa0")
    r = Reader(frame[9:])
    is_last = 0
    while not is_last:
        header = int.from_bytes(r.take(3), "little")
        is_last, kind, size = header & 1, header >> 1 & 3, header >> 3
        assert kind in (0, 1), "only stored and repeated blocks"
        unpacked += r.take(size) if kind == 0 else r.take(1) * size
        refuse_if(len(unpacked) > limit)
    r.end()
    return unpacked


def restore(file, case):
    r = open_signed(bytes.fromhex(case["manifest"]), "snap", bytes.fromhex(file["server_key"]))
    r.take(32)
    seq, chain, rows, count = r.number(8), r.take(32), r.number(8), r.number(4)
    names = [(r.number(4), r.number(4), r.take(32)) for _ in range(count)]
    r.end()
    refuse_if(any(length > 1024 * 1024 for length, _, _ in names))
    refuse_if(sum(n for _, n, _ in names) != rows, "WRONG_ROWS")
    everything = b""
    for (length, count_of_chunk, digest), packed in zip(names, map(bytes.fromhex, case["chunks"])):
        refuse_if(len(packed) != length or H(packed) != digest, "WRONG_CHUNK")
        unpacked = unpack(packed)
        records = read_records(unpacked)
        order = [(kind, entity) for _, kind, entity, _, _ in records]
        refuse_if(any(a >= b for a, b in zip(order, order[1:])) or any(record[3] for record in records), "WRONG_ROWS")
        refuse_if(len(records) != count_of_chunk, "WRONG_ROWS")
        everything += unpacked
    return {"seq": seq, "chain": chain.hex(), "rows": rows, "chunks": len(names), "first_bytes": everything[:30].hex()}


# --- Section 4: verdict -------------------------------------------------------------------------

# Code: (number of section 4, who may decide against it).
CODES = {
    "CANCELLED": (10, "supervisor"),
    "SUPERSEDED": (11, "supervisor"),
    "BLOCKED": (12, "supervisor"),
    "NOT_IN_LIST": (13, "nobody"),
    "ISSUE_MISMATCH": (14, "nobody"),
    "JUST_SCANNED": (20, "nobody"),
    "ALREADY_IN": (21, "supervisor"),
    "ALREADY_USED": (22, "supervisor"),
    "USES_EXHAUSTED": (23, "supervisor"),
    "UNPAID": (30, "door"),
    "CLASS_UNKNOWN": (40, "supervisor"),
    "WRONG_GATE": (41, "supervisor"),
    "WRONG_ZONE": (41.1, "supervisor"),
    "TOO_LATE": (50, "supervisor"),
    "TOO_EARLY": (50.1, "supervisor"),
    "CLOCK_UNSURE": (52, "door"),
    "UNLISTED": (60, "supervisor"),
    "CACHE_TOO_OLD": (61, "supervisor"),
    "HOME_GATE_ONLY": (62, "supervisor"),
    "ZONE_FULL": (63, "supervisor"),
    "MANUAL_NOT_ALLOWED": (64, None),  # whoever the policy names
}
FLAGS = "STALE UNLISTED NEWER_ISSUE CLOCK_UNSURE OVERRIDE MANUAL TEST ATTENTION ID_CHECK WALKIN NO_CLAIM".split()
EXIT_FLAGS = {"UNLISTED": "UNLISTED", "NOT_IN_LIST": "UNLISTED", "CACHE_TOO_OLD": "STALE", "CLOCK_UNSURE": "CLOCK_UNSURE"}


def by_id(rows, number):
    return next((row for row in rows if row["id"] == number), None)


def zone_of(policy, gate):
    found = by_id(policy["gates"], gate)
    return found and found["zone"]


def counted(movements):
    """The movements that count, in order: once each, and none that was taken back."""
    undone = {(*m["of"], m["ticket"]) for m in movements if m["kind"] == "undo"}
    kept = {}
    for m in sorted(movements, key=lambda m: (m["hlc"], m["device"], m["seq"])):
        if m["kind"] != "undo" and (m["device"], m["seq"], m["ticket"]) not in undone:
            kept.setdefault((m["device"], m["seq"]), m)
    return list(kept.values())


def standing(movements, policy, zone):
    """Whether inside, and every admission as (instant, device, number)."""
    inside, admissions = False, []
    for m in counted(movements):
        if zone is not None and zone_of(policy, m["gate"]) == zone:
            inside = m["kind"] == "admit"
            if inside:
                admissions.append((m["hlc"] >> 16, m["device"], m["seq"]))
    return inside, admissions


def period(kind, at):
    spans = enumerate(kind["uses"]["periods"])
    return next((nr for nr, span in spans if span["from"] <= at < span["until"]), None)


def history_codes(kind, inside, admissions, now):
    """Rules 21 to 23."""
    same = [a for a in admissions if period(kind, a[0]) == period(kind, now)]
    limit, codes = kind["uses"]["limit"], []
    # Who came in on another day is not inside today.
    if inside and admissions[-1] in same and kind["re_entry"] != "free":
        codes.append("ALREADY_IN")
    if kind["re_entry"] == "forbidden" and limit == 1 and same:
        codes.append("ALREADY_USED")
    if limit is not None and len(same) >= limit:
        codes.append("USES_EXHAUSTED")
    return codes


def verdict(case, policy):
    scan, row, scope, cache = case["scan"], case["row"], case["scope"], case["cache"]
    now, unsure = case["clock"]["now"], case["clock"]["uncertainty_ms"]
    limits, switches = policy["limits"], policy["switches"]

    def refused_at_once(code):
        return {"admit": False, "primary": code, "all": [code], "by": "nobody", "flags": []}

    # Stage A.
    if scope["readiness"] != "READY":
        return refused_at_once("TERMINAL_NOT_READY")
    if "failure" in scan:
        return refused_at_once(scan["failure"])
    is_manual = "manual" in scan
    shown = {"ticket": scan["manual"], "issue": None, "class": None} if is_manual else scan["verified"]
    issue = shown["issue"]
    if shown.get("listed_only") and (row is None or row["issue"] != issue):
        return refused_at_once("KEY_REJECTED")

    # Stage B. A walk-in's issues are its seller's journal numbers, not feed numbers.
    is_sold = shown["ticket"] >> 48 != 0
    should_be_listed = cache["is_complete"] and (issue is None or issue <= cache["seller_seen" if is_sold else "cursor"])
    class_id = shown["class"]
    if row is not None and (issue is None or issue <= row["issue"]):
        class_id = row["class"]
    kind = by_id(policy["classes"], class_id)
    zone = zone_of(policy, scope["gate"])
    own = [m for m in case["history"] if m["ticket"] == shown["ticket"]]
    inside, admissions = standing(own, policy, zone)
    codes = []

    def add(code, holds):
        if holds:
            codes.append(code)

    status = row["status"] if row else None
    add("CANCELLED", status == 4)
    add("SUPERSEDED", row is not None and issue is not None and issue < row["issue"])
    add("BLOCKED", status == 3)
    is_missing = row is None and (is_manual or should_be_listed)
    add("NOT_IN_LIST", is_missing)
    add("ISSUE_MISMATCH", row is not None and issue is not None and issue > row["issue"] and should_be_listed)
    here = [a for a in admissions if a[1] == scope["device"]]
    add("JUST_SCANNED", inside and here and now - here[-1][0] < limits["repeat_ms"])
    add("UNPAID", status == 2 and not switches["admit_unpaid"])
    add("CLASS_UNKNOWN", class_id is not None and kind is None)
    if kind is not None:
        codes += history_codes(kind, inside, admissions, now)
        add("WRONG_GATE", zone is None or (kind["gates"] and scope["gate"] not in kind["gates"]))
        add("WRONG_ZONE", zone is not None and kind["zones"] and zone not in kind["zones"])
        wide = limits["grace_ms"] + min(unsure, 60_000)
        if kind["windows"] and not any(w["from"] - wide <= now < w["until"] + wide for w in kind["windows"]):
            codes.append("TOO_LATE" if all(w["until"] <= now for w in kind["windows"]) else "TOO_EARLY")
        add("CLOCK_UNSURE", unsure > limits["max_uncertainty_ms"] and kind["strict_clock"])
    cap_reached = scope["unlisted_admitted"] >= limits["unlisted_cap"]
    add("UNLISTED", row is None and not is_missing and (switches["unlisted"] == "deny" or cap_reached))
    add("CACHE_TOO_OLD", now > cache["valid_until"] + limits["max_offline_ms"])
    if not scope["has_link"] and class_id is not None:
        home = kind.get("home_gate") if kind else None
        homes = switches["home_gates"]
        if home is None and homes:
            home = homes[int.from_bytes(H(shown["ticket"].to_bytes(8, "big"))[:8], "big") % len(homes)]
        add("HOME_GATE_ONLY", home is not None and home != scope["gate"])
    capacity = by_id(policy["zones"], zone).get("capacity") if zone is not None else None
    add("ZONE_FULL", capacity is not None and not inside and scope["occupancy"] >= capacity)
    add("MANUAL_NOT_ALLOWED", is_manual and switches["manual"] != "door")
    codes.sort(key=lambda code: CODES[code][0])

    flags = set()
    flags |= {"STALE"} if now > cache["valid_until"] else set()
    flags |= {"UNLISTED"} if row is None else set()
    is_newer = row is not None and issue is not None and row["issue"] < issue and issue > cache["cursor"]
    flags |= {"NEWER_ISSUE"} if is_newer else set()
    flags |= {"CLOCK_UNSURE"} if unsure > limits["max_uncertainty_ms"] else set()
    flags |= {"MANUAL"} if is_manual else set()
    flags |= {"TEST"} if shown.get("test") else set()
    flags |= {"ATTENTION"} if row and row["attention"] else set()
    flags |= {"ID_CHECK"} if row and row["id_check"] else set()
    flags |= {"WALKIN"} if is_sold else set()

    if case["direction"] == "exit":
        flags |= {EXIT_FLAGS.get(code, "ATTENTION") for code in codes}
        return {"admit": True, "flags": [flag for flag in FLAGS if flag in flags]}
    flags = [flag for flag in FLAGS if flag in flags]
    if not codes:
        return {"admit": True, "flags": flags}
    named = {"door": "door", "supervisor": "supervisor", "never": "nobody"}[switches["manual"]]
    who = max((CODES[code][1] or named for code in codes), key=["door", "supervisor", "nobody"].index)
    return {"admit": False, "primary": codes[0], "all": codes, "by": who, "flags": flags}


def fold(case, policy, movements):
    """Section 6: order, standings, conflicts, occupancy."""
    order = counted(movements)
    classes = dict(map(tuple, case["classes"]))
    conflicts, so_far, inside = {}, {}, set()
    for m in order:
        zone = zone_of(policy, m["gate"])
        if zone is None:
            continue
        place = (m["ticket"], zone)
        (inside.add if m["kind"] == "admit" else inside.discard)(place)
        kind = by_id(policy["classes"], classes.get(m["ticket"]))
        if kind is None:
            continue
        before = so_far.setdefault(place, [])
        was_inside, admissions = standing(before, policy, zone)
        at = m["hlc"] >> 16
        if m["kind"] == "admit" and history_codes(kind, was_inside, admissions, at):
            name = [m["device"], m["seq"]]
            same = [a for a in admissions if period(kind, a[0]) == period(kind, at)]
            first = list((same or admissions or [(at, *name)])[-1][1:])
            span = period(kind, at)
            begins = -1 if span is None else kind["uses"]["periods"][span]["from"]
            conflicts.setdefault((*place, begins), {"first": first, "excess": []})["excess"].append(name)
        before.append(m)
    standings = []
    for wanted in case["expect"]["standings"]:
        of_ticket = [m for m in movements if m["ticket"] == wanted["ticket"]]
        is_in, admissions = standing(of_ticket, policy, wanted["zone"])
        names = [[device, seq] for _, device, seq in admissions]
        standings.append({"ticket": wanted["ticket"], "zone": wanted["zone"], "inside": is_in, "admissions": names})
    zones = sorted(zone["id"] for zone in policy["zones"])
    return {
        "order": [[m["device"], m["seq"]] for m in order],
        "standings": standings,
        "conflicts": [{"ticket": t, "zone": z, **conflicts[t, z, b]} for t, z, b in sorted(conflicts)],
        "occupancy": [[zone, sum(z == zone for _, z in inside)] for zone in zones],
    }


# --- Section 5: journal -------------------------------------------------------------------------


def read_entry(data):
    refuse_if(len(data) > 4096)
    r = Reader(data)
    refuse_if(r.number(1) != 1)
    e = {"kind": r.number(1), "flags": r.number(2), "device": r.take(16).hex(), "seq": r.number(8)}
    refuse_if(e["kind"] not in range(1, 10) or e["flags"] >> 11 or e["seq"] == 0)
    e |= {"prev": r.take(32).hex(), "hlc": r.number(8), "wall": r.number(8), "uptime_s": r.number(4)}
    e |= {"offset_ms": int.from_bytes(r.take(4), "big", signed=True), "uncertainty_ms": r.number(4)}
    e |= {"cursor": r.number(8), "ticket": r.number(8), "issue": r.number(4), "class": r.number(2)}
    e |= {"gate": r.number(2), "reason": r.number(2)}
    tlvs = Reader(r.take(r.number(2)))
    r.end()
    names = "operator undo_target personal_data evidence overridden credential note amount".split()
    e |= dict.fromkeys(names)
    last = 0
    while tlvs.data:
        tag = tlvs.number(1)
        refuse_if(not last < tag <= 8)
        last, value = tag, Reader(tlvs.take(tlvs.number(2)))
        if tag in (1, 7):
            found = plain_text(value.take(len(value.data)), {1: 128, 7: 1024}[tag])
        elif tag == 4:
            found = {"policy": value.number(8), "row": value.number(8), "history_count": value.number(2)}
            found["history_hash"] = value.take(8).hex()
        elif tag == 8:
            found = {"minor": value.number(4), "currency": value.take(3).hex(), "method": value.number(1)}
        else:
            found = {2: lambda: value.number(8), 5: lambda: value.number(2)}.get(tag, lambda: value.take(32).hex())()
        value.end()
        e[names[tag - 1]] = found
    return e


def journal_start(file):
    return H(dst("jrn0"), bytes.fromhex(file["event"]), bytes.fromhex(file["device"]))


def entry_signed(file, digest, signature):
    return is_signed(bytes.fromhex(file["key"]), dst("jsign") + digest, signature)


def walk(file, case):
    """Checks a journal from its beginning."""
    seq, prev = 0, journal_start(file)
    for signed in case["entries"]:
        data = bytes.fromhex(signed["bytes"])
        e, digest = read_entry(data), H(dst("jentry"), data)
        for what, holds in [
            ("DEVICE", e["device"] == file["device"]),
            ("NUMBER", e["seq"] == seq + 1),
            ("LINK", e["prev"] == prev.hex()),
            ("SIGNATURE", entry_signed(file, digest, bytes.fromhex(signed["signature"]))),
        ]:
            if not holds:
                return {"error": what, "at": e["seq"]}
        seq, prev = e["seq"], digest
    return {"seq": seq, "hash": prev.hex()}


def read_batch(file, data):
    """The entries with every prev rebuilt, as (entry, hash), and the personal data."""
    refuse_if(len(data) > 256 * 1024)
    r = Reader(data)
    first, count, prev = r.number(8), r.number(2), r.take(32)
    refuse_if(not 1 <= count <= 500)
    entries = []
    for at in range(count):
        short = r.take(r.number(2))
        refuse_if(len(short) < 28)
        whole = short[:28] + prev + short[28:]
        e = read_entry(whole)
        refuse_if(e["device"] != file["device"] or e["seq"] != first + at, "BAD_CHAIN")
        prev = H(dst("jentry"), whole)
        entries.append((e, prev))
    signature, personal = r.take(64), []
    for _ in range(r.number(2)):
        seq, salt, length = r.number(8), r.take(16), r.number(2)
        refuse_if(length > 2048)
        value = r.take(length)
        committed = [e for e, _ in entries if e["seq"] == seq and e["personal_data"] == H(salt, value).hex()]
        refuse_if(not committed or (personal and personal[-1][0] >= seq), "BAD_CHAIN")
        personal.append([seq, value.hex()])
    r.end()
    refuse_if(not entry_signed(file, prev, signature), "BAD_CHAIN")
    return entries, personal


def rebuilt(file, case):
    entries, personal = read_batch(file, bytes.fromhex(case["batch"]))
    return {"first": entries[0][0]["seq"], "hashes": [digest.hex() for _, digest in entries], "personal": personal}


def take_in(file, case):
    """What the server does with a batch whose chain and signature hold."""
    entries, _ = read_batch(file, bytes.fromhex(case["batch"]))
    last, last_hash = case["held"]["seq"], case["held"]["hash"]
    if case["evidence"] or case["status"] != 1:
        return {"quarantine": True}
    if entries[0][0]["seq"] > last + 1:
        return {"gap": last}
    for e, digest in entries:
        if e["seq"] <= last and digest.hex() != case["known"][e["seq"] - 1]:
            return {"fork": e["seq"]}
        if e["seq"] == last + 1 and e["prev"] != last_hash:
            return {"fork": e["seq"]}
    new = [(e["seq"], digest.hex()) for e, digest in entries if e["seq"] > last]
    seq, digest = new[-1] if new else (last, last_hash)
    return {"store": {"skip": len(entries) - len(new), "seq": seq, "hash": digest}}


def read_ack(file, data):
    r = open_signed(data, "ack", bytes.fromhex(file["server_key"]))
    ack = {"event": r.take(16).hex(), "device": r.take(16).hex(), "seq": r.number(8), "hash": r.take(32).hex()}
    ack |= {"feed_seq": r.number(8), "time": r.number(8)}
    r.end()
    return ack


# --- Section 11: certificates, enrolment, signed requests ---------------------------------------


def read_certificate(file, case):
    data = bytes.fromhex(case["bytes"]) + bytes.fromhex(case["signature"])
    r = open_signed(data, "devcert", bytes.fromhex(file["server_key"]))
    refuse_if(r.number(1) != 1)
    says = {"event": r.take(16).hex(), "device": r.take(16).hex(), "number": r.number(2)}
    says |= {"sign_key": r.take(32).hex(), "tls_key": r.take(32).hex(), "capabilities": r.number(4)}
    says |= {"not_before": r.number(8), "not_after": r.number(8)}
    says["gates"] = [r.number(2) for _ in range(r.number(1))]
    says["walk_in_classes"] = [r.number(2) for _ in range(r.number(1))]
    r.end()
    refuse_if(says["capabilities"] > 31 or says["not_before"] >= says["not_after"])
    refuse_if(not is_acceptable(bytes.fromhex(says["sign_key"])))
    return says


def enrol_code(text):
    symbols = "".join(canonical_symbols(text))
    refuse_if(any(c not in CROCKFORD for c in symbols) or len(symbols) not in (10, 26))
    return symbols


def code_of_random(random):
    bits = "".join(f"{byte:08b}" for byte in random)
    bits = bits[:50] if len(random) == 7 else bits.ljust(130, "0")
    return "".join(CROCKFORD[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def read_invitation(text):
    head, _, server = text.strip().partition("&s=")
    fields = head.removeprefix("usher://enrol?v=1&").split("&")
    names = [field[:2] for field in fields]
    refuse_if(not head.startswith("usher://enrol?v=1&") or names not in (["c=", "k="], ["c=", "k=", "t="]))
    refuse_if(not server.startswith(("https://", "http://")) or len(server) > 200)
    refuse_if(any(not "!" <= c <= "~" for c in server))

    def digest(field):
        refuse_if(len(field) != 43)
        data = base64.urlsafe_b64decode(field + "=")
        refuse_if(base64.urlsafe_b64encode(data).rstrip(b"=").decode() != field or len(data) != 32)
        return data.hex()

    code, *digests = [field[2:] for field in fields]
    digests = [digest(field) for field in digests] + [None]
    return {"server": server, "server_key_hash": digests[0], "tls_fingerprint": digests[1], "code": enrol_code(code)}


def content_digest(body):
    return f"sha-256=:{base64.b64encode(H(body)).decode()}:"


def check_request(file, case):
    """The signature base of a request, or what is wrong with it."""
    body = None if case["body"] is None else bytes.fromhex(case["body"])
    label, _, params = case["signature_input"].partition("=")
    fields = dict(part.partition("=")[::2] for part in params.split(";")[1:])
    components = ["@method", "@authority", "@path", "@query"] + ([] if body is None else ["content-digest"])
    created, nonce = fields.get("created", ""), fields.get("nonce", "").strip('"')
    is_number = created.isdigit() and str(int(created)) == created
    is_nonce = 1 <= len(nonce) <= 64 and nonce.replace("-", "a").replace("_", "a").isalnum() and nonce.isascii()
    # The one form of the profile, written anew.
    profile = f"({' '.join(json.dumps(c) for c in components)})"
    profile += f';created={created};nonce="{nonce}";keyid="{file["device"]}";alg="ed25519";tag="usher1"'
    refuse_if(label != "usher" or not is_number or not is_nonce or params != profile, "FORM")
    refuse_if((body is None) != (case["content_digest"] is None), "FORM")
    header = case["signature"]
    refuse_if(not header.startswith("usher=:") or not header.endswith(":"), "FORM")
    try:
        signature = base64.b64decode(header[7:-1], validate=True)
    except ValueError:
        raise Refused("FORM") from None
    refuse_if(len(signature) != 64, "FORM")
    values = [case["method"], case["authority"].lower(), case["path"], "?" + case["query"], case["content_digest"]]
    base = "".join(f'"{name}": {value}\n' for name, value in zip(components, values))
    base += f'"@signature-params": {params}'
    refuse_if(not is_signed(bytes.fromhex(file["key"]), base.encode(), signature), "SIGNATURE")
    refuse_if(body is not None and content_digest(body) != case["content_digest"], "DIGEST")
    refuse_if(abs(case["now"] // 1000 - int(created)) > 120, "CLOCK")
    return base


# --- The files ----------------------------------------------------------------------------------

AGREED = 0


def agree(name, case, found, expected):
    global AGREED
    AGREED += 1
    if found != expected:
        sys.exit(f"{name}: {case}\n  expected {json.dumps(expected)}\n  found    {json.dumps(found)}")


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Refused as refused:
        return {"error": str(refused)}


def load(name):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def expected_of(case, good):
    """A case's good outcome, or its refusal in the one form of `outcome`."""
    if good in case:
        return case[good]
    return {"error": case.get("code") or case.get("error") or "MALFORMED"}


def check_codecs():
    for case in load("base45.json")["cases"]:
        found = outcome(lambda: base45_decode(case["text"]).hex())
        agree("base45.json", case["name"], found, expected_of(case, "bytes"))
        if "bytes" in case:
            agree("base45.json", case["name"], base45_encode(bytes.fromhex(case["bytes"])), case["text"])
    for case in load("qr.json")["cases"]:
        for level in ("m", "q"):
            agree("qr.json", case["text"], qr_size(case["text"], level), case[level])


def check_credentials():
    file = load("credential.json")
    for case in file["cases"]:
        found = outcome(read_ticket, case["text"], file["keyring"])
        agree("credential.json", case["name"], found, expected_of(case, "claims"))
    good = base45_decode(file["flips"]["text"])
    for bit, code in enumerate(file["flips"]["codes"]):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        found = outcome(read_ticket, base45_encode(bytes(changed)), file["keyring"])
        agree("credential.json", f"bit {bit}", found, {"error": code})
    for case in file["public_keys"]:
        agree("credential.json", case["name"], is_acceptable(bytes.fromhex(case["key"])), case["accepted"])
    for case in file["typed_codes"]:
        agree("credential.json", case["text"], outcome(read_typed_code, case["text"]), expected_of(case, "ticket"))
        if "ticket" in case:
            agree("credential.json", case["text"], typed_code(case["ticket"]), case["canonical"])
    # The vector would prove nothing if the equation did not hold.
    lax = next(case for case in file["cases"] if case["name"] == "R of small order")
    data = base45_decode(lax["text"])
    message = dst("ticket") + bytes.fromhex(file["keyring"]["event"]) + data[:17]
    agree("credential.json", "R of small order, laxly", satisfies_equation(bytes.fromhex(file["keyring"]["keys"][0]["key"]), message, data[17:]), True)


def check_feeds():
    file = load("feed.json")
    start = H(dst("feed0"), bytes.fromhex(file["event"]), bytes.fromhex(file["feed"]))
    agree("feed.json", "start", start.hex(), file["start"])
    for case in file["bodies"]:
        found = outcome(read_body, case["kind"], bytes.fromhex(case["entity"]), bytes.fromhex(case["body"]))
        agree("feed.json", case["name"], found, expected_of(case, "says"))
    for case in file["feeds"]:
        agree("feed.json", case["name"], outcome(pull, file, case), case["expect"])
    file = load("snapshot.json")
    for case in file["cases"]:
        agree("snapshot.json", case["name"], outcome(restore, file, case), case["expect"])


def check_journals():
    file = load("journal.json")
    agree("journal.json", "start", journal_start(file).hex(), file["start"])
    for case in file["entries"]:
        agree("journal.json", case["name"], outcome(read_entry, bytes.fromhex(case["bytes"])), expected_of(case, "says"))
    for table, function in [("journals", walk), ("batches", rebuilt), ("intakes", take_in)]:
        for case in file[table]:
            agree("journal.json", case["name"], outcome(function, file, case), case["expect"])
    for case in file["acks"]:
        agree("journal.json", case["name"], outcome(read_ack, file, bytes.fromhex(case["bytes"])), expected_of(case, "says"))


def check_decisions():
    file = load("verdict.json")
    for case in file["cases"]:
        agree("verdict.json", case["name"], verdict(case, file["policies"][case["policy"]]), case["expect"])
    file = load("fold.json")
    for case in file["cases"]:
        for order in itertools.permutations(case["movements"]):
            agree("fold.json", case["name"], fold(case, file["policy"], list(order)), case["expect"])


def check_conversations():
    file = load("certificate.json")
    for case in file["cases"]:
        agree("certificate.json", case["name"], outcome(read_certificate, file, case), expected_of(case, "says"))
    file = load("enrol.json")
    for case in file["codes"]:
        agree("enrol.json", case["name"], outcome(enrol_code, case["text"]), expected_of(case, "code"))
        if "code" in case:
            agree("enrol.json", case["name"], H(case["code"].encode()).hex(), case["hash"])
    for case in file["random_codes"]:
        agree("enrol.json", case["random"], code_of_random(bytes.fromhex(case["random"])), case["code"])
    for case in file["handshakes"]:
        parts = [bytes.fromhex(case[name]) for name in ("code", "server_key", "sign_key", "tls_key")]
        message = dst("enrol") + b"".join(parts)
        agree("enrol.json", case["name"], is_signed(parts[2], message, bytes.fromhex(case["signature"])), case["valid"])
        digits = int.from_bytes(H(message)[:8], "big") % 1_000_000
        agree("enrol.json", case["name"], f"{digits:06}", case["digits"])
    for case in file["invitations"]:
        agree("enrol.json", case["text"], outcome(read_invitation, case["text"]), expected_of(case, "says"))
    file = load("http.json")
    for case in file["cases"]:
        found = outcome(check_request, file, case)
        if "base" in case:
            agree("http.json", case["name"], found, case["base"])
        agree("http.json", case["name"], found["error"] if isinstance(found, dict) else "OK", case["expect"])


if __name__ == "__main__":
    check_codecs()
    check_credentials()
    check_feeds()
    check_journals()
    check_decisions()
    check_conversations()
    print(f"{AGREED} comparisons agree")
