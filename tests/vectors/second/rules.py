"""Verdicts (section 4) and what movements add up to (section 6)."""

from second.base import H


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
EXIT_FLAGS = {
    "UNLISTED": "UNLISTED",
    "NOT_IN_LIST": "UNLISTED",
    "CACHE_TOO_OLD": "STALE",
    "CLOCK_UNSURE": "CLOCK_UNSURE",
}


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
    seen = cache["seller_seen" if is_sold else "cursor"]
    should_be_listed = cache["is_complete"] and (issue is None or issue <= seen)
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


def evidence(movements):
    """Section 5, TLV 4: how many movements a decision rested on, and the beginning of their hash."""
    known = sorted({(device, seq): entry_hash for device, seq, entry_hash in movements}.items())
    parts = [d.to_bytes(2, "big") + s.to_bytes(8, "big") + bytes.fromhex(h) for (d, s), h in known]
    return [min(len(parts), 65_535), H(*parts)[:8].hex()]
