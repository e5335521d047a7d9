-- The order that attendees came with: those of one order can be admitted together.
ALTER TABLE registrations ADD COLUMN order_ref TEXT;

DROP VIEW registered;
CREATE VIEW registered AS
SELECT
    r.id, r.event_id, r.name, r.email, r.phone, r.external_id, r.order_ref, r.note, r.search, r.created_at,
    t.ticket_id, t.registration_id, t.kid, t.class, t.issue, t.status, t.flags, t.status_before_block,
    t.created_at AS ticket_created_at, t.changed_at AS ticket_changed_at
FROM registrations r JOIN tickets t ON t.registration_id = r.id;
