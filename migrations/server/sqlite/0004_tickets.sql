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
-- For quotas.
CREATE INDEX tickets_by_class ON tickets (event_id, class, status);

-- Who changed a ticket, when and why.
CREATE TABLE ticket_changes (
    event_id BLOB NOT NULL,
    ticket_id INTEGER NOT NULL,
    -- The feed number of the entry that told the doors.
    seq INTEGER NOT NULL,
    change TEXT NOT NULL,
    reason TEXT NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, ticket_id, seq),
    FOREIGN KEY (event_id, ticket_id) REFERENCES tickets (event_id, ticket_id)
) STRICT, WITHOUT ROWID;

-- What a list of attendees shows: each registration with its ticket.
CREATE VIEW registered AS
SELECT
    r.id, r.event_id, r.name, r.email, r.phone, r.external_id, r.note, r.search, r.created_at,
    t.ticket_id, t.registration_id, t.kid, t.class, t.issue, t.status, t.flags, t.status_before_block,
    t.created_at AS ticket_created_at, t.changed_at AS ticket_changed_at
FROM registrations r JOIN tickets t ON t.registration_id = r.id;
