CREATE TABLE tickets (
    event_id BYTEA NOT NULL REFERENCES events (id),
    ticket_id BIGINT NOT NULL,
    registration_id BYTEA NOT NULL REFERENCES registrations (id),
    kid BIGINT NOT NULL,
    class BIGINT NOT NULL,
    -- The feed number of the newest credential.
    issue BIGINT NOT NULL,
    status BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    -- What a blocked ticket goes back to.
    status_before_block BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, ticket_id)
);

CREATE UNIQUE INDEX tickets_by_registration ON tickets (registration_id);
-- For quotas.
CREATE INDEX tickets_by_class ON tickets (event_id, class, status);

-- Who changed a ticket, when and why.
CREATE TABLE ticket_changes (
    event_id BYTEA NOT NULL,
    ticket_id BIGINT NOT NULL,
    -- The feed number of the entry that told the doors.
    seq BIGINT NOT NULL,
    change TEXT NOT NULL,
    reason TEXT NOT NULL,
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, ticket_id, seq),
    FOREIGN KEY (event_id, ticket_id) REFERENCES tickets (event_id, ticket_id)
);

-- What a list of attendees shows: each registration with its ticket.
CREATE VIEW registered AS
SELECT
    r.id, r.event_id, r.name, r.email, r.phone, r.external_id, r.note, r.search, r.created_at,
    t.ticket_id, t.registration_id, t.kid, t.class, t.issue, t.status, t.flags, t.status_before_block,
    t.created_at AS ticket_created_at, t.changed_at AS ticket_changed_at
FROM registrations r JOIN tickets t ON t.registration_id = r.id;
