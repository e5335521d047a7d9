"""Tickets: their bytes, their text, their picture, and whose signature counts (section 2)."""

import struct

from second.base import Refused, dst, is_signed, refuse_if


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
