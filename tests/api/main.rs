//! The interfaces of organisers and devices over real HTTP, on both databases.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

mod admissions;
mod backups;
mod checkin;
mod accounts;
mod admin;
mod admissions;
mod audit;
mod devices;
mod documented;
mod doors;
mod event_changes;
mod event_copies;
mod event_life;
mod events;
mod garbage;
mod identity;
mod import;
mod invitations;
mod journals;
mod letters;
mod lost;
mod once;
mod organisations;
mod plans;
mod permissions;
mod program;
mod proposals;
mod public_events;
mod rates;
mod registrations;
mod served;
mod servers;
mod statistics;
mod strangers;
mod subjects;
mod supervisors;
mod sync;
mod terminals;
mod tickets;
mod venues;
mod verdicts;
mod verify;
mod walk_ins;
