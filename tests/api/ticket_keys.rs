//! Ticket keys that are replaced and revoked, and the tickets that are issued anew because of it.

use std::collections::BTreeSet;

use harness::on_both_databases;
use serde_json::{Value, json};
use sync_protocol::ticket::Credential;
use sync_protocol::ticket::credential::Signer;
use usher_server::events::keys::reissue;
use usher_server::work::Turn;

use crate::doors::Doors;
use crate::letters;
use crate::served::{Served, assert_problem, get, own_ids, post};
use crate::verify::at_present;

on_both_databases! {
    async fn after_a_new_key_old_and_new_tickets_are_good_and_after_a_revocation_only_the_new(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 1).await;
        let keys = format!("/events/{}/ticket-keys", doors.event);
        let old = doors.credential(&doors.tickets[0]).await;
        let first = key_of(&old);
        assert_problem(post(&doors.olga, &format!("{keys}/{first}/reissue"), &json!({})), 409, "key-active").await;

        let made = doors.olga.post(&keys, &json!({})).await.unwrap();

        assert_eq!(states(&made), ["active", "verify_only"], "{made}");
        assert_eq!((&made["keys"][1]["key"], &made["keys"][1]["tickets"]), (&json!(first), &json!(1)));
        let sold = doors.olga.register(&doors.event, &json!({ "name": "Lea", "ticket_type": "Regular" })).await.unwrap();
        let new = doors.credential(sold["ticket"]["id"].as_str().unwrap()).await;
        assert_eq!(json!(key_of(&new)), made["keys"][0]["key"]);
        assert_eq!(doors.dry(&old).await["verdict"], "admit");
        assert_eq!(doors.dry(&new).await["verdict"], "admit");

        let revoke = format!("{keys}/{first}/revoke");
        let revoked = doors.olga.post(&revoke, &json!({ "reason": "a copy was found" })).await.unwrap();

        assert_eq!(states(&revoked), ["active", "rejected"], "{revoked}");
        assert_eq!(doors.dry(&old).await["reason"]["code"], "KEY_REJECTED");
        assert_eq!(doors.dry(&new).await["verdict"], "admit");
        let listed = json!({ "accepted": "listed" });
        assert_problem(post(&doors.olga, &revoke, &listed), 409, "key-revoked").await;
        assert_eq!(doors.olga.post(&revoke, &json!({})).await.unwrap(), revoked, "once more changes nothing");
        assert_problem(get(&doors.olga, &format!("/events/{}/ticket-keys", "0".repeat(32))), 404, "not-found").await;
        assert_problem(post(&doors.olga, &format!("{keys}/70000/revoke"), &json!({})), 404, "not-found").await;

        // Whoever holds a ticket of it has another one now, by letter.
        assert_eq!(reissue::turn(&served.app).await.unwrap(), Turn::More);
        let again = doors.credential(&doors.tickets[0]).await;
        assert_eq!(key_of(&again), key_of(&new));
        assert_eq!(doors.dry(&again).await["verdict"], "admit");
        let shown = doors.olga.get(&format!("/events/{}/tickets/{}", doors.event, doors.tickets[0])).await.unwrap();
        assert_eq!((&shown["changes"][0]["change"], &shown["changes"][0]["reason"]), (&json!("reissue"), &json!("a copy was found")));
        let (_, organisation) = own_ids(&doors.olga).await;
        let record = doors.olga.list(&format!("/organisations/{organisation}/audit")).await.unwrap();
        let actions: BTreeSet<&str> = record.iter().filter_map(|noted| noted["action"].as_str()).collect();
        assert!(actions.contains("event.key.make") && actions.contains("event.key.revoke"), "{actions:?}");
    }

    async fn a_suspected_key_is_good_for_listed_tickets_and_the_active_one_leaves_another_behind(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 1).await;
        let old = doors.credential(&doors.tickets[0]).await;
        let path = format!("/events/{}/ticket-keys/{}/revoke", doors.event, key_of(&old));

        let suspected = doors.olga.post(&path, &json!({ "accepted": "listed" })).await.unwrap();

        assert_eq!(states(&suspected), ["active", "listed_only"], "{suspected}");
        assert_eq!(suspected["keys"][1]["is_reissued"], false);
        assert_eq!(doors.dry(&old).await["verdict"], "admit");
        doors.olga.change_ticket(&doors.event, &doors.tickets[0], "reissue").await.unwrap();
        assert_eq!(doors.dry(&old).await["reason"]["code"], "KEY_REJECTED");
    }

    async fn many_tickets_are_issued_anew_in_turns_that_any_server_goes_on_with(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 1).await;
        let rows: String = (0..230).map(|number| format!("Guest {number},guest{number}@example.org,Regular\n")).collect();
        doors.olga.import(&doors.event, format!("name,email,ticket_type\n{rows}")).await.unwrap();
        let blocked = &doors.tickets[0];
        doors.olga.change_ticket(&doors.event, blocked, "block").await.unwrap();
        let key = key_of(&doors.credential(blocked).await);
        let keys = format!("/events/{}/ticket-keys", doors.event);
        doors.olga.post(&format!("{keys}/{key}/revoke"), &json!({})).await.unwrap();
        let left = async || {
            let shown = doors.olga.get(&keys).await.unwrap();
            (shown["keys"][1]["tickets"].as_u64().unwrap(), shown["keys"][1]["is_reissued"].as_bool().unwrap())
        };
        assert_eq!(left().await, (231, true));

        reissue::turn(&served.app).await.unwrap();
        assert_eq!(left().await, (131, true));
        // A server that was killed in between leaves it to the next one; two at once do nothing twice.
        let (one, two) = tokio::join!(reissue::turn(&served.app), reissue::turn(&served.app));
        one.unwrap();
        two.unwrap();
        assert_eq!(left().await.0, 0);
        while reissue::turn(&served.app).await.unwrap() == Turn::More {}

        assert_eq!(left().await, (0, false));
        let shown = doors.olga.get(&format!("/events/{}/tickets/{blocked}", doors.event)).await.unwrap();
        assert_eq!(shown["status"], "blocked");
        let issues: BTreeSet<u64> = doors.olga.registrations(&doors.event).await.unwrap().iter()
            .map(|registration| registration["ticket"]["issue"].as_u64().unwrap()).collect();
        assert_eq!(issues.len(), 231);
        for number in [0, 99, 100, 229] {
            let sent = letters::to(&served, &format!("guest{number}@example.org")).await;
            assert_eq!(sent.len(), 1, "{sent:?}");
            assert_eq!(sent[0]["kind"], "ticket");
        }
    }
}

impl Doors {
    async fn credential(&self, ticket: &str) -> String {
        self.olga.credential(&self.event, ticket).await.unwrap()
    }

    /// What would be decided about a credential at the main entrance.
    async fn dry(&self, credential: &str) -> Value {
        self.verify(&json!({ "credential": credential, "gate": "main entrance", "dry_run": true })).await
    }
}

/// The number of the key that signed a credential.
fn key_of(credential: &str) -> u16 {
    let Signer::Server(kid) = Credential::from_text(credential).unwrap().signer() else { panic!("sold at a door") };
    kid.0
}

fn states(keys: &Value) -> Vec<&str> {
    keys["keys"].as_array().unwrap().iter().filter_map(|key| key["state"].as_str()).collect()
}
