CREATE TABLE tickets (
    event_id BLOB NOT NULL REFERENCES events (id),
    ticket_id INTEGER NOT NULL,
    registration_id BLOB NOT NULL REFERENCES registrations (id),
    kid INTEGER NOT NULL,
    class INTEGER NOT NULL,
    -- The feed number of the newest credential.
    issue INTEGER NOT NULL,
    status INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    -- What a blocked ticket goes back to.
    status_before_block INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, ticket_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX tickets_by_registration ON tickets (registration_id);
