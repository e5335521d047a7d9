-- What devices wrote, byte for byte: for each device an unbroken chain from 1.
CREATE TABLE journal_entries (
    device_id BYTEA NOT NULL REFERENCES devices (id),
    seq BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    -- Of the last entry of a batch; it vouches for those before it through the chain.
    signature BYTEA,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (device_id, seq)
);

-- Personal data that an entry commits to; can be erased without breaking the chain.
CREATE TABLE journal_personal_data (
    device_id BYTEA NOT NULL REFERENCES devices (id),
    seq BIGINT NOT NULL,
    salt BYTEA NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (device_id, seq)
);

-- The entries about tickets, read: numbered in the order in which they count, per event, without gaps.
CREATE TABLE check_ins (
    event_id BYTEA NOT NULL REFERENCES events (id),
    number BIGINT NOT NULL,
    device_id BYTEA NOT NULL REFERENCES devices (id),
    device_no BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    entry_hash BYTEA NOT NULL,
    -- As in the entry: 1 admit, 2 exit, 3 deny, 5 undo.
    kind BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    -- With the first bit flipped, so that it sorts as the unsigned number it is.
    hlc BIGINT NOT NULL,
    uncertainty_ms BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    class BIGINT NOT NULL,
    gate BIGINT NOT NULL,
    -- What the gate led into when the entry arrived.
    zone BIGINT,
    reason BIGINT NOT NULL,
    overridden BIGINT,
    undo_seq BIGINT,
    -- An admission or exit that nobody took back, or an undoing that does.
    is_effective BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, number),
    UNIQUE (event_id, device_no, seq)
);

CREATE INDEX check_ins_by_ticket ON check_ins (event_id, ticket_id);
CREATE INDEX check_ins_by_gate ON check_ins (event_id, gate, number);
CREATE INDEX check_ins_by_device ON check_ins (event_id, device_no, number);

-- Batches that do not count until an organiser adopts them.
CREATE TABLE quarantines (
    event_id BYTEA NOT NULL REFERENCES events (id),
    number BIGINT NOT NULL,
    device_id BYTEA NOT NULL REFERENCES devices (id),
    -- 1 the device was revoked, 2 its journal exists twice, 3 it asked for it.
    reason BIGINT NOT NULL,
    batch_hash BYTEA NOT NULL,
    batch BYTEA NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    adopted_at BIGINT,
    adopted_by BYTEA REFERENCES accounts (id),
    PRIMARY KEY (event_id, number),
    UNIQUE (device_id, batch_hash)
);

-- What terminals are about to admit.
CREATE TABLE claims (
    event_id BYTEA NOT NULL REFERENCES events (id),
    ticket_id BIGINT NOT NULL,
    zone BIGINT NOT NULL,
    device_id BYTEA NOT NULL REFERENCES devices (id),
    seq BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, ticket_id, zone)
);
