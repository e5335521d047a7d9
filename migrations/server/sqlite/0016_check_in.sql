-- The journal that the server itself writes for an event: the device that stands for it, and its signing key,
-- sealed under the master key.
CREATE TABLE own_journals (
    event_id BLOB PRIMARY KEY REFERENCES events (id),
    device_id BLOB NOT NULL REFERENCES devices (id),
    sign_key BLOB NOT NULL
) STRICT;

-- How often something happened in each quarter of an hour: what statistics are read from. Counted where check-ins
-- are stored, in the same transaction.
CREATE TABLE check_in_tallies (
    event_id BLOB NOT NULL REFERENCES events (id),
    -- Quarters of an hour since 1970.
    quarter INTEGER NOT NULL,
    gate INTEGER NOT NULL,
    class INTEGER NOT NULL,
    -- As in check_ins.
    kind INTEGER NOT NULL,
    -- Of a denial its reason, of an admission what a person decided against; 0 is neither.
    code INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (event_id, quarter, gate, class, kind, code)
) STRICT;

-- What the movements of each ticket in each zone add up to.
CREATE TABLE attendances (
    event_id BLOB NOT NULL REFERENCES events (id),
    ticket_id INTEGER NOT NULL,
    -- -1 for gates that led nowhere when the entry arrived.
    zone INTEGER NOT NULL,
    class INTEGER NOT NULL,
    admissions INTEGER NOT NULL,
    is_inside INTEGER NOT NULL,
    PRIMARY KEY (event_id, ticket_id, zone)
) STRICT;

CREATE INDEX attendances_inside ON attendances (event_id, zone) WHERE is_inside = 1;
CREATE INDEX attendances_by_class ON attendances (event_id, class, ticket_id) WHERE admissions > 0;

-- Each ticket and whether anybody ever came in with it.
CREATE VIEW arrivals AS
SELECT
    t.event_id, t.ticket_id, t.class, t.status,
    CASE WHEN EXISTS (SELECT 1 FROM attendances a WHERE a.event_id = t.event_id AND a.ticket_id = t.ticket_id
                      AND a.admissions > 0) THEN 1 ELSE 0 END AS has_come
FROM tickets t;
