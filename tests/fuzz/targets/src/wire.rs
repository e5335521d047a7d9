//! JSON of the device endpoints, both ways.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::{
    ClaimGranted, ClaimRequest, Doors, EnrolPending, EnrolRequest, Enrolled, JournalStatus, Leases, Problem,
    Quarantined, ServerKey, ServerTime,
};
use sync_protocol::wipe::WipeOrder;

use crate::keys;

/// A body, read as each of the messages that there are.
pub fn message(input: &[u8]) {
    reads_back::<ServerKey>(input);
    reads_back::<ServerTime>(input);
    reads_back::<EnrolRequest>(input);
    reads_back::<EnrolPending>(input);
    reads_back::<Enrolled>(input);
    reads_back::<JournalStatus>(input);
    reads_back::<Quarantined>(input);
    reads_back::<ClaimRequest>(input);
    reads_back::<ClaimGranted>(input);
    reads_back::<Doors>(input);
    reads_back::<Leases>(input);
    if let Some(problem) = reads_back::<Problem>(input) {
        let code = ProblemCode::from_name(&problem.code);
        assert!(code.is_none_or(|code| code.name() == problem.code && (400..600).contains(&code.status())));
        let order = WipeOrder { event: keys::event(), device: keys::device_id() };
        if let Some(signature) = &problem.wipe {
            let is_ours = order.sign_hex(keys::server()).eq_ignore_ascii_case(signature);
            assert_eq!(order.verify_hex(keys::server_public(), signature).is_ok(), is_ours);
        }
    }
}

fn reads_back<T: DeserializeOwned + Serialize + PartialEq + Debug>(input: &[u8]) -> Option<T> {
    let message: T = serde_json::from_slice(input).ok()?;
    let written = serde_json::to_vec(&message).expect("a message that can be read can be written");
    let again: T = serde_json::from_slice(&written).expect("a message that was written can be read");
    assert_eq!(again, message, "a message is read as it was written");
    Some(message)
}
