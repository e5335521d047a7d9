-- The newest snapshot of each feed: what it consists of, and its chunks by hash.
CREATE TABLE snapshots (
    event_id BLOB PRIMARY KEY REFERENCES events (id),
    feed_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    chain BLOB NOT NULL,
    -- Packed length u32, rows u32, hash [32] of each chunk, in order.
    chunks BLOB NOT NULL
);

CREATE TABLE snapshot_chunks (
    event_id BLOB NOT NULL REFERENCES events (id),
    hash BLOB NOT NULL,
    packed BLOB NOT NULL,
    -- When a newer snapshot stopped naming it; absent while the newest does. A terminal may still be
    -- fetching an older one.
    superseded_at INTEGER,
    PRIMARY KEY (event_id, hash)
);
