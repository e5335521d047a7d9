-- A terminal's store for one event. Everything personal is sealed before it comes here; what stands
-- in the clear are counts, numbers and keys that say nothing without the passphrase.

-- How the key that opens the rest is wrapped.
CREATE TABLE header (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    header BLOB NOT NULL,
    wrapped_key BLOB NOT NULL
) STRICT;

-- The state record: changes in the transaction of whatever it describes.
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- Who this terminal is: 1 what the server certified, 2 the device's private keys.
CREATE TABLE enrolment (
    id INTEGER PRIMARY KEY CHECK (id IN (1, 2)),
    sealed BLOB NOT NULL
) STRICT;

-- The newest body of every feed entry. Rows of another generation than the state's are a snapshot
-- that is being loaded, or the one before it.
CREATE TABLE feed_row (
    generation INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    key BLOB NOT NULL,
    seq INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (generation, kind, key)
) STRICT, WITHOUT ROWID;

-- The journal: entries with their signatures.
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- Personal data that journal entries commit to.
CREATE TABLE personal (
    seq INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- Snapshot chunks that have arrived and wait for the others.
CREATE TABLE chunk (
    key BLOB PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;
