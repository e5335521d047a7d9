//! What organisers do with attendees: finding, changing, and files of them.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::feed::{Body, Form};

use crate::doors::Doors;
use crate::festival::{Festival, letters, recorded};
use crate::served::{Served, answer, assert_problem, places, post};

on_both_databases! {
    async fn attendees_are_found_whatever_was_typed_wrongly(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |_| {}).await;
        let csv = "name,email,ticket_type,order\n\
            Zo\u{eb} Gro\u{df}mann,zoe@example.org,Standing,R-7\n\
            Jos\u{e9} \u{c1}lvarez,jose@acme.example,Seated,\n\
            John Smith,john@example.org,Standing,R-7\n\
            Jon Smyth,jon@example.org,Standing,\n\
            Joanna Schmidt,joanna@example.org,Standing,\n\
            \u{5c71}\u{7530}\u{592a}\u{90ce},taro@example.org,Seated,\n";
        festival.olga.import(&festival.event, csv.to_owned()).await.unwrap();
        let find = async |text: &str| festival.names(&[("q", text)]).await;

        assert_eq!(find("zoe").await, ["Zo\u{eb} Gro\u{df}mann"]);
        assert_eq!(find("grosman").await, ["Zo\u{eb} Gro\u{df}mann"], "a letter is missing");
        assert_eq!(find("GROSSMNAN").await, ["Zo\u{eb} Gro\u{df}mann"], "two letters are swapped");
        assert_eq!(find("mann").await, ["Zo\u{eb} Gro\u{df}mann"]);
        assert_eq!(find("alvarex jose").await, ["Jos\u{e9} \u{c1}lvarez"]);
        assert_eq!(find("john smith").await, ["John Smith", "Jon Smyth"], "the one that is meant comes first");
        assert_eq!(find("acme").await, ["Jos\u{e9} \u{c1}lvarez"]);
        assert_eq!(find("\u{592a}\u{90ce}").await, ["\u{5c71}\u{7530}\u{592a}\u{90ce}"]);
        assert_eq!(find("smith miller").await, [""; 0]);
        assert_eq!(find("%_").await, [""; 0]);
        assert_eq!(festival.names(&[("q", "smith"), ("order", "R-7")]).await, ["John Smith"]);
        assert_eq!(festival.names(&[("q", "j"), ("ticket_type", "Seated")]).await, ["Jos\u{e9} \u{c1}lvarez"]);
        let long = festival.olga.request(Method::GET, &festival.path("registrations")).query(&[("q", "x".repeat(201))]);
        assert_eq!(places(&assert_problem(long, 422, "invalid").await), ["query.q"]);

        // Pages follow the ranking.
        let path = festival.path("registrations?q=example&limit=2");
        let first = festival.olga.get(&path).await.unwrap();
        let next = first["next"].as_str().unwrap();
        let second = festival.olga.get(&format!("{path}&cursor={next}")).await.unwrap();
        let next = second["next"].as_str().unwrap();
        let third = festival.olga.get(&format!("{path}&cursor={next}")).await.unwrap();
        let mut names: Vec<_> = [first, second, third.clone()]
            .iter()
            .flat_map(|page| page["items"].as_array().unwrap().clone())
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names.dedup();
        assert_eq!((names.len(), &third["next"]), (6, &json!(null)));
    }

    async fn attendees_are_filtered_by_all_that_is_known_of_them(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        let mut device = doors.device("Left").await;
        device.admit(&doors.tickets[1], 0);
        device.push(1).await.unwrap();
        doors.olga.change_ticket(&doors.event, &doors.tickets[2], "block").await.unwrap();
        let names = async |query: &str| -> Vec<String> {
            let page = doors.olga.get(&format!("/events/{}/registrations?{query}", doors.event)).await.unwrap();
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
        };

        assert_eq!(names("checked_in=true").await, ["Guest 1"]);
        assert_eq!(names("checked_in=false").await, ["Guest 0", "Guest 2"]);
        assert_eq!(names("status=blocked").await, ["Guest 2"]);
        assert_eq!(names("state=registered&checked_in=false&status=valid").await, ["Guest 0"]);
        assert_eq!(names("state=cancelled").await, [""; 0]);
        assert_eq!(names("q=guest&checked_in=true").await, ["Guest 1"]);
    }

    async fn a_changed_attendee_is_told_to_the_doors_and_found_by_the_new_name(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let (olga, event) = (&doors.olga, &doors.event);
        let body = json!({ "name": "Ada Byron", "email": "ada@example.org", "phone": "1", "ticket_type": "Regular" });
        let ada = olga.register(event, &body).await.unwrap();
        let path = format!("/events/{event}/registrations/{}", ada["id"].as_str().unwrap());
        let patch = |tag: Option<&str>, change: &Value| {
            let request = olga.request(Method::PATCH, &path).json(change);
            match tag {
                Some(tag) => request.header("if-match", tag),
                None => request,
            }
        };
        let change = json!({ "name": "Ada King", "phone": null, "note": "ramp", "attention": true });

        assert_problem(patch(None, &change), 428, "if-match-required").await;
        assert_problem(patch(Some("\"7\""), &change), 412, "changed-meanwhile").await;
        let response = patch(Some("\"1\""), &change).send().await.unwrap();
        assert_eq!(response.headers()["etag"], "\"2\"");
        let after: Value = response.json().await.unwrap();
        assert_eq!((&after["name"], &after["phone"], &after["email"]), (&json!("Ada King"), &json!(null), &json!("ada@example.org")));
        assert_eq!((&after["ticket"]["attention"], &after["ticket"]["issue"]), (&json!(true), &ada["ticket"]["issue"]));
        assert_problem(patch(Some("\"1\""), &change), 412, "changed-meanwhile").await;
        let wrong = json!({ "name": "", "email": "x", "note": "x".repeat(501), "answers": { "shoe": "38" } });
        let problem = assert_problem(patch(Some("*"), &wrong), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.name", "body.email", "body.note", "body.answers"]);

        let find = async |text: &str| olga.get(&format!("/events/{event}/registrations?q={text}")).await.unwrap()["items"].as_array().unwrap().len();
        assert_eq!((find("byron").await, find("king").await), (0, 1));
        let device = doors.device("Left").await;
        let pulled = device.pull(device.beginning(), 100).await.unwrap();
        let told = pulled.records.into_iter().rev().find_map(|record| match record.form {
            Form::Body(body) => match Body::decode(record.kind, record.entity, &body).unwrap() {
                Body::Ticket { ticket_row, .. } => Some((ticket_row.name, ticket_row.note, ticket_row.row.attention)),
                _ => None,
            },
            Form::Tag(_) => None,
        });
        assert_eq!(told.unwrap(), ("Ada King".to_owned(), "ramp".to_owned(), true));
    }

    async fn many_are_changed_at_once_and_each_is_answered_for(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |_| {}).await;
        let rows: String = (0..120).map(|number| format!("Guest {number},g{number}@example.org,Standing\n")).collect();
        festival.olga.import(&festival.event, format!("name,email,ticket_type\n{rows}Dora,,Seated\n")).await.unwrap();
        assert!(letters(&served).await.is_empty());
        let bulk = |body: Value| post(&festival.olga, &festival.path("registrations/bulk"), &body);
        let done = |answer: &Value| (answer["done"].as_u64(), answer["unchanged"].as_u64(), answer["failed"].as_u64());

        let sent = answer(bulk(json!({ "action": "resend", "filter": { "state": "registered" } }))).await.2;
        assert_eq!(done(&sent), (Some(120), Some(0), Some(1)), "{sent}");
        assert_eq!(sent["results"][120]["result"], "no-address");
        assert_eq!(letters(&served).await.len(), 120);

        let all = festival.olga.registrations(&festival.event).await.unwrap();
        let ids: Vec<_> = all.iter().take(60).map(|one| one["id"].clone()).collect();
        festival.act(ids[0].as_str().unwrap(), "block").await;
        festival.act(ids[1].as_str().unwrap(), "cancel").await;
        let mut named = ids.clone();
        named.extend([json!("nonsense"), json!("00000000000000000000000000000000")]);
        let blocked = answer(bulk(json!({ "action": "block", "ids": named }))).await.2;
        assert_eq!(done(&blocked), (Some(58), Some(1), Some(3)), "{blocked}");
        let results: Vec<_> = blocked["results"].as_array().unwrap().iter().map(|one| one["result"].as_str().unwrap()).collect();
        assert_eq!((results[0], results[1], results[2]), ("unchanged", "wrong-state", "done"));
        assert_eq!((results[60], results[61]), ("not-found", "not-found"));
        assert_eq!(festival.names(&[("status", "blocked"), ("limit", "500")]).await.len(), 59);

        let cancelled = answer(bulk(json!({ "action": "cancel", "filter": { "status": "blocked" }, "reason": "Storm" }))).await.2;
        assert_eq!(done(&cancelled), (Some(59), Some(0), Some(0)));
        assert_eq!(festival.names(&[("state", "cancelled"), ("limit", "500")]).await.len(), 60);

        for wrong in [json!({ "action": "cancel" }), json!({ "action": "cancel", "ids": [], "filter": {} }), json!({ "action": "fly", "ids": [] })] {
            assert_problem(bulk(wrong), 422, "invalid").await;
        }
        let too_many: Vec<_> = (0..1_001).map(|_| "x").collect();
        assert_problem(bulk(json!({ "action": "block", "ids": too_many })), 422, "invalid").await;
        assert_eq!(recorded(&served).await.iter().filter(|one| *one == "registration.block").count(), 59);
    }

    async fn a_file_of_attendees_holds_no_formulas_and_all_of_them(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["questions"] = json!([{ "key": "meal", "label": "Meal?" }]);
        })
        .await;
        let evil = json!({ "name": "=HYPERLINK(\"http://x\")", "ticket_type": "Standing", "phone": "+49 30", "note": "a \"b\",\nc", "answers": { "meal": "@x" } });
        festival.olga.register(&festival.event, &evil).await.unwrap();
        let rows: String = (0..1_200).map(|number| format!("Guest {number},Seated\n")).collect();
        festival.olga.import(&festival.event, format!("name,ticket_type\n{rows}")).await.unwrap();

        let bytes = festival.olga.bytes(&festival.path("registrations/export")).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let header = text.lines().next().unwrap();
        assert!(header.starts_with("id,name,email,phone,ticket_type,state,status,ticket,"), "{header}");
        assert!(header.ends_with(",answer:meal"), "{header}");
        assert!(text.contains(",\"'=HYPERLINK(\"\"http://x\"\")\",,'+49 30,Standing,registered,valid,"), "{text:.400}");
        assert!(text.contains(",'@x\n"));
        assert_eq!(text.matches(",Seated,").count(), 1_200);
        let seated = festival.olga.bytes(&festival.path("registrations/export?ticket_type=seated")).await.unwrap();
        assert_eq!(String::from_utf8(seated).unwrap().lines().count(), 1_201);
        let unknown = festival.olga.request(Method::GET, &festival.path("registrations/export?ticket_type=x"));
        assert_problem(unknown, 422, "invalid").await;
    }

    async fn a_dry_run_says_what_an_import_would_do(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| offer["ticket_types"][1]["quota"] = json!(1)).await;
        let run = async |csv: &str| {
            let request = festival.olga.request(Method::POST, &festival.path("registrations/import?dry_run=true"));
            answer(request.header("content-type", "text/csv").body(csv.to_owned())).await.2
        };

        let right = run("Ticket-Type,Name\nSeated,Ada\nStanding,Bob\nStanding,Eve\n").await;
        assert_eq!((&right["would_import"], &right["imported"], &right["dry_run"]), (&json!(3), &json!(0), &json!(true)));
        let standing = json!({ "ticket_type": "Standing", "wanted": 2, "left": null });
        assert_eq!(right["ticket_types"], json!([standing, { "ticket_type": "Seated", "wanted": 1, "left": 1 }]));
        let full = run("name,ticket_type\nAda,Seated\nBob,Seated\n").await;
        assert_eq!((&full["would_import"], &full["ticket_types"][0]["left"]), (&json!(0), &json!(1)));
        let wrong = run("name,ticket_type,email\nAda,Seated,x\n,Backstage,\n").await;
        assert_eq!((&wrong["would_import"], &wrong["total_errors"]), (&json!(0), &json!(3)));
        assert_eq!(wrong["errors"][0], json!({ "line": 2, "column": "email", "type": "email", "msg": "is not an e-mail address" }));
        assert!(festival.names(&[]).await.is_empty());
    }

    async fn a_ticket_is_sent_when_an_organiser_says_so(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |_| {}).await;
        let body = |name: &str, send| json!({ "name": name, "email": format!("{name}@example.org"), "ticket_type": "Seated", "send": send });

        festival.olga.register(&festival.event, &body("quiet", false)).await.unwrap();
        let ada = festival.olga.register(&festival.event, &body("ada", true)).await.unwrap();
        let id = ada["id"].as_str().unwrap();
        let ticket = ("ada@example.org".to_owned(), "ticket".to_owned());
        assert_eq!(letters(&served).await, std::slice::from_ref(&ticket));

        festival.act(id, "resend").await;
        assert!(festival.act(id, "reissue").await["ticket"]["issue"].as_u64() > ada["ticket"]["issue"].as_u64());
        assert_eq!(letters(&served).await, [ticket.clone(), ticket.clone(), ticket]);
        festival.act(id, "block").await;
        assert_problem(festival.acting(id, "resend"), 409, "not-valid").await;
        assert_eq!(festival.act(id, "unblock").await["ticket"]["status"], "valid");
        let to = json!({ "name": "Grace", "email": "grace@example.org" });
        let grace = answer(festival.acting(id, "transfer").json(&to)).await.2;
        assert_eq!((&grace["name"], &grace["ticket"]["status"]), (&json!("Grace"), &json!("valid")));
    }
}
