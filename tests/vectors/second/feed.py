"""The feed, its head and its snapshot (section 3)."""

import hmac

from second.base import H, Reader, dst, is_signed, plain_string, plain_text, read_json, refuse_if


POLICY, KEY, DEVICE, TICKET, MOVE, NOTICE, LEASE, CLOSE = range(1, 9)
BODY_MAX = {POLICY: 256 * 1024, NOTICE: 64 * 1024}

POLICY_WORDS = {
    "": "event time_zone starts ends zones gates classes limits switches supervisors",
    "zones": "id name capacity",
    "gates": "id name zone",
    "classes": "id name zones gates windows uses re_entry strict_clock home_gate price",
    "price": "amount currency",
    "windows": "from until",
    "periods": "from until",
    "uses": "limit periods",
    "limits": "repeat_ms claim_ms max_offline_ms max_uncertainty_ms grace_ms unlisted_cap walk_in_overflow_cap",
    "switches": "admit_unpaid unlisted manual home_gates walk_in",
    "supervisors": "name pin",
}


def read_policy(body):
    policy = read_json(body)

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
    check_sales(policy)
    return policy


def is_count(value):
    return type(value) is int and 0 <= value < 2**32


def check_sales(policy):
    """The words about sales at the door, each of which may be left out."""
    refuse_if(policy["switches"].get("walk_in", "deny") not in ("deny", "supervisor", "overflow"))
    refuse_if(not is_count(policy["limits"].get("walk_in_overflow_cap", 20)))
    for price in (row["price"] for row in policy["classes"] if row.get("price") is not None):
        refuse_if(not isinstance(price, dict) or set(price) != {"amount", "currency"})
        plain_string(price["currency"], 3)
        refuse_if(len(price["currency"]) != 3 or any(not "A" <= letter <= "Z" for letter in price["currency"]))
        refuse_if(not is_count(price["amount"]))
    supervisors = policy.get("supervisors", [])
    refuse_if(not isinstance(supervisors, list) or len(supervisors) > 100)
    for supervisor in supervisors:
        refuse_if(not isinstance(supervisor, dict) or set(supervisor) != {"name", "pin"})
        plain_string(supervisor["name"], 128)
        plain_string(supervisor["pin"], 200)
        refuse_if(not supervisor["name"] or not supervisor["pin"].startswith("$argon2id$"))
        refuse_if(any(not "!" <= c <= "~" for c in supervisor["pin"]))
    refuse_if(len({supervisor["name"] for supervisor in supervisors}) != len(supervisors))


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
        refuse_if(says["status"] not in (1, 2, 3, 4))
    elif kind == TICKET:
        zeros(8)
        says = {"ticket": name.number(8), "issue": r.number(4), "class": r.number(2), "status": r.number(1)}
        flags = r.number(1)
        refuse_if(says["status"] not in (1, 2, 3, 4) or flags > 3)
        says["attention"], says["id_check"] = bool(flags & 1), bool(flags & 2)
        says["name"] = plain_text(r.take(r.number(1)), 128)
        says["note"] = plain_text(r.take(r.number(1)), 128)
        if r.data:
            says["email"] = plain_text(r.take(r.number(1)), 128)
            says["group"] = plain_text(r.take(r.number(1)), 64)
            refuse_if(not says["email"] and not says["group"])
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
