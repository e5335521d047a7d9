-- How each terminal is, as it last told.
CREATE TABLE device_health (
    device_id BLOB PRIMARY KEY REFERENCES devices (id),
    seen_at INTEGER NOT NULL,
    -- As it was sent: its first byte says which layout it has.
    report BLOB NOT NULL
) STRICT, WITHOUT ROWID;
