//! `usher enrol`: makes this laptop a terminal of an event.

use std::io::{IsTerminal as _, stderr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use sync_protocol::enrol::{EnrolCode, Invitation};
use sync_protocol::hash::Hash;

use super::{Place, sync};
use crate::cache::{KdfCost, Store};
use crate::camera::device::{Choice, Device, Settings};
use crate::camera::{CameraState, FrameSource, Sight, picture};
use crate::catalogue::{Catalogue, text};
use crate::clock::{Clock as _, SystemClock};
use crate::decoder::{Budget, Decoder};
use crate::enrol::{self, Offer};

/// How long the camera looks for a code before it gives up.
const CAMERA_FRAMES_EVERY: Duration = Duration::from_millis(200);

const EXAMPLES: &str = "\
Examples:
  usher enrol --qr camera                       show the organiser's QR to this laptop's camera
  usher enrol --qr enrolment.png                the same from a picture
  usher enrol --server https://10.0.0.5:8443 --code 7K2QP-9XWTZ --tls-fingerprint 3f5a…

Both screens show six digits. The organiser compares them and confirms, unless the code was made
with confirmation in advance. Then the ticket list is downloaded; after that no network is needed.";

/// Makes this laptop a terminal of an event.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct EnrolArgs {
    /// The organiser's enrolment QR: `camera`, a picture's file, or the code's own text.
    #[arg(long, value_name = "camera|FILE|TEXT", conflicts_with_all = ["code", "server"], required_unless_present = "code")]
    qr: Option<String>,
    /// The ten characters of a typed enrolment code.
    #[arg(long, requires = "server")]
    code: Option<String>,
    /// The server's address, with a typed code.
    #[arg(long, value_name = "URL", requires = "code")]
    server: Option<String>,
    /// SHA-256 of the server's own certificate, which it prints when it starts with --tls-self-signed.
    #[arg(long, value_name = "HEX", requires = "code")]
    tls_fingerprint: Option<String>,
    /// What organisers call this terminal [default: this computer's name].
    #[arg(long)]
    name: Option<String>,
    /// Leave the first download to the first `usher` or `usher sync`.
    #[arg(long)]
    no_download: bool,
    /// Print one JSON object instead of sentences.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, args: EnrolArgs) -> anyhow::Result<ExitCode> {
    let catalogue = place.catalogue();
    let offer = args.offer(&catalogue)?;
    let folder = place.folder()?;
    let name = args.name.clone().unwrap_or_else(host_name);
    let (passphrase, is_made_here) = place.new_passphrase()?;
    let clock = SystemClock::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let enrolled = runtime.block_on(enrol::enrol(
        &offer,
        &name,
        || clock.read().wall,
        |digits, is_confirmed| {
            let sentence = if is_confirmed { "prompts-digits" } else { "prompts-digits-compare" };
            eprintln!("{}", catalogue.say_with(sentence, &[("digits", text(digits.to_string()))]));
        },
    ))?;
    let (event_name, number) = (enrolled.event_name.clone(), enrolled.device_no);
    let (event, device) = (enrolled.event, enrolled.device);
    let store = Store::create(&folder, &passphrase, KdfCost::Calibrated, enrolled.try_into()?)
        .with_context(|| format!("the enrolment could not be kept in {}", folder.display()))?;
    if args.json {
        let line = serde_json::json!({
            "event": event,
            "event_name": event_name,
            "device": device,
            "device_no": number,
            "folder": folder,
            "passphrase": is_made_here.then_some(passphrase.as_str()),
        });
        println!("{line}");
    } else {
        let values = [("number", text(number.to_string())), ("event", text(event_name))];
        println!("{}", catalogue.say_with("prompts-enrolled", &values));
        if is_made_here {
            println!("{} {}", catalogue.say("prompts-passphrase"), passphrase.as_str());
            println!("{}", catalogue.say("prompts-made-keep"));
        }
    }
    if args.no_download {
        return Ok(ExitCode::SUCCESS);
    }
    let store = sync::download(store, args.json || !stderr().is_terminal(), place.catalogue())?;
    if !args.json {
        let values = [("count", store.counts().tickets.into())];
        println!("{}", catalogue.say_with("prompts-tickets", &values));
    }
    Ok(ExitCode::SUCCESS)
}

impl EnrolArgs {
    fn offer(&self, catalogue: &Catalogue) -> anyhow::Result<Offer> {
        match (&self.qr, &self.code, &self.server) {
            (Some(qr), _, _) => Ok(invitation(qr, catalogue)?.into()),
            (None, Some(code), Some(server)) => Ok(Offer {
                server: server.clone(),
                server_key_hash: None,
                tls_fingerprint: self.tls_fingerprint.as_deref().map(fingerprint).transpose()?,
                code: EnrolCode::parse(code).context("the enrolment code is not right; it has ten characters")?,
            }),
            _ => bail!("give --qr, or --code with --server"),
        }
    }
}

fn fingerprint(text: &str) -> anyhow::Result<Hash> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).context("a certificate's fingerprint has 64 hexadecimal digits")?;
    Ok(hash)
}

fn invitation(qr: &str, catalogue: &Catalogue) -> anyhow::Result<Invitation> {
    if qr.starts_with("usher://") {
        return Ok(Invitation::parse(qr)?);
    }
    if qr == "camera" {
        return from_camera(catalogue);
    }
    let path = Path::new(qr);
    let frame = picture::read(path).with_context(|| format!("{} cannot be read as a picture", path.display()))?;
    let texts: Vec<String> =
        Decoder::new(Budget::thorough()).decode(&frame).codes.into_iter().map(|c| c.text).collect();
    if texts.is_empty() {
        bail!("no QR code was found in {}", path.display());
    }
    let found = texts.iter().find_map(|text| Invitation::parse(text).ok());
    found.with_context(|| format!("the QR code in {} is not an Usher server's enrolment code", path.display()))
}

fn from_camera(catalogue: &Catalogue) -> anyhow::Result<Invitation> {
    let mut camera = Device::open(Settings { choice: Choice::Any, ..Settings::default() })?;
    let mut decoder = Decoder::new(Budget::live());
    eprintln!("{}", catalogue.say("prompts-show-code"));
    loop {
        match camera.next(CAMERA_FRAMES_EVERY) {
            Sight::Frame { frame, .. } => {
                let reading = decoder.decode(&frame);
                if let Some(found) = reading.codes.iter().find_map(|code| Invitation::parse(&code.text).ok()) {
                    return Ok(found);
                }
            }
            Sight::Camera(state @ CameraState::Absent { .. }) => bail!("{state}"),
            Sight::Camera(state) => eprintln!("{state}"),
            Sight::End => bail!("the camera gives no more pictures"),
            Sight::Unreadable { .. } | Sight::Nothing => {}
        }
    }
}

pub(super) fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = sync_protocol::text::tidy(&name, sync_protocol::text::LABEL_BYTES_MAX);
    if name.is_empty() { "terminal".to_owned() } else { name }
}
