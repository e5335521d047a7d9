-- What every request of an organiser asks: whose an event is, and what somebody is in an organisation.
CREATE VIEW event_organisations AS SELECT id AS event_id, organisation_id FROM events;
CREATE VIEW roles AS SELECT organisation_id, account_id, role FROM memberships;
