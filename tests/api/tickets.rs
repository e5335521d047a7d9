//! Tickets, their credentials and pictures, and what is done to them.

use harness::on_both_databases;
use harness::organiser::Organiser;
use serde_json::{Value, json};
use sync_protocol::id::{Kid, TicketId};
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::{Claims, Credential, KeyState, Keyring};

use crate::served::{Served, assert_problem, conference, get, post};

on_both_databases! {
    async fn a_credential_is_signed_by_the_events_key_and_drawn_in_both_pictures(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga).await;

        let text = olga.credential(&event, &ticket).await.unwrap();

        let (claims, _) = verified(&served, &event, &text).await;
        assert_eq!(claims.ticket, TicketId::from_typed_code(&ticket).unwrap());
        assert_eq!((claims.issue.0, claims.class.0, claims.is_test), (3, 0, false));
        assert_eq!(olga.credential(&event, &ticket).await.unwrap(), text);

        for (query, modules) in [("", 53), ("?level=M", 45), ("?level=Q&module_px=3", 53)] {
            let png = olga.bytes(&format!("/events/{event}/tickets/{ticket}/qr.png{query}")).await.unwrap();
            let picture = image::load_from_memory(&png).unwrap().to_luma8();
            let module_px = if query.contains("px=3") { 3 } else { 8 };
            assert_eq!((picture.width(), picture.height()), (modules * module_px, modules * module_px));
            assert_eq!(read_qr(&picture), text);
            let svg = olga.bytes(&format!("/events/{event}/tickets/{ticket}/qr.svg{query}")).await.unwrap();
            assert_eq!(read_qr(&draw(&String::from_utf8(svg).unwrap(), modules)), text);
        }
        for query in ["level=H", "module_px=0", "module_px=41", "module_px=x", "colour=red"] {
            assert_problem(get(&olga, &format!("/events/{event}/tickets/{ticket}/qr.png?{query}")), 422, "invalid").await;
        }
    }

    async fn a_typed_code_is_read_as_people_type_it(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga).await;

        let typed = format!("{}-{}", ticket[..5].to_lowercase(), &ticket[5..]);
        assert_eq!(olga.get(&format!("/events/{event}/tickets/{typed}")).await.unwrap()["id"], ticket);
    }

    async fn a_reissued_ticket_has_another_credential_with_a_higher_issue(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga).await;
        let before = olga.credential(&event, &ticket).await.unwrap();

        let path = format!("/events/{event}/tickets/{ticket}/reissue");
        let reissued = olga.post(&path, &json!({ "reason": "phone lost" })).await.unwrap();

        assert_eq!(reissued["issue"], 4);
        let after = olga.credential(&event, &ticket).await.unwrap();
        assert_ne!(after, before);
        let (claims, row) = verified(&served, &event, &after).await;
        assert_eq!(claims.issue.0, 4);
        assert_eq!(row["issue"], 4);
        let shown = olga.get(&format!("/events/{event}/tickets/{ticket}")).await.unwrap();
        assert_eq!(shown["changes"][0]["change"], "reissue");
        assert_eq!(shown["changes"][0]["reason"], "phone lost");
        assert_eq!(shown["changes"][0]["by"], olga.get("/me").await.unwrap()["id"]);
    }

    async fn changes_are_told_once_and_a_cancellation_is_final(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga).await;
        let change = async |what: &str| olga.change_ticket(&event, &ticket, what).await.unwrap()["status"].clone();

        assert_eq!(change("unblock").await, "valid");
        assert_eq!(change("block").await, "blocked");
        assert_eq!(change("block").await, "blocked");
        assert_eq!(change("unblock").await, "valid");
        assert_eq!(change("cancel").await, "cancelled");
        assert_eq!(change("cancel").await, "cancelled");
        for what in ["block", "unblock", "reissue"] {
            let path = format!("/events/{event}/tickets/{ticket}/{what}");
            assert_problem(post(&olga, &path, &json!({})), 409, "ticket-cancelled").await;
        }

        let shown = olga.get(&format!("/events/{event}/tickets/{ticket}")).await.unwrap();
        let made: Vec<_> = shown["changes"].as_array().unwrap().iter().map(|change| &change["change"]).collect();
        assert_eq!(made, ["block", "unblock", "cancel"]);
        assert_eq!(shown["issue"], 3, "the credential is the same");
    }

    async fn a_change_takes_no_nonsense_but_no_body_at_all(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga).await;
        let path = format!("/events/{event}/tickets/{ticket}/block");

        assert_problem(post(&olga, &path, &json!({ "why": "x" })), 422, "invalid").await;
        assert_problem(post(&olga, &path, &json!({ "reason": "x".repeat(501) })), 422, "invalid").await;
        let broken = || olga.request(reqwest::Method::POST, &path).body("{");
        assert_problem(broken(), 415, "unsupported-media-type").await;
        assert_problem(broken().header("content-type", "application/json"), 400, "not-json").await;
        assert_eq!(olga.get(&format!("/events/{event}/tickets/{ticket}")).await.unwrap()["status"], "valid");

        let bare = olga.request(reqwest::Method::POST, &path).send().await.unwrap();
        assert_eq!(bare.status(), 200);
    }
}

async fn registered(olga: &Organiser) -> (String, String) {
    let event = olga.create_event(&conference()).await.unwrap();
    let ada = olga.register(&event, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();
    (event, ada["ticket"]["id"].as_str().unwrap().to_owned())
}

/// Verifies a credential under the event's key as the server holds it, and returns it with the ticket as it is shown.
async fn verified(served: &Served, event: &str, text: &str) -> (Claims, Value) {
    let event_id = event.parse().unwrap();
    let Signer::Server(Kid(kid)) = Credential::from_text(text).unwrap().signer() else { panic!("delegated") };
    let mut tx = served.app.database().begin_read().await.unwrap();
    let key = usher_server::events::ticket_key(&mut tx, served.app.sealer(), event_id, Kid(kid)).await.unwrap();
    let mut keyring = Keyring::new(event_id);
    keyring.add_key(event_id, Kid(kid), sync_protocol::key::public_key(&key.secret), KeyState::Active);
    let claims = *keyring.read(text).unwrap().claims();
    let olga = Organiser::log_in(&served.url, "olga@example.org", crate::served::PASSWORD).await.unwrap();
    let shown = olga.get(&format!("/events/{event}/tickets/{}", claims.ticket)).await.unwrap();
    (claims, shown)
}

fn read_qr(picture: &image::GrayImage) -> String {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| picture.get_pixel(x as u32, y as u32).0[0]);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

/// Draws the runs of an SVG's second path, 4 pixels to a module.
fn draw(svg: &str, modules: u32) -> image::GrayImage {
    let path = svg.split(" d=\"").nth(2).unwrap().split('"').next().unwrap();
    let mut picture = image::GrayImage::from_pixel(modules * 4, modules * 4, image::Luma([255]));
    for run in path.split('M').filter(|run| !run.is_empty()) {
        let (place, length) = run.split_once('h').unwrap();
        let (x, y) = place.split_once(' ').unwrap();
        let (x, y): (u32, u32) = (x.parse().unwrap(), y.parse().unwrap());
        let length: u32 = length.split('v').next().unwrap().parse().unwrap();
        for (dx, dy) in (0..length * 4).flat_map(|dx| (0..4).map(move |dy| (dx, dy))) {
            picture.put_pixel(x * 4 + dx, y * 4 + dy, image::Luma([0]));
        }
    }
    picture
}
