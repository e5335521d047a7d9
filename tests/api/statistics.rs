//! Figures of an event, and its closing report.

use harness::on_both_databases;
use serde_json::{Value, json};

use crate::documents::text_of;
use crate::doors::Doors;
use crate::served::{Served, answer, get};
use crate::verify::at_the_event;

/// Two come, one goes, one is kept out, one is let in against the rules, one admission is taken back.
async fn evening(served: &Served) -> Doors {
    let doors = Doors::open(served, 4).await;
    let clock = served.app.clock();
    for ticket in &doors.tickets[..3] {
        assert_eq!(doors.name(ticket).await["verdict"], "admit");
    }
    clock.set(clock.now().plus(3_600_000));
    let at_the_side =
        |ticket: &str, direction: &str| json!({ "code": ticket, "gate": "Side door", "direction": direction });
    assert_eq!(doors.verify(&at_the_side(&doors.tickets[0], "exit")).await["verdict"], "admit");
    assert_eq!(doors.verify(&at_the_side(&doors.tickets[1], "entry")).await["reason"]["code"], "ALREADY_IN");
    let all = doors.olga.registrations(&doors.event).await.unwrap();
    let second = all.iter().find(|r| r["name"] == "Guest 1").unwrap()["id"].as_str().unwrap();
    let path = format!("/events/{}/registrations/{second}/check-in", doors.event);
    let body = json!({ "gate": "Side door", "reason": "seen going out", "against": ["ALREADY_IN"] });
    assert_eq!(doors.olga.post(&path, &body).await.unwrap()["verdict"], "admit");
    let undo = format!("/events/{}/check-ins/3/undo", doors.event);
    doors.olga.post(&undo, &json!({ "reason": "wrong person" })).await.unwrap();
    doors
}

on_both_databases! {
    async fn figures_say_who_came_when_and_where(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = evening(&served).await;

        let figures = doors.get("statistics").await;

        assert_eq!((&figures["registered"], &figures["came"], &figures["no_shows"]), (&json!(4), &json!(2), &json!(2)));
        assert_eq!(figures["ticket_types"][0], json!({
            "ticket_type": "Regular", "registered": 4, "came": 2, "no_shows": 2, "admitted": 3, "exits": 1, "denied": 1,
        }));
        assert_eq!(figures["hours"], json!([
            { "from": "2037-11-21T08:00:00.000Z", "admitted": 2, "exits": 0, "denied": 0 },
            { "from": "2037-11-21T09:00:00.000Z", "admitted": 1, "exits": 1, "denied": 1 },
        ]));
        assert_eq!(figures["gates"], json!([
            { "gate": "Main entrance", "admitted": 2, "exits": 0, "denied": 0 },
            { "gate": "Side door", "admitted": 1, "exits": 1, "denied": 1 },
        ]));
        assert_eq!(figures["zones"], json!([{ "zone": "Hall", "inside": 1, "capacity": 800 }]));
        assert_eq!(figures["denials"][0]["code"], "ALREADY_IN");
        assert_eq!((&figures["overrides"][0]["count"], &figures["undone"]), (&json!(1), &json!(1)));
    }

    async fn the_report_says_the_same_as_csv_and_as_pdf(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = evening(&served).await;

        let csv = doors.olga.bytes(&format!("/events/{}/report.csv", doors.event)).await.unwrap();
        let csv = String::from_utf8(csv).unwrap();
        for line in [
            "Ticket types,Regular,registered,4",
            "Ticket types,Regular,did not come,2",
            "Hours,2037-11-21T09:00:00.000Z,denied,1",
            "Denials,ALREADY_IN,times,1",
            "Admitted against the rules,ALREADY_IN,times,1",
            "Corrections,Tickets that came in too often,times,1",
            "Corrections,Entries taken back,times,1",
        ] {
            assert!(csv.lines().any(|held| held == line), "{line} is not in {csv}");
        }
        let (status, kind, _) = answer(get(&doors.olga, &format!("/events/{}/report.csv", doors.event))).await;
        assert_eq!((status.as_u16(), kind.as_str()), (200, "text/csv; charset=utf-8"));

        let pdf = doors.olga.bytes(&format!("/events/{}/report.pdf", doors.event)).await.unwrap();
        let page = text_of(&pdf);
        let rows: Vec<Vec<&str>> = page.lines().map(|line| line.split_whitespace().collect()).collect();
        for row in [
            "RustConf",
            "Ticket types registered came did not come",
            "Regular 4 2 2",
            "Sat 21 Nov, 10:00 1 1 1",
            "The ticket is inside already. 1",
            "Tickets that came in too often 1",
        ] {
            let row: Vec<&str> = row.split(' ').collect();
            assert!(rows.contains(&row), "{row:?} is not on {page}");
        }
    }

    async fn an_event_where_nothing_happened_has_figures_too(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = Doors::open(&served, 0).await;

        let figures = doors.get("statistics").await;

        assert_eq!((&figures["registered"], &figures["hours"]), (&json!(0), &json!([])));
        assert_eq!(figures["ticket_types"].as_array().map(Vec::len), Some(2));
        assert_eq!(figures["denials"], Value::Array(Vec::new()));
        assert_eq!(answer(get(&doors.olga, &format!("/events/{}/report.pdf", doors.event))).await.0, 200);
    }
}
