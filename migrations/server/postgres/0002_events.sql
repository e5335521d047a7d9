CREATE TABLE events (
    id BYTEA PRIMARY KEY,
    organisation_id BYTEA NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    location TEXT NOT NULL,
    -- 0 draft, 1 submitted, 2 approved, 3 published, 4 closed, 5 rejected, 6 cancelled.
    state BIGINT NOT NULL,
    -- Counts the changes that people make, so that nobody overwrites what they have not seen.
    version BIGINT NOT NULL,
    -- Who made it.
    account_id BYTEA REFERENCES accounts (id),
    -- An IANA name.
    time_zone TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    -- The policy as it stands in the feed, JSON.
    policy BYTEA NOT NULL,
    -- What the policy does not carry (prices, quotas), JSON.
    offer BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX events_by_organisation ON events (organisation_id, id);

-- Ticket signing keys, sealed under the master key.
CREATE TABLE event_keys (
    event_id BYTEA NOT NULL REFERENCES events (id),
    kid BIGINT NOT NULL,
    state BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    secret_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, kid)
);

-- One feed per event: its counter and the chain's value at it.
CREATE TABLE feeds (
    event_id BYTEA PRIMARY KEY REFERENCES events (id),
    feed_id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    floor BIGINT NOT NULL,
    -- K_body, sealed under the master key; absent once the event is closed.
    body_key BYTEA
);

CREATE TABLE feed_entries (
    event_id BYTEA NOT NULL REFERENCES feeds (event_id),
    seq BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    entity BYTEA NOT NULL,
    tag BYTEA NOT NULL,
    -- Absent once erased.
    body BYTEA,
    PRIMARY KEY (event_id, seq)
);

CREATE INDEX feed_entries_by_entity ON feed_entries (event_id, kind, entity, seq);
