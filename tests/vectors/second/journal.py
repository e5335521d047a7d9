"""Entries, journals, batches, the server's intake, acknowledgements (section 5)."""

from second.base import H, Reader, dst, is_signed, plain_text, refuse_if
from second.feed import open_signed


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
