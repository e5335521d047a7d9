-- Codes that let a device ask to become one of an event's terminals. Of a code's two texts only hashes
-- are kept, and the scanned one once more under the master key until it is used, so that its QR code can
-- be shown again.
CREATE TABLE enrolment_codes (
    id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL REFERENCES events (id),
    name TEXT NOT NULL,
    -- JSON arrays of gate numbers; none means any gate.
    gates TEXT NOT NULL,
    capabilities INTEGER NOT NULL,
    -- Whether a device that uses it needs no further confirmation.
    is_confirmed INTEGER NOT NULL,
    -- Absent once the code has expired.
    typed_locator TEXT UNIQUE,
    typed_hash BLOB NOT NULL,
    scanned_locator TEXT UNIQUE,
    scanned_hash BLOB NOT NULL,
    -- Absent once the code is used or has expired.
    scanned_sealed BLOB,
    wrong_tries INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
);

CREATE INDEX enrolment_codes_by_expiry ON enrolment_codes (expires_at);

CREATE TABLE devices (
    id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL REFERENCES events (id),
    -- Absent until it is confirmed; never used again. 0 is the server itself.
    number INTEGER,
    code_id BLOB NOT NULL REFERENCES enrolment_codes (id),
    name TEXT NOT NULL,
    sign_key BLOB NOT NULL,
    tls_key BLOB NOT NULL,
    capabilities INTEGER NOT NULL,
    gates TEXT NOT NULL,
    -- What both screens show while it waits.
    digits TEXT NOT NULL,
    -- 0 pending, 1 active, 2 revoked, 3 forked.
    status INTEGER NOT NULL,
    certificate BLOB,
    certificate_signature BLOB,
    -- The end of its journal, and the feed number under which the last of it stands.
    last_seq INTEGER NOT NULL,
    last_hash BLOB NOT NULL,
    feed_seq INTEGER NOT NULL,
    enrolled_at INTEGER NOT NULL,
    last_seen_at INTEGER,
    -- The feed number it was last seen to hold.
    cursor INTEGER,
    UNIQUE (event_id, number)
);

CREATE UNIQUE INDEX devices_by_code ON devices (code_id);
CREATE INDEX devices_by_event ON devices (event_id, enrolled_at, id);
