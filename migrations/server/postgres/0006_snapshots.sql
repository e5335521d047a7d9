-- The newest snapshot of each feed: what it consists of, and its chunks by hash.
CREATE TABLE snapshots (
    event_id BYTEA PRIMARY KEY REFERENCES events (id),
    feed_id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    -- Packed length u32, rows u32, hash [32] of each chunk, in order.
    chunks BYTEA NOT NULL
);

CREATE TABLE snapshot_chunks (
    event_id BYTEA NOT NULL REFERENCES events (id),
    hash BYTEA NOT NULL,
    packed BYTEA NOT NULL,
    -- When a newer snapshot stopped naming it; absent while the newest does. A terminal may still be
    -- fetching an older one.
    superseded_at BIGINT,
    PRIMARY KEY (event_id, hash)
);
