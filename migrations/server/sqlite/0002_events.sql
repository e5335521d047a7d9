CREATE TABLE events (
    id BLOB PRIMARY KEY,
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    location TEXT NOT NULL,
    -- 0 draft, 1 submitted, 2 approved, 3 published, 4 closed, 5 rejected, 6 cancelled.
    state INTEGER NOT NULL,
    -- Counts the changes that people make, so that nobody overwrites what they have not seen.
    version INTEGER NOT NULL,
    -- Who made it.
    account_id BLOB REFERENCES accounts (id),
    -- An IANA name.
    time_zone TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    -- The policy as it stands in the feed, JSON.
    policy BLOB NOT NULL,
    -- What the policy does not carry (prices, quotas), JSON.
    offer BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX events_by_organisation ON events (organisation_id, id);

-- Ticket signing keys, sealed under the master key.
CREATE TABLE event_keys (
    event_id BLOB NOT NULL REFERENCES events (id),
    kid INTEGER NOT NULL,
    state INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    secret_key BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, kid)
) STRICT;

-- One feed per event: its counter and the chain's value at it.
CREATE TABLE feeds (
    event_id BLOB PRIMARY KEY REFERENCES events (id),
    feed_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    chain BLOB NOT NULL,
    floor INTEGER NOT NULL,
    -- K_body, sealed under the master key; absent once the event is closed.
    body_key BLOB
) STRICT;

CREATE TABLE feed_entries (
    event_id BLOB NOT NULL REFERENCES feeds (event_id),
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    entity BLOB NOT NULL,
    tag BLOB NOT NULL,
    -- Absent once erased.
    body BLOB,
    PRIMARY KEY (event_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX feed_entries_by_entity ON feed_entries (event_id, kind, entity, seq);
