//! The demo, step by step.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use harness::frames;
use harness::organiser::{EMAIL, Organiser, PASSWORD, eventually, text};
use harness::process::{Server, ServerOptions, Terminal};
use serde_json::{Value, json};

use crate::guests::{self, ATTENDEES, Event, GATE, Presentation};
use crate::table::table;
use crate::{Arguments, pictures};

/// Pictures a second on the door's screen, for people to follow.
const FPS_ON_SCREEN: &str = "3";
/// Pictures a second without a screen: slow enough that a copy comes seconds after the genuine ticket.
const FPS_HEADLESS: &str = "8";
/// How long the door's screen is without the network.
const NETWORK_BACK_AFTER: Duration = Duration::from_secs(20);
/// How long check-ins may take to reach the server.
const ARRIVAL: Duration = Duration::from_secs(30);

/// Tells the whole story and returns whether everything was as expected.
pub(crate) async fn tell(arguments: Arguments, folder: PathBuf) -> anyhow::Result<bool> {
    let has_screen = io::stdin().is_terminal() && io::stdout().is_terminal();
    ensure!(arguments.headless || has_screen, "the door screen needs a terminal; without one, add --headless");

    step("Starting a server on SQLite");
    let server = ServerOptions::default().data_folder(folder.join("server")).start()?;
    say(&format!("{}, data in {}", server.url(), folder.join("server").display()));
    let organiser = Organiser::first(&server).await?;

    step(&format!("Making an event with {ATTENDEES} attendees"));
    let event = guests::make_event(&organiser).await?;
    say(&format!("event {}", event.id));

    step(&format!("Enrolling a terminal for {GATE:?} with the enrolment code's QR picture"));
    let terminal = Terminal::in_folder(folder.join("terminal"));
    enrol(&organiser, &event, &terminal, &folder).await?;

    step("Selling, cancelling and forging tickets; downloading the list to the terminal");
    let guests = guests::invite(&organiser, &event, async || {
        let report = terminal.run(&["sync"])?.success()?;
        say(report.stdout.trim());
        Ok(())
    })
    .await?;

    let network = Network { server: Arc::new(Mutex::new(server)) };
    if arguments.headless {
        headless(&network, &organiser, &event, &terminal, &guests, &folder).await
    } else {
        on_screen(arguments.camera, network, &organiser, &event, &terminal, &guests, &folder).await
    }
}

async fn enrol(organiser: &Organiser, event: &Event, terminal: &Terminal, folder: &Path) -> anyhow::Result<()> {
    let role = json!({ "name": "Demo terminal", "gates": [GATE], "confirmed": true });
    let code = organiser.enrolment_code(&event.id, &role).await?;
    let address = text(&code, "qr_png")?;
    let path = address.strip_prefix("/api/v1").context("the code's picture lies elsewhere")?;
    let picture = folder.join("enrolment.png");
    std::fs::write(&picture, organiser.bytes(path).await?).context("could not write the enrolment code's picture")?;
    let report = terminal.run(&["enrol", "--qr", &picture.to_string_lossy()])?.success()?;
    say(report.stdout.trim());
    Ok(())
}

/// The server, as the network shows it: there or not.
#[derive(Clone)]
struct Network {
    server: Arc<Mutex<Server>>,
}

impl Network {
    fn cut(&self) -> anyhow::Result<()> {
        let status = self.server.lock().unwrap_or_else(PoisonError::into_inner).stop()?;
        ensure!(status.success(), "the server didn't stop cleanly: {status}");
        Ok(())
    }

    fn mend(&self) -> anyhow::Result<()> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).restart()
    }

    fn url(&self) -> String {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).url()
    }
}

async fn headless(
    network: &Network,
    organiser: &Organiser,
    event: &Event,
    terminal: &Terminal,
    guests: &[Presentation],
    folder: &Path,
) -> anyhow::Result<bool> {
    step("Rendering what the camera sees");
    let count = pictures::render(guests, &folder.join("pictures"))?;
    say(&format!("{count} pictures of {} presentations", guests.len()));

    step("Cutting the network; opening the door");
    network.cut()?;
    let pictures = folder.join("pictures");
    let mut door = terminal.headless(&["--replay", &pictures.to_string_lossy(), "--fps", FPS_HEADLESS])?;
    let mut verdicts = Vec::new();
    while verdicts.len() < guests.len() {
        let report = match door.next() {
            Ok(Some(report)) => report,
            Ok(None) => break,
            Err(error) => {
                say(&format!("no further verdict: {error:#}"));
                break;
            }
        };
        if report.get("type").and_then(Value::as_str) == Some("verdict") {
            verdicts.push(report);
        }
    }
    let (mut all_right, summary) = compare(guests, &verdicts);
    print!("{summary}");

    step("Mending the network; the journal travels to the server");
    network.mend()?;
    let expected = guests.iter().filter(|guest| guest.expected.is_admission()).count();
    let arrived = eventually(
        ARRIVAL,
        async || organiser.check_ins(&event.id).await,
        |check_ins| check_ins.iter().filter(|check_in| is_admission(check_in)).count() >= expected,
    )
    .await;
    match arrived {
        Ok(check_ins) => {
            let admitted = check_ins.iter().filter(|check_in| is_admission(check_in)).count();
            all_right &= admitted == expected;
            say(&format!("{admitted} admissions shown at the door, {expected} expected, all at the server"));
        }
        Err(error) => {
            all_right = false;
            say(&format!("not every admission has arrived: {error:#}"));
        }
    }
    door.process.stop()?;
    println!("\n{}", if all_right { "Every verdict was the expected one." } else { "Something was NOT as expected." });
    Ok(all_right)
}

