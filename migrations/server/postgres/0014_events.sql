-- Name and place without accents and case.
ALTER TABLE events ADD COLUMN search TEXT NOT NULL DEFAULT '';

CREATE INDEX events_by_begin ON events (organisation_id, starts_at, id);
-- What the public may see, by begin; with the end, so that what is over is passed by in the index.
CREATE INDEX events_by_state ON events (state, starts_at, id, ends_at);

-- What was decided about an event: numbered from 1.
CREATE TABLE event_decisions (
    event_id BYTEA NOT NULL REFERENCES events (id),
    number BIGINT NOT NULL,
    -- Such as approve.
    step TEXT NOT NULL,
    -- As in events.
    before BIGINT NOT NULL,
    after BIGINT NOT NULL,
    reason TEXT NOT NULL,
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, number)
);

-- What has to be done for an event.
CREATE TABLE event_tasks (
    id BYTEA PRIMARY KEY,
    event_id BYTEA NOT NULL REFERENCES events (id),
    title TEXT NOT NULL,
    due_at BIGINT,
    done_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX event_tasks_by_event ON event_tasks (event_id, id);

-- Events that somebody outside asks an organisation for.
CREATE TABLE proposals (
    id BYTEA PRIMARY KEY,
    organisation_id BYTEA NOT NULL REFERENCES organisations (id),
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    location TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    guests BIGINT,
    contact_name TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    -- 0 open, 1 approved, 2 rejected.
    state BIGINT NOT NULL,
    reason TEXT NOT NULL,
    account_id BYTEA REFERENCES accounts (id),
    decided_at BIGINT,
    -- The event that was made of it; it may be deleted later.
    event_id BYTEA,
    created_at BIGINT NOT NULL
);

CREATE INDEX proposals_by_organisation ON proposals (organisation_id, id);
CREATE INDEX proposals_by_state ON proposals (organisation_id, state, id);
