//! A ticket key is replaced and revoked while the doors are open: what each door says then, and what comes of a door
//! that has not heard.

use harness::on_both_databases;
use harness::organiser::eventually;
use harness::process::{Door, PATIENCE, ServerOptions};
use serde_json::{Value, json};

use crate::venue::{LEFT, RIGHT, Venue, is_admitted, is_in_step, ticket};

on_both_databases! {
    async fn a_key_is_replaced_and_revoked_while_the_doors_are_open(url: String) {
        let server = ServerOptions::default().database_url(url).start().unwrap();
        let venue = Venue::open(&server, 4).await;
        let left = venue.enrol_by_picture(LEFT).await;
        let right = venue.enrol_by_picture(RIGHT).await;
        let mut old = Vec::new();
        for ticket in &venue.tickets {
            old.push(venue.credential(ticket).await);
        }
        let keys = format!("/events/{}/ticket-keys", venue.event);
        let first = venue.olga.get(&keys).await.unwrap()["keys"][0]["key"].clone();

        // A new key: what was signed before stays good, with and without a network.
        venue.olga.post(&keys, &json!({})).await.unwrap();
        let late = venue.olga.register(&venue.event, &json!({ "name": "Lea", "ticket_type": "Regular" })).await.unwrap();
        let new = venue.credential(&ticket(&late)).await;
        for terminal in [&left, &right] {
            terminal.run(&["sync"]).unwrap().success().unwrap();
        }
        let mut away = right.headless(&["--no-camera", "--offline"]).unwrap();
        assert_admitted(&mut away, &old[0]);
        assert_admitted(&mut away, &new);

        // The old key is revoked: the door that hears of it refuses its tickets, and takes those that came in their place.
        let mut near = left.headless(&["--no-camera"]).unwrap();
        near.wait_for(is_in_step).unwrap();
        let revoke = json!({ "reason": "a copy was found", "reissue": false });
        venue.olga.post(&format!("{keys}/{first}/revoke"), &revoke).await.unwrap();
        let shown_now = async || venue.olga.get(&keys).await;
        let names = |shown: &Value| shown["keys"][1]["unaware"].as_array().unwrap().iter()
            .map(|door| door["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let shown = eventually(PATIENCE, shown_now, |shown| names(shown) == [RIGHT]).await.unwrap();
        assert_eq!((&shown["keys"][1]["state"], &shown["keys"][1]["tickets"]), (&json!("rejected"), &json!(4)));
        assert_refused(&mut near, &old[1], "KEY_REJECTED");

        venue.olga.post(&format!("{keys}/{first}/reissue"), &json!({ "reason": "a copy was found" })).await.unwrap();
        let is_done = |shown: &Value| shown["keys"][1]["tickets"] == 0 && shown["keys"][1]["is_reissued"] == false;
        eventually(PATIENCE, shown_now, is_done).await.unwrap();
        let again = venue.credential(&venue.tickets[1]).await;
        assert_ne!(again, old[1]);
        assert_admitted(&mut near, &again);
        assert_refused(&mut near, &old[1], "KEY_REJECTED");

        // The door that has not heard goes by what it knows. Once it is in touch, that is seen.
        assert_admitted(&mut away, &old[1]);
        assert!(away.process.stop().unwrap().success());
        right.run(&["sync"]).unwrap().success().unwrap();
        let listed = async || venue.olga.conflicts(&venue.event).await;
        let conflicts = eventually(PATIENCE, listed, |conflicts| conflicts.len() == 1).await.unwrap();
        assert_eq!(conflicts[0]["ticket"], json!(venue.tickets[1]), "{conflicts:?}");
        let mut back = right.headless(&["--no-camera", "--offline"]).unwrap();
        assert_refused(&mut back, &old[2], "KEY_REJECTED");
        assert_admitted(&mut back, &venue.credential(&venue.tickets[2]).await);
    }
}

fn assert_admitted(door: &mut Door, code: &str) {
    let seen = door.present(code).unwrap();
    assert!(is_admitted(&&seen), "{seen}");
}

fn assert_refused(door: &mut Door, code: &str, why: &str) {
    let seen = door.present(code).unwrap();
    assert_eq!((&seen["verdict"], &seen["code"]), (&json!("deny"), &json!(why)), "{seen}");
}
