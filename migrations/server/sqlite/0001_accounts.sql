-- The installation itself: the server's signing key, sealed under the master key.
CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    server_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE organisations (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX organisations_by_name ON organisations (name);

CREATE TABLE accounts (
    id BLOB PRIMARY KEY,
    -- Lower case; unique over the installation, because it is what one logs in with.
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    -- Whether its holder runs the whole installation.
    is_admin INTEGER NOT NULL,
    -- When its holder proved to receive mail at its address.
    verified_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

-- Who belongs to which organisation, and as what: 1 promoter, 2 staff, 3 manager, 4 owner.
CREATE TABLE memberships (
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    role INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, account_id)
) STRICT;

CREATE INDEX memberships_by_account ON memberships (account_id);

-- Only a token's SHA-256 is kept.
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