/// Puts each guest's verdict beside the expected one.
fn compare(guests: &[Presentation], verdicts: &[Value]) -> (bool, String) {
    let mut all_right = guests.len() == verdicts.len();
    let mut rows = vec![["", "guest", "", "expected", "verdict", "ms"].map(String::from).to_vec()];
    for (number, guest) in guests.iter().enumerate() {
        let verdict = verdicts.get(number).unwrap_or(&Value::Null);
        let is_right = guest.expected.is_met_by(verdict);
        all_right &= is_right;
        let field = |name: &str| verdict.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let flags = verdict.get("flags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let flags: Vec<&str> = flags.collect();
        let got = [field("verdict").to_uppercase(), field("code"), flags.join(" ").to_lowercase()].join(" ");
        let got = got.split_whitespace().collect::<Vec<_>>().join(" ");
        rows.push(vec![
            if is_right { "✓" } else { "✗" }.into(),
            guest.who.clone(),
            guest.what.into(),
            guest.expected.to_string(),
            if got.is_empty() { "(none)".into() } else { got },
            verdict.get("ms").and_then(Value::as_f64).map(|ms| format!("{ms:.1}")).unwrap_or_default(),
        ]);
    }
    (all_right, table(&rows))
}

async fn on_screen(
    camera: bool,
    network: Network,
    organiser: &Organiser,
    event: &Event,
    terminal: &Terminal,
    guests: &[Presentation],
    folder: &Path,
) -> anyhow::Result<bool> {
    let mut door = terminal.command()?;
    let pictures = folder.join("pictures");
    if camera {
        step("Writing tickets to show to the camera");
        for (number, guest) in guests.iter().enumerate() {
            std::fs::create_dir_all(&pictures)?;
            let name = format!("{:02} {} {}.png", number + 1, guest.who, guest.what);
            frames::clean(&guest.text).save(pictures.join(name.trim().replace('/', " ")))?;
        }
        say(&format!("print them or show them on a phone: {}", pictures.display()));
    } else {
        step("Rendering what the camera sees");
        pictures::render(guests, &pictures)?;
        door.arg("--replay").arg(&pictures).args(["--fps", FPS_ON_SCREEN]);
    }

    step("Next: the door, without a network");
    say(&format!("The server goes down as the door opens, and is back {} s later.", NETWORK_BACK_AFTER.as_secs()));
    say("Watch the guests come in, and the status line when the network is back. Quit with q.");
    wait_for_enter("Press Enter to open the door");

    network.cut()?;
    let mending = network.clone();
    let back = tokio::spawn(async move {
        tokio::time::sleep(NETWORK_BACK_AFTER).await;
        tokio::task::spawn_blocking(move || mending.mend()).await.context("the network's own program failed")?
    });
    let status =
        tokio::task::spawn_blocking(move || door.status()).await.context("the door's own program failed")??;
    if !back.is_finished() {
        back.abort();
        network.mend()?;
    } else {
        back.await.context("the network's own program failed")??;
    }
    ensure!(status.success(), "the terminal ended with {status}");

    step("What the server knows");
    // Whatever the door hadn't sent yet when it was closed.
    terminal.run(&["sync"])?.success()?;
    let check_ins = organiser.check_ins(&event.id).await?;
    print!("{}", list(&check_ins));
    step("Look around");
    say(&format!("the interface's documentation   {}/docs", network.url()));
    say(&format!("an organiser's account          {EMAIL} with the password {PASSWORD:?}"));
    say(&format!("the event                       {}", event.id));
    say(&format!(
        "check-ins                       curl -H 'Authorization: Bearer {}' {}/api/v1/events/{}/check-ins",
        organiser.token(),
        network.url(),
        event.id
    ));
    wait_for_enter("The server runs until you press Enter");
    Ok(true)
}

fn list(check_ins: &[Value]) -> String {
    let mut rows = vec![["when", "who", "what", "gate", "device"].map(String::from).to_vec()];
    for check_in in check_ins {
        let field = |pointer: &str| check_in.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let what = [field("/kind"), field("/code")].join(" ").trim().to_uppercase();
        rows.push(vec![field("/at"), field("/attendee"), what, field("/gate/name"), field("/device/name")]);
    }
    table(&rows)
}

fn is_admission(check_in: &Value) -> bool {
    check_in.get("kind").and_then(Value::as_str) == Some("admit")
}

fn step(what: &str) {
    println!("\n● {what}");
}

fn say(what: &str) {
    for line in what.lines() {
        println!("  {line}");
    }
}

fn wait_for_enter(why: &str) {
    print!("\n  {why} … ");
    let _ = io::stdout().flush();
    let _ = io::stdin().read_line(&mut String::new());
}
