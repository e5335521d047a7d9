-- Whether anybody ever came in with a ticket: lists are filtered by it, and figures counted.
ALTER TABLE tickets ADD COLUMN has_come INTEGER NOT NULL DEFAULT 0;
UPDATE tickets SET has_come = 1 WHERE EXISTS (
    SELECT 1 FROM attendances a
    WHERE a.event_id = tickets.event_id AND a.ticket_id = tickets.ticket_id AND a.admissions > 0
);
DROP INDEX tickets_by_class;
CREATE INDEX tickets_by_class ON tickets (event_id, class, status, has_come);
CREATE INDEX tickets_by_arrival ON tickets (event_id, registration_id) WHERE has_come = 1;
CREATE VIEW ticket_arrivals AS
SELECT event_id AS at_event, registration_id AS of_registration FROM tickets WHERE has_come = 1;
DROP VIEW arrivals;
DROP VIEW registered;
CREATE VIEW registered AS
SELECT
    r.id, r.event_id, r.name, r.email, r.phone, r.external_id, r.order_ref, r.note, r.created_at,
    r.class AS wanted_class, r.state, r.queue_no, r.attention, r.id_check, r.answers, r.contact_name, r.contact_email,
    r.account_id, r.reason, r.version, r.changed_at,
    t.ticket_id, t.registration_id, t.kid, t.class, t.issue, t.status, t.flags, t.status_before_block,
    t.created_at AS ticket_created_at, t.changed_at AS ticket_changed_at,
    t.has_come, COALESCE(t.has_come, 0) AS checked_in,
    s.device_no AS sale_device_no, s.operator AS sale_operator, s.amount AS sale_amount,
    s.currency AS sale_currency, s.payment AS sale_payment, s.allowed_by AS sale_allowed_by,
    s.is_over AS sale_is_over
FROM registrations r
LEFT JOIN tickets t ON t.registration_id = r.id
LEFT JOIN sales s ON s.event_id = t.event_id AND s.ticket_id = t.ticket_id;

-- How many tickets of a type there ever were, beside those that are not cancelled.
ALTER TABLE ticket_counts ADD COLUMN issued INTEGER NOT NULL DEFAULT 0;
DELETE FROM ticket_counts;
INSERT INTO ticket_counts (event_id, class, issued, living)
SELECT event_id, class, COUNT(*), COUNT(CASE WHEN status <> 4 THEN 1 END) FROM tickets GROUP BY event_id, class;

-- Who searches published events reads the index alone until one fits. What is searched is short enough to stand there.
UPDATE events SET search = substr(search, 1, 500) WHERE length(search) > 500;
DROP INDEX events_by_state;
CREATE INDEX events_by_state ON events (state, starts_at, id, ends_at, search);
