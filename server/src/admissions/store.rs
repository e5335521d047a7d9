//! SQL of journals, check-ins, quarantine and claims.

mod attendance;
mod check_ins;
mod claims;
mod journals;
mod places;
mod quarantine;

pub(super) use attendance::*;
pub(super) use check_ins::*;
pub(super) use claims::*;
pub(super) use journals::*;
pub(super) use places::*;
pub(super) use quarantine::*;
