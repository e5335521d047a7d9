CREATE TABLE registrations (
    id BYTEA PRIMARY KEY,
    event_id BYTEA NOT NULL REFERENCES events (id),
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    external_id TEXT,
    note TEXT NOT NULL,
    -- Name, e-mail and external id without accents and case.
    search TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX registrations_by_event ON registrations (event_id, id);
CREATE UNIQUE INDEX registrations_by_external_id ON registrations (event_id, external_id)
    WHERE external_id IS NOT NULL;
