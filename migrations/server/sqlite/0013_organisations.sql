-- How an organisation works.
-- Whether a manager must approve an event before it is published.
ALTER TABLE organisations ADD COLUMN needs_approval INTEGER NOT NULL DEFAULT 1;
-- What new events begin with.
ALTER TABLE organisations ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE organisations ADD COLUMN currency TEXT NOT NULL DEFAULT 'EUR';
ALTER TABLE organisations ADD COLUMN contact_email TEXT;
-- Counts the changes that people make, so that nobody overwrites what they have not seen.
ALTER TABLE organisations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE memberships ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- What is to be done before each event, JSON; and how often that was changed.
ALTER TABLE organisations ADD COLUMN task_template TEXT NOT NULL DEFAULT '[]';
ALTER TABLE organisations ADD COLUMN task_template_version INTEGER NOT NULL DEFAULT 1;

-- When whoever runs the installation locked the account.
ALTER TABLE accounts ADD COLUMN locked_at INTEGER;

CREATE VIEW members AS
SELECT m.organisation_id, m.account_id, m.role, m.version, m.joined_at, a.email, a.name
FROM memberships m JOIN accounts a ON a.id = m.account_id;

CREATE TABLE invitations (
    id BLOB PRIMARY KEY,
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    -- Lower case.
    email TEXT NOT NULL,
    role INTEGER NOT NULL,
    -- Only the SHA-256 of what lets in is kept.
    token_hash BLOB NOT NULL UNIQUE,
    -- 0 waiting, 1 accepted, 2 declined, 3 withdrawn.
    state INTEGER NOT NULL,
    invited_by BLOB NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX invitations_by_organisation ON invitations (organisation_id, id);
CREATE UNIQUE INDEX invitations_waiting ON invitations (organisation_id, email) WHERE state = 0;

CREATE TABLE venues (
    id BLOB PRIMARY KEY,
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    -- Zones and gates, JSON.
    layout TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX venues_by_organisation ON venues (organisation_id, id);

CREATE INDEX audit_by_event ON audit (organisation_id, event_id, id);
CREATE INDEX audit_by_account ON audit (organisation_id, account_id, id);

-- Whatever the program does: what is recorded stays as it is.
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the record of changes is never changed');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the record of changes is never changed');
END;
