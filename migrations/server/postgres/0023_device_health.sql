-- How each terminal is, as it last told.
CREATE TABLE device_health (
    device_id BYTEA PRIMARY KEY REFERENCES devices (id),
    seen_at BIGINT NOT NULL,
    -- As it was sent: its first byte says which layout it has.
    report BYTEA NOT NULL
);
