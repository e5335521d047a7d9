//! Registering and finding attendees.

use harness::on_both_databases;
use serde_json::{Value, json};
use sync_protocol::feed::{Body, Form, Record};

use crate::doors::Doors;
use crate::served::{Served, assert_problem, conference, get, post};

on_both_databases! {
    async fn an_attendee_is_registered_with_a_ticket(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();

        let ada = olga
            .register(&event, &json!({
                "name": " Ada  Lovelace ", "email": "Ada@Example.org", "phone": "+44 20", "ticket_type": "regular",
                "note": "ramp", "external_id": "4711", "status": "unpaid", "attention": true, "id_check": true,
            }))
            .await
            .unwrap();

        assert_eq!(ada["name"], "Ada  Lovelace");
        assert_eq!(ada["email"], "ada@example.org");
        assert_eq!(ada["ticket"]["ticket_type"], "Regular");
        assert_eq!(ada["ticket"]["status"], "unpaid");
        assert_eq!(ada["ticket"]["attention"], true);
        assert_eq!(ada["ticket"]["id"].as_str().unwrap().len(), 11);
        // The policy and the key are the feed's first two entries.
        assert_eq!(ada["ticket"]["issue"], 3);
        let id = ada["id"].as_str().unwrap();
        assert_eq!(olga.get(&format!("/events/{event}/registrations/{id}")).await.unwrap(), ada);
    }

    async fn an_external_id_names_one_attendee_of_an_event(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let other = olga.create_event(&conference()).await.unwrap();
        let body = json!({ "name": "Ada", "ticket_type": "Regular", "external_id": "4711" });

        olga.register(&event, &body).await.unwrap();
        let again = post(&olga, &format!("/events/{event}/registrations"), &body);
        assert_problem(again, 409, "external-id-taken").await;

        olga.register(&other, &body).await.unwrap();
        assert_eq!(olga.registrations(&event).await.unwrap().len(), 1);
    }

    async fn the_doors_are_told_an_attendees_order_and_e_mail_address(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let (olga, event) = (&doors.olga, &doors.event);
        let body = json!({ "name": "Ada", "ticket_type": "Regular", "email": "ada@example.org", "order": " R-7 " });
        let ada = olga.register(event, &body).await.unwrap();
        let csv = "name,ticket_type,order\nGrace,Regular,R-7\nEve,Regular,\n".to_owned();
        olga.import(event, csv).await.unwrap();
        assert_eq!(ada["order"], "R-7");

        let query = [("q", "r-7")];
        let found = get(olga, &format!("/events/{event}/registrations")).query(&query).send().await.unwrap();
        let page: Value = found.json().await.unwrap();
        let names: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Ada", "Grace"]);

        // A changed ticket keeps them.
        olga.change_ticket(event, ada["ticket"]["id"].as_str().unwrap(), "block").await.unwrap();
        let device = doors.device("Left").await;
        let pulled = device.pull(device.beginning(), 100).await.unwrap();
        let told = |record: Record| match record.form {
            Form::Body(body) => match Body::decode(record.kind, record.entity, &body).unwrap() {
                Body::Ticket { ticket_row, .. } => Some((ticket_row.name, ticket_row.email, ticket_row.group)),
                _ => None,
            },
            Form::Tag(_) => None,
        };
        let mut told: Vec<_> = pulled.records.into_iter().filter_map(told).collect();
        told.sort();
        let row = |name: &str, email: &str, group: &str| (name.to_owned(), email.to_owned(), group.to_owned());
        assert_eq!(told, [row("Ada", "ada@example.org", "R-7"), row("Eve", "", ""), row("Grace", "", "R-7")]);

        let long = json!({ "name": "Ada", "ticket_type": "Regular", "order": "\u{e9}".repeat(33) });
        let problem = assert_problem(post(olga, &format!("/events/{event}/registrations"), &long), 422, "invalid").await;
        assert_eq!(problem["errors"][0]["loc"], json!(["body", "order"]));
    }

    async fn a_quota_is_never_exceeded_even_by_many_at_once(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();

        let sales = (0..10).map(|number| {
            let (olga, event) = (olga.clone(), event.clone());
            tokio::spawn(async move {
                let body = json!({ "name": format!("Speaker {number}"), "ticket_type": "Speaker" });
                olga.register(&event, &body).await.is_ok()
            })
        });
        let mut sold = 0;
        for sale in sales.collect::<Vec<_>>() {
            sold += usize::from(sale.await.unwrap());
        }

        assert_eq!(sold, 3);
        assert_eq!(olga.registrations(&event).await.unwrap().len(), 3);
        let body = json!({ "name": "Late", "ticket_type": "Speaker" });
        let problem = assert_problem(post(&olga, &format!("/events/{event}/registrations"), &body), 409, "sold-out").await;
        assert_eq!(problem["left"], 0);

        // A cancelled ticket makes room.
        let first = olga.registrations(&event).await.unwrap()[0]["ticket"]["id"].as_str().unwrap().to_owned();
        olga.change_ticket(&event, &first, "cancel").await.unwrap();
        olga.register(&event, &body).await.unwrap();
    }

    async fn attendees_are_found_by_part_of_a_name_type_and_status(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        for (name, email, ticket_type, status) in [
            ("Zo\u{eb} Gro\u{df}mann", "zoe@example.org", "Regular", "valid"),
            ("Jos\u{e9} \u{c1}lvarez", "jose@example.org", "Speaker", "valid"),
            ("100%_sure", "x@example.org", "Regular", "unpaid"),
        ] {
            let body = json!({ "name": name, "email": email, "ticket_type": ticket_type, "status": status });
            olga.register(&event, &body).await.unwrap();
        }
        let find = async |query: &[(&str, &str)]| -> Vec<String> {
            let request = get(&olga, &format!("/events/{event}/registrations")).query(query);
            let page: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
            let names = page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned());
            names.collect()
        };

        assert_eq!(find(&[("q", "zoe")]).await, ["Zo\u{eb} Gro\u{df}mann"]);
        assert_eq!(find(&[("q", "GROSSMANN")]).await, ["Zo\u{eb} Gro\u{df}mann"]);
        assert_eq!(find(&[("q", "\u{e1}LV")]).await, ["Jos\u{e9} \u{c1}lvarez"]);
        assert_eq!(find(&[("q", "jose@")]).await, ["Jos\u{e9} \u{c1}lvarez"]);
        assert_eq!(find(&[("q", "100%_s")]).await, ["100%_sure"]);
        assert_eq!(find(&[("q", "nobody")]).await, [""; 0]);
        assert_eq!(find(&[("ticket_type", "speaker")]).await, ["Jos\u{e9} \u{c1}lvarez"]);
        assert_eq!(find(&[("status", "unpaid")]).await, ["100%_sure"]);
        assert_eq!(find(&[("status", "unpaid"), ("ticket_type", "speaker")]).await, [""; 0]);
        assert_eq!(find(&[("limit", "2")]).await.len(), 2);
        let unknown = get(&olga, &format!("/events/{event}/registrations")).query(&[("ticket_type", "nope")]);
        assert_problem(unknown, 422, "invalid").await;
    }
}
