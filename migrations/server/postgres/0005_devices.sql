-- Codes that let a device ask to become one of an event's terminals. Of a code's two texts only hashes
-- are kept, and the scanned one once more under the master key until it is used, so that its QR code can
-- be shown again.
CREATE TABLE enrolment_codes (
    id BYTEA PRIMARY KEY,
    event_id BYTEA NOT NULL REFERENCES events (id),
    name TEXT NOT NULL,
    -- JSON arrays of gate numbers; none means any gate.
    gates TEXT NOT NULL,
    capabilities BIGINT NOT NULL,
    -- Whether a device that uses it needs no further confirmation.
    is_confirmed BIGINT NOT NULL,
    -- Absent once the code has expired.
    typed_locator TEXT UNIQUE,
    typed_hash BYTEA NOT NULL,
    scanned_locator TEXT UNIQUE,
    scanned_hash BYTEA NOT NULL,
    -- Absent once the code is used or has expired.
    scanned_sealed BYTEA,
    wrong_tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX enrolment_codes_by_expiry ON enrolment_codes (expires_at);

CREATE TABLE devices (
    id BYTEA PRIMARY KEY,
    event_id BYTEA NOT NULL REFERENCES events (id),
    -- Absent until it is confirmed; never used again. 0 is the server itself.
    number BIGINT,
    code_id BYTEA NOT NULL REFERENCES enrolment_codes (id),
    name TEXT NOT NULL,
    sign_key BYTEA NOT NULL,
    tls_key BYTEA NOT NULL,
    capabilities BIGINT NOT NULL,
    gates TEXT NOT NULL,
    -- What both screens show while it waits.
    digits TEXT NOT NULL,
    -- 0 pending, 1 active, 2 revoked, 3 forked.
    status BIGINT NOT NULL,
    certificate BYTEA,
    certificate_signature BYTEA,
    -- The end of its journal, and the feed number under which the last of it stands.
    last_seq BIGINT NOT NULL,
    last_hash BYTEA NOT NULL,
    feed_seq BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    last_seen_at BIGINT,
    -- The feed number it was last seen to hold.
    cursor BIGINT,
    UNIQUE (event_id, number)
);

CREATE UNIQUE INDEX devices_by_code ON devices (code_id);
CREATE INDEX devices_by_event ON devices (event_id, enrolled_at, id);
