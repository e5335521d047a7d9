//! The installation's master key is lost between two guests: what the doors did is not, and the tickets that were sent
//! stay good.

use std::fs;

use harness::on_both_databases;
use harness::organiser::{EMAIL, Organiser, PASSWORD};
use harness::process::ServerOptions;
use reqwest::Method;
use serde_json::{Value, json};

use crate::venue::{LEFT, RIGHT, Venue, assert_none_counts_twice, is_admitted, is_in_step, ticket};

on_both_databases! {
    async fn without_its_master_key_a_server_goes_on_and_no_check_in_is_lost(url: String) {
        let mut server = ServerOptions::default().database_url(url).start().unwrap();
        let mut venue = Venue::open(&server, 6).await;
        let left = venue.enrol_by_picture(LEFT).await;
        let right = venue.enrol_by_picture(RIGHT).await;
        let mut sent = Vec::new();
        for ticket in &venue.tickets {
            sent.push(venue.credential(ticket).await);
        }
        // One guest at a door with a network, one at the server's own, two at a door without.
        let mut door = left.headless(&["--no-camera"]).unwrap();
        assert!(is_admitted(&&door.present(&sent[0]).unwrap()));
        door.wait_for(is_in_step).unwrap();
        assert!(door.process.stop().unwrap().success());
        let own = json!({ "credential": sent[1], "gate": LEFT });
        venue.olga.post(&format!("/events/{}/verify", venue.event), &own).await.unwrap();
        let mut away = right.headless(&["--no-camera", "--offline"]).unwrap();
        assert!(is_admitted(&&away.present(&sent[2]).unwrap()));
        assert!(is_admitted(&&away.present(&sent[3]).unwrap()));
        assert!(away.process.stop().unwrap().success());

        // While the key is there, nothing is given up; without it the server says what to do.
        server.stop().unwrap();
        let lost = ["master-key", "lost", "--give-up-secrets", "--json"];
        let refused = server.command(&lost, "").unwrap_err();
        assert!(format!("{refused:#}").contains("nothing is lost"), "{refused:#}");
        fs::remove_file(server.data_folder().join("master.key")).unwrap();
        assert!(server.restart().is_err());
        assert!(server.log().contains("usher-server master-key"), "{}", server.log());
        assert!(server.command(&lost[..2], "").is_err(), "nobody said that the secrets are given up");
        let told = server.command(&lost, "").unwrap().json().unwrap();
        assert_eq!(told["events"], 1, "{told}");
        server.restart().unwrap();

        // What people entered and what the server had of the doors is there.
        venue.olga = Organiser::log_in(&server.url(), EMAIL, PASSWORD).await.unwrap();
        assert_eq!(venue.olga.registrations(&venue.event).await.unwrap().len(), 6);
        assert_eq!(venue.admissions(2).await.len(), 2);

        // The door that was away brings what it has as a file.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("door.journal");
        right.run(&["export", "--output", &file.to_string_lossy()]).unwrap().success().unwrap();
        let path = format!("/events/{}/journals", venue.event);
        let request = venue.olga.request(Method::POST, &path).header("content-type", "application/octet-stream");
        let brought = request.body(fs::read(&file).unwrap()).send().await.unwrap().json::<Value>().await.unwrap();
        assert_eq!(brought["batches"][0]["outcome"], "stored", "{brought}");
        assert_eq!(venue.admissions(4).await.len(), 4);

        // A terminal that is enrolled now knows all of that, and takes tickets from before and after.
        let new = venue.enrol_by_picture(LEFT).await;
        let mut door = new.headless(&["--no-camera"]).unwrap();
        for used in &sent[..4] {
            let seen = door.present(used).unwrap();
            assert!(seen["codes"].as_array().unwrap().contains(&json!("ALREADY_IN")), "{seen}");
        }
        assert!(is_admitted(&&door.present(&sent[4]).unwrap()));
        let late = venue.olga.register(&venue.event, &json!({ "name": "Lea", "ticket_type": "Regular" })).await.unwrap();
        let late = venue.credential(&ticket(&late)).await;
        door.wait_for(|report| is_in_step(report) && report["tickets"] == 7).unwrap();
        assert!(is_admitted(&&door.present(&late).unwrap()));
        // A ticket from before can't be shown again, and can be issued anew.
        assert!(venue.olga.credential(&venue.event, &venue.tickets[5]).await.is_err());
        venue.olga.change_ticket(&venue.event, &venue.tickets[5], "reissue").await.unwrap();
        let again = venue.credential(&venue.tickets[5]).await;
        assert!(is_admitted(&&door.present(&again).unwrap()));
        assert_none_counts_twice(&venue.admissions(7).await);
        assert!(door.process.stop().unwrap().success());

        // The key that is there now is replaced like any other.
        server.stop().unwrap();
        server.command(&["master-key", "replace", "--json"], "").unwrap();
        server.restart().unwrap();
        assert_eq!(venue.credential(&venue.tickets[5]).await, again);
    }
}
