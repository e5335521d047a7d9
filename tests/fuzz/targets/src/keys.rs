//! The ids and keys of the test vectors, so that what the vectors hold is signed for the targets as well.

use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use sync_protocol::certificate::Capabilities;
use sync_protocol::hash::sha256;
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, FeedId, Kid, Seq};
use sync_protocol::key::{PublicKey, public_key};
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::keyring::Delegation;
use sync_protocol::ticket::{KeyState, Keyring};

/// The device's number.
pub const NUMBER: DeviceNo = DeviceNo(4);
/// The number of a key of another event.
pub const OTHER_KID: Kid = Kid(8);
/// The numbers of the event's ticket keys, one in each state.
pub const KIDS: [(Kid, KeyState); 4] = [
    (Kid(1), KeyState::Active),
    (Kid(2), KeyState::VerifyOnly),
    (Kid(3), KeyState::ListedOnly),
    (Kid(4), KeyState::Rejected),
];
/// The number of a device that was revoked, and the last of its walk-ins that counts.
const REVOKED: (DeviceNo, Seq) = (DeviceNo(6), Seq(30));

/// What the vectors' ids and keys are made of.
fn seed(word: &str) -> [u8; 32] {
    sha256(&[b"usher test vectors 1: ", word.as_bytes()])
}

fn id(word: &str) -> [u8; 16] {
    *seed(word).first_chunk().expect("32 bytes begin with 16")
}

fn key(word: &str) -> SigningKey {
    SigningKey::from_bytes(&seed(word))
}

/// Returns the event.
pub fn event() -> EventId {
    EventId(id("event"))
}

/// Returns another event of the same terminal.
pub fn other_event() -> EventId {
    EventId(id("another event"))
}

/// Returns the event's feed.
pub fn feed() -> FeedId {
    FeedId(id("feed"))
}

/// Returns the device.
pub fn device_id() -> DeviceId {
    DeviceId(id("device 4"))
}

/// Returns what feed bodies are tagged with.
pub fn k_body() -> [u8; 32] {
    seed("K_body")
}

/// Returns S.
pub fn server() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(|| key("server"));
    &KEY
}

/// Returns D.sign.
pub fn device() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(|| key("device 4 sign"));
    &KEY
}

/// Returns the public half of S.
pub fn server_public() -> &'static PublicKey {
    static KEY: LazyLock<PublicKey> = LazyLock::new(|| public_key(server()));
    &KEY
}

/// Returns the public half of D.sign.
pub fn device_public() -> &'static PublicKey {
    static KEY: LazyLock<PublicKey> = LazyLock::new(|| public_key(device()));
    &KEY
}

/// Returns the event and the key of whoever is said to have signed a ticket; for a number that nobody has, some key.
pub fn of_signer(signer: Signer) -> (EventId, SigningKey) {
    match signer {
        Signer::Device(number) if number == REVOKED.0 => (event(), key("device 6 sign")),
        Signer::Device(_) => (event(), device().clone()),
        Signer::Server(OTHER_KID) => (other_event(), key("ticket key 8 of another event")),
        Signer::Server(Kid(number @ 1..=4)) => (event(), key(&format!("ticket key {number}"))),
        Signer::Server(_) => (event(), key("ticket key 1")),
    }
}

/// Returns a terminal's keys: those of [`KIDS`], one of another event, a device that sells and a revoked one.
pub fn keyring() -> &'static Keyring {
    static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
        let mut keyring = Keyring::new(event());
        for (kid, state) in KIDS.into_iter().chain([(OTHER_KID, KeyState::Active)]) {
            let (event, key) = of_signer(Signer::Server(kid));
            keyring.add_key(event, kid, public_key(&key), state);
        }
        for (device, revoked_after) in [(NUMBER, None), (REVOKED.0, Some(REVOKED.1))] {
            let key = public_key(&of_signer(Signer::Device(device)).1);
            let classes = vec![ClassId(6), ClassId(7)];
            keyring.set_delegation(Delegation {
                device,
                key,
                capabilities: Capabilities::WALK_IN,
                classes,
                revoked_after,
            });
        }
        keyring
    });
    &KEYRING
}
