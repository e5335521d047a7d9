//! Usher's server: owns organisations, events, registrations and check-ins; issues tickets; enrols
//! terminals.
//!
//! Each feature is `NAME.rs` (types, rules), `NAME/routes.rs` (HTTP) and `NAME/store.rs` (SQL).

pub mod access;
pub mod accounts;
pub mod admissions;
pub mod app;
pub mod audit;
pub mod backups;
pub mod clock;
pub mod config;
pub mod db;
pub mod devices;
pub mod door;
pub mod events;
pub mod http;
pub mod in_turn;
pub mod installation;
pub mod language;
pub mod logs;
pub mod mails;
pub mod master_key;
pub mod metrics;
pub mod once;
pub mod organisations;
pub mod pages;
pub mod paper;
pub mod people;
pub mod proposals;
pub mod registrations;
pub mod seal;
pub mod seed;
pub mod sync;
pub mod tickets;
pub mod traces;
pub mod walk_ins;
pub mod webhooks;
pub mod work;
