-- Name and place without accents and case.
ALTER TABLE events ADD COLUMN search TEXT NOT NULL DEFAULT '';

CREATE INDEX events_by_begin ON events (organisation_id, starts_at, id);
-- What the public may see, by begin; with the end, so that what is over is passed by in the index.
CREATE INDEX events_by_state ON events (state, starts_at, id, ends_at);

-- What was decided about an event: numbered from 1.
CREATE TABLE event_decisions (
    event_id BLOB NOT NULL REFERENCES events (id),
    number INTEGER NOT NULL,
    -- Such as approve.
    step TEXT NOT NULL,
    -- As in events.
    before INTEGER NOT NULL,
    after INTEGER NOT NULL,
    reason TEXT NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, number)
) STRICT;

-- What has to be done for an event.
CREATE TABLE event_tasks (
    id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL REFERENCES events (id),
    title TEXT NOT NULL,
    due_at INTEGER,
    done_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX event_tasks_by_event ON event_tasks (event_id, id);

-- Events that somebody outside asks an organisation for.
CREATE TABLE proposals (
    id BLOB PRIMARY KEY,
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    location TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    guests INTEGER,
    contact_name TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    -- 0 open, 1 approved, 2 rejected.
    state INTEGER NOT NULL,
    reason TEXT NOT NULL,
    account_id BLOB REFERENCES accounts (id),
    decided_at INTEGER,
    -- The event that was made of it; it may be deleted later.
    event_id BLOB,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX proposals_by_organisation ON proposals (organisation_id, id);
CREATE INDEX proposals_by_state ON proposals (organisation_id, state, id);
