//! The order to a lost device to erase itself (section 11).

use alloc::string::String;

use ed25519_dalek::SigningKey;

use crate::hash::Dst;
use crate::id::{DeviceId, EventId};
use crate::key::{self, BadSignature, PublicKey, Signature};

/// The order that one device erase what it holds of one event.
///
/// It has no time and no end: a device that was ordered so is never one of the event's again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WipeOrder {
    /// Of which event.
    pub event: EventId,
    /// Which device.
    pub device: DeviceId,
}

impl WipeOrder {
    /// Signs the order with S.
    pub fn sign(&self, server_key: &SigningKey) -> Signature {
        key::sign(server_key, Dst::WIPE, &[self.event.as_bytes(), self.device.as_bytes()])
    }

    /// Signs the order with S, as 128 hexadecimal digits.
    pub fn sign_hex(&self, server_key: &SigningKey) -> String {
        hex::encode(self.sign(server_key))
    }

    /// Checks that S gave this order.
    ///
    /// # Errors
    ///
    /// [`BadSignature`] if it did not.
    pub fn verify(&self, server_key: &PublicKey, signature: &Signature) -> Result<(), BadSignature> {
        server_key.verify(Dst::WIPE, &[self.event.as_bytes(), self.device.as_bytes()], signature)
    }

    /// Checks that S gave this order; the signature as 128 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`BadSignature`] if it did not, or if that is no signature.
    pub fn verify_hex(&self, server_key: &PublicKey, signature: &str) -> Result<(), BadSignature> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(signature, &mut bytes).map_err(|_| BadSignature)?;
        self.verify(server_key, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::public_key;

    #[test]
    fn an_order_holds_for_one_device_of_one_event_and_from_one_server() {
        let (server, stranger) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let order = WipeOrder { event: EventId([3; 16]), device: DeviceId([4; 16]) };
        let signature = order.sign_hex(&server);
        assert_eq!(order.verify_hex(&public_key(&server), &signature), Ok(()));

        for other in [WipeOrder { event: EventId([5; 16]), ..order }, WipeOrder { device: DeviceId([5; 16]), ..order }]
        {
            assert_eq!(other.verify_hex(&public_key(&server), &signature), Err(BadSignature));
        }
        assert_eq!(order.verify_hex(&public_key(&stranger), &signature), Err(BadSignature));
        for broken in ["", "00", &signature[2..], "zz"] {
            assert_eq!(order.verify_hex(&public_key(&server), broken), Err(BadSignature));
        }
    }
}
