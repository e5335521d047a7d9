-- When the doors were told last what a key may still do, and under which number of the feed.
ALTER TABLE event_keys ADD COLUMN changed_at BIGINT;
ALTER TABLE event_keys ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;

-- Whoever holds a ticket of such a key gets a new one: a row stands until the last of them has.
CREATE TABLE key_reissues (
    event_id BYTEA NOT NULL,
    kid BIGINT NOT NULL,
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    reason TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, kid),
    FOREIGN KEY (event_id, kid) REFERENCES event_keys (event_id, kid)
);
