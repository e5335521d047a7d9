//! What terminals learn of each other.

use harness::device::{Device, now, refusal};
use harness::on_both_databases;
use reqwest::StatusCode;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{DeviceNo, Seq};
use sync_protocol::journal::EntryKind;
use sync_protocol::sync::message::Doors as DoorList;

use crate::doors::Doors;
use crate::served::Served;

async fn ask(device: &Device) -> DoorList {
    let response = device.get(&device.in_event("/doors")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

on_both_databases! {
    async fn a_terminal_learns_how_the_other_doors_are_doing(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        let (mut left, right) = (doors.device("Left").await, doors.device("Right").await);
        for ticket in &doors.tickets {
            left.admit(ticket, 0);
        }
        left.exit(&doors.tickets[0], 0);
        left.write(EntryKind::Deny, |entry| entry.reason = 40);
        left.write(EntryKind::Undo, |entry| {
            entry.ticket = sync_protocol::id::TicketId::from_typed_code(&doors.tickets[1]).unwrap();
            entry.undo_target = Some(Seq(2));
        });
        left.push(1).await.unwrap();

        // That a device spoke is noted beside the answer.
        let told = loop {
            let told = ask(&right).await;
            if told.doors.iter().all(|door| door.last_seen_at.is_some()) {
                break told;
            }
        };

        assert!(now().since(told.at) < 60_000);
        let [one, two] = told.doors.as_slice() else { panic!("{told:?}") };
        assert_eq!((one.device_no, one.name.as_str(), one.status), (DeviceNo(1), "Left", DeviceStatus::Active));
        assert_eq!((one.last_seq, one.admitted, one.exits), (Seq(6), 2, 1));
        assert_eq!(one.last_entry_at, Some(left.journal[5].entry().hlc.millis()));
        assert_eq!((two.device_no, two.last_seq, two.last_entry_at), (DeviceNo(2), Seq(0), None));

        doors.change(&left, "revoke").await.unwrap();
        assert_eq!(ask(&right).await.doors[0].status, DeviceStatus::Revoked);
        let response = left.get(&left.in_event("/doors")).send().await.unwrap();
        assert_eq!(refusal(response).await.unwrap().1, "DEVICE_REVOKED");
    }
}
