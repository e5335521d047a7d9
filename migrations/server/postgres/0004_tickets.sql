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
