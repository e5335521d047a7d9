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
    -- Counts the changes, so that nobody overwrites what they have not seen.
    version INTEGER NOT NULL,
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

-- Somebody logged in, in one browser or program. Of all tokens only the SHA-256 is kept.
CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    access_hash BLOB NOT NULL UNIQUE,
    access_expires_at INTEGER NOT NULL,
    refresh_hash BLOB NOT NULL UNIQUE,
    -- When the refresh token ends, and the session with it.
    expires_at INTEGER NOT NULL,
    -- What a browser proves with that its own page made the request; absent where no cookies are used.
    csrf_hash BLOB,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- At most a minute old while the session is used.
    seen_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_account ON sessions (account_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Refresh tokens that were exchanged for new ones. Whoever shows one of these holds a copy, or was robbed by one.
CREATE TABLE spent_refresh_tokens (
    hash BLOB PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX spent_refresh_tokens_by_session ON spent_refresh_tokens (session_id);
