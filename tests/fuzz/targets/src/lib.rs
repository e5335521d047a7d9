//! What must hold of every parser of bytes from outside, whatever the bytes are.
//!
//! A target takes any bytes, gives them to a parser, and panics where the parser does what it may not: what is read
//! is written as the same bytes, so that nothing has two forms; what verifies was signed by whoever holds the key;
//! what is bounded stays within its bound. That nothing panics, hangs or takes all memory needs no words: whoever
//! runs the targets sees it. They are run by libFuzzer (`cargo xtask fuzz`) and, on a committed corpus and seeded
//! changes of it, by the ordinary tests.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a target tells what is wrong by panicking"
)]

pub mod corpus;
pub mod feed;
pub mod http;
pub mod journal;
pub mod keys;
pub mod papers;
pub mod ticket;
pub mod wire;

/// One parser, or a few that belong together, with what must hold of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of the program that libFuzzer is linked into, of its corpus and of its test.
    pub name: &'static str,
    /// The longest input that is worth a try, in bytes.
    pub bytes_max: usize,
    /// Panics unless all is well.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "credential", bytes_max: 160, run: ticket::credential },
    Target { name: "entry", bytes_max: 4_200, run: journal::entry },
    Target { name: "batch", bytes_max: 8_192, run: journal::batch },
    Target { name: "feed_body", bytes_max: 4_096, run: feed::body },
    Target { name: "feed", bytes_max: 8_192, run: feed::answer },
    Target { name: "snapshot", bytes_max: 8_192, run: feed::snapshot },
    Target { name: "policy", bytes_max: 8_192, run: feed::policy },
    Target { name: "papers", bytes_max: 1_024, run: papers::signed },
    Target { name: "notes", bytes_max: 2_100, run: papers::notes },
    Target { name: "enrolment", bytes_max: 512, run: papers::enrolment },
    Target { name: "http_signature", bytes_max: 1_024, run: http::signature },
    Target { name: "wire", bytes_max: 4_096, run: wire::message },
];

/// Returns the target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
