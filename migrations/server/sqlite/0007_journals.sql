-- What devices wrote, byte for byte: for each device an unbroken chain from 1.
CREATE TABLE journal_entries (
    device_id BLOB NOT NULL REFERENCES devices (id),
    seq INTEGER NOT NULL,
    entry BLOB NOT NULL,
    hash BLOB NOT NULL,
    -- Of the last entry of a batch; it vouches for those before it through the chain.
    signature BLOB,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (device_id, seq)
);

-- Personal data that an entry commits to; can be erased without breaking the chain.
CREATE TABLE journal_personal_data (
    device_id BLOB NOT NULL REFERENCES devices (id),
    seq INTEGER NOT NULL,
    salt BLOB NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (device_id, seq)
);

-- The entries about tickets, read: numbered in the order in which they count, per event, without gaps.
CREATE TABLE check_ins (
    event_id BLOB NOT NULL REFERENCES events (id),
    number INTEGER NOT NULL,
    device_id BLOB NOT NULL REFERENCES devices (id),
    device_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    entry_hash BLOB NOT NULL,
    -- As in the entry: 1 admit, 2 exit, 3 deny, 5 undo.
    kind INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    -- With the first bit flipped, so that it sorts as the unsigned number it is.
    hlc INTEGER NOT NULL,
    uncertainty_ms INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL,
    class INTEGER NOT NULL,
    gate INTEGER NOT NULL,
    -- What the gate led into when the entry arrived.
    zone INTEGER,
    reason INTEGER NOT NULL,
    overridden INTEGER,
    undo_seq INTEGER,
    -- An admission or exit that nobody took back, or an undoing that does.
    is_effective INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, number),
    UNIQUE (event_id, device_no, seq)
);

CREATE INDEX check_ins_by_ticket ON check_ins (event_id, ticket_id);
CREATE INDEX check_ins_by_gate ON check_ins (event_id, gate, number);
CREATE INDEX check_ins_by_device ON check_ins (event_id, device_no, number);

-- Batches that do not count until an organiser adopts them.
CREATE TABLE quarantines (
    event_id BLOB NOT NULL REFERENCES events (id),
    number INTEGER NOT NULL,
    device_id BLOB NOT NULL REFERENCES devices (id),
    -- 1 the device was revoked, 2 its journal exists twice, 3 it asked for it.
    reason INTEGER NOT NULL,
    batch_hash BLOB NOT NULL,
    batch BLOB NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    adopted_at INTEGER,
    adopted_by BLOB REFERENCES accounts (id),
    PRIMARY KEY (event_id, number),
    UNIQUE (device_id, batch_hash)
);

-- What terminals are about to admit.
CREATE TABLE claims (
    event_id BLOB NOT NULL REFERENCES events (id),
    ticket_id INTEGER NOT NULL,
    zone INTEGER NOT NULL,
    device_id BLOB NOT NULL REFERENCES devices (id),
    seq INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, ticket_id, zone)
);
