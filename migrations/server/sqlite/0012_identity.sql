-- Tries at a password or a code, and requests for letters, so that too many of them wait.
CREATE TABLE tries (
    -- SHA-256 of what they are counted for: an address that somebody typed is nobody's business.
    guard BLOB PRIMARY KEY,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tries_by_time ON tries (last_at);

-- Devices that have logged in to an account before: they are judged apart from strangers who guess.
CREATE TABLE known_devices (
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    used_at INTEGER NOT NULL
) STRICT;

CREATE INDEX known_devices_by_account ON known_devices (account_id, used_at);

-- What was sent by mail to prove that somebody reads an address. Each works once.
CREATE TABLE mail_tokens (
    hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    -- 1 finish signing up, 2 choose another password, 3 move to another address.
    purpose INTEGER NOT NULL,
    -- The address that it was sent to.
    email TEXT NOT NULL,
    -- Signing up: the name and the password that this very form had.
    name TEXT,
    password_hash TEXT,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX mail_tokens_by_account ON mail_tokens (account_id, purpose);
CREATE INDEX mail_tokens_by_expiry ON mail_tokens (expires_at);

-- Second factors: codes that an app computes from a secret and the time (RFC 6238).
CREATE TABLE second_factors (
    account_id BLOB PRIMARY KEY REFERENCES accounts (id),
    -- Sealed under the master key.
    secret BLOB NOT NULL,
    -- Absent until the first code has shown that the app holds the secret.
    confirmed_at INTEGER,
    -- The half minute of the newest code that was used: none works twice.
    last_step INTEGER NOT NULL
) STRICT;

-- For whoever has lost that app. Each works once and is deleted.
CREATE TABLE recovery_codes (
    hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id)
) STRICT;

CREATE INDEX recovery_codes_by_account ON recovery_codes (account_id);

-- Tokens for programs that act for somebody in one organisation. Only the SHA-256 is kept.
CREATE TABLE api_tokens (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    -- Such as 'events:read attendees:write'.
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- At most a minute old.
    used_at INTEGER
) STRICT;

CREATE INDEX api_tokens_by_account ON api_tokens (account_id, id);
