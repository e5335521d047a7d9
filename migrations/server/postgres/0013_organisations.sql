-- How an organisation works.
-- Whether a manager must approve an event before it is published.
ALTER TABLE organisations ADD COLUMN needs_approval BIGINT NOT NULL DEFAULT 1;
-- What new events begin with.
ALTER TABLE organisations ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE organisations ADD COLUMN currency TEXT NOT NULL DEFAULT 'EUR';
ALTER TABLE organisations ADD COLUMN contact_email TEXT;
-- Counts the changes that people make, so that nobody overwrites what they have not seen.
ALTER TABLE organisations ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE memberships ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- What is to be done before each event, JSON; and how often that was changed.
ALTER TABLE organisations ADD COLUMN task_template TEXT NOT NULL DEFAULT '[]';
ALTER TABLE organisations ADD COLUMN task_template_version BIGINT NOT NULL DEFAULT 1;

-- When whoever runs the installation locked the account.
ALTER TABLE accounts ADD COLUMN locked_at BIGINT;

CREATE VIEW members AS
SELECT m.organisation_id, m.account_id, m.role, m.version, m.joined_at, a.email, a.name
FROM memberships m JOIN accounts a ON a.id = m.account_id;

CREATE TABLE invitations (
    id BYTEA PRIMARY KEY,
    organisation_id BYTEA NOT NULL REFERENCES organisations (id),
    -- Lower case.
    email TEXT NOT NULL,
    role BIGINT NOT NULL,
    -- Only the SHA-256 of what lets in is kept.
    token_hash BYTEA NOT NULL UNIQUE,
    -- 0 waiting, 1 accepted, 2 declined, 3 withdrawn.
    state BIGINT NOT NULL,
    invited_by BYTEA NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX invitations_by_organisation ON invitations (organisation_id, id);
CREATE UNIQUE INDEX invitations_waiting ON invitations (organisation_id, email) WHERE state = 0;

CREATE TABLE venues (
    id BYTEA PRIMARY KEY,
    organisation_id BYTEA NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    -- Zones and gates, JSON.
    layout TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX venues_by_organisation ON venues (organisation_id, id);

CREATE INDEX audit_by_event ON audit (organisation_id, event_id, id);
CREATE INDEX audit_by_account ON audit (organisation_id, account_id, id);

-- Whatever the program does: what is recorded stays as it is.
CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of changes is never changed';
END;
$$;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
