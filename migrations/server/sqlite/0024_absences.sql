-- Those who have come and those who have not are found alike, from one index.
DROP VIEW ticket_arrivals;
DROP INDEX tickets_by_arrival;
CREATE INDEX tickets_by_arrival ON tickets (event_id, has_come, registration_id);
CREATE VIEW ticket_arrivals AS
SELECT event_id AS at_event, has_come AS came, registration_id AS of_registration FROM tickets;
