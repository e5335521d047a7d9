//! What lies in the database, read when somebody asks, for all who ask while it lasts.
//!
//! Its size is bounded whatever the installation holds: terminals are shown while their event is near, and no more of
//! them than [`DEVICES_MAX`].

use std::path::Path;
use std::sync::Arc;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};
use sync_protocol::id::{DeviceId, EventId, FeedSeq};
use sync_protocol::sync::health::{CameraHealth, Power};
use sync_protocol::time::UnixMillis;

use super::Labels;
use crate::admissions::conflicts;
use crate::app::App;
use crate::db::StoreError;
use crate::db::meters::Connections;
use crate::devices::health::Watched;
use crate::events::near::Near;
use crate::work::Backlog;
use crate::{devices, events, mails, sync, webhooks};

/// The most terminals that are shown, those of the events that begin last first.
pub const DEVICES_MAX: u32 = 2_000;
/// The most events that are shown.
const EVENTS_MAX: u32 = 200;
/// The most events whose conflicts are looked for: that costs a look at all who came in more than once.
const CONFLICTS_MAX: usize = 20;

type Gauges<const N: usize> = Family<Labels<N>, Gauge<f64, std::sync::atomic::AtomicU64>>;

/// What was read.
#[derive(Clone, Debug)]
pub struct Reading {
    now: UnixMillis,
    events: Vec<Near>,
    devices: Vec<(Watched, FeedSeq)>,
    conflicts: Vec<(EventId, usize)>,
    mails: Backlog,
    webhooks: Backlog,
    connections: Vec<Connections>,
    database_bytes: u64,
    disk_free_bytes: Option<u64>,
}

/// Reads everything, or shares what others who ask at this moment are told; nothing if it cannot be read, which is
/// logged and counted.
pub(super) async fn shared(app: &App, folder: &Path) -> Option<Arc<Reading>> {
    let (asked, folder) = (app.clone(), folder.to_owned());
    let serve = move |scrapes: Vec<()>| {
        let (app, folder) = (asked.clone(), folder.clone());
        async move {
            let reading = match read(&app, &folder).await {
                Ok(reading) => Some(Arc::new(reading)),
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the metrics lack what the database says"
                    );
                    app.metrics().failed_readings.inc();
                    None
                }
            };
            vec![reading; scrapes.len()]
        }
    };
    app.metrics().readings.ask((), (), serve).await.ok().flatten()
}

async fn read(app: &App, folder: &Path) -> Result<Reading, StoreError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_read().await?;
    let events = events::near::events(&mut tx, now, EVENTS_MAX).await?;
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    let heads = sync::feed::heads(&mut tx, &ids).await?;
    let watched = devices::health::watched(&mut tx, &ids, DEVICES_MAX).await?;
    let head_of = |event: &EventId| heads.get(event).copied().unwrap_or_default();
    let devices = watched.into_iter().map(|watched| (watched.clone(), head_of(&watched.event))).collect();
    let mut found = Vec::new();
    for event in events.iter().filter(|event| event.is_on).take(CONFLICTS_MAX) {
        let policy = sync::feed::policy(&mut tx, event.id).await?;
        found.push((event.id, conflicts::of_event(&mut tx, event.id, &policy).await?.conflicts.len()));
    }
    let (mails, webhooks) = (mails::backlog(&mut tx).await?, webhooks::backlog(&mut tx).await?);
    drop(tx);
    Ok(Reading {
        now,
        events,
        devices,
        conflicts: found,
        mails,
        webhooks,
        connections: app.database().connections(),
        database_bytes: app.database().size_bytes().await?,
        disk_free_bytes: free_bytes(folder),
    })
}

/// Returns how much room the disk of a folder has for us, where the system tells.
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

impl Reading {
    /// Returns what was read as metrics.
    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        self.write_events(&mut registry);
        self.write_devices(&mut registry);
        self.write_queues(&mut registry);
        self.write_database(&mut registry);
        registry
    }

    fn write_events(&self, registry: &mut Registry) {
        let is_on = Gauges::<1>::default();
        for event in &self.events {
            is_on.get_or_create(&[of_event(event.id)]).set(f64::from(u8::from(event.is_on)));
        }
        let help = "Whether an event that is near and not closed is on: from an hour before its begin to its end";
        register(registry, "usher_event_on", help, is_on);
        let found = Gauges::<1>::default();
        for (event, conflicts) in &self.conflicts {
            found.get_or_create(&[of_event(*event)]).set(*conflicts as f64);
        }
        register(
            registry,
            "usher_conflicts",
            "Tickets that came in more often than they may, of events that are on",
            found,
        );
    }

    fn write_devices(&self, registry: &mut Registry) {
        self.write_each(
            registry,
            "usher_device_feed_lag_entries",
            "Entries of the feed that a terminal does not hold yet",
            |device, head| Some(head.0.saturating_sub(device.cursor.unwrap_or_default().0) as f64),
        );
        self.write_each(registry, "usher_device_silent_seconds", "Time since a terminal last spoke", |device, _| {
            Some(seconds(self.now.since(device.last_seen_at.unwrap_or(device.enrolled_at))))
        });
        self.write_reported(
            registry,
            "usher_device_list_age_seconds",
            "Time since a terminal's list was last known to be the server's",
            |watched| {
                let list_at = watched.health.list_at?;
                Some(seconds(self.now.since(list_at)))
            },
        );
        self.write_reported(
            registry,
            "usher_device_unsent_entries",
            "Entries of a terminal's journal that the server had not acknowledged",
            |watched| Some(f64::from(watched.health.unsent)),
        );
        self.write_reported(
            registry,
            "usher_device_clock_offset_seconds",
            "The server's time less a terminal's clock",
            |watched| Some(f64::from(watched.health.offset_ms) / 1_000.0),
        );
        self.write_reported(
            registry,
            "usher_device_clock_uncertainty_seconds",
            "How wrong a terminal's corrected time may be",
            |watched| Some(f64::from(watched.health.uncertainty_ms) / 1_000.0),
        );
        self.write_reported(
            registry,
            "usher_device_battery_ratio",
            "How full a terminal's battery is, of 1; absent without one",
            |watched| watched.health.power.battery().map(|percent| f64::from(percent.value()) / 100.0),
        );
        self.write_reported(
            registry,
            "usher_device_on_mains",
            "Whether a terminal is not emptying a battery",
            |watched| Some(f64::from(u8::from(!matches!(watched.health.power, Power::Draining(_))))),
        );
        self.write_reported(
            registry,
            "usher_device_camera_up",
            "Whether a terminal's camera gives pictures; absent where none is used",
            |watched| match watched.health.camera {
                CameraHealth::Unused => None,
                CameraHealth::Pictures => Some(1.0),
                CameraHealth::Dark => Some(0.0),
            },
        );
        let versions = Gauges::<3>::default();
        for (device, _) in &self.devices {
            let Some(reported) = &device.reported else { continue };
            let version = ("version", reported.health.version.as_str().to_owned().into());
            let [id, event] = of_device(device.id, device.event);
            versions.get_or_create(&[id, event, version]).set(1.0);
        }
        register(registry, "usher_device_info", "Which program a terminal runs", versions);
    }

    /// Writes what is known of every terminal.
    fn write_each(
        &self,
        registry: &mut Registry,
        name: &str,
        help: &str,
        value: impl Fn(&Watched, FeedSeq) -> Option<f64>,
    ) {
        let gauges = Gauges::<2>::default();
        for (device, head) in &self.devices {
            if let Some(value) = value(device, *head) {
                gauges.get_or_create(&of_device(device.id, device.event)).set(value);
            }
        }
        register(registry, name, help, gauges);
    }

    /// Writes what terminals told of themselves, for those that did.
    fn write_reported(
        &self,
        registry: &mut Registry,
        name: &str,
        help: &str,
        value: impl Fn(&devices::health::Reported) -> Option<f64>,
    ) {
        self.write_each(registry, name, help, |device, _| device.reported.as_ref().and_then(&value));
    }

    fn write_queues(&self, registry: &mut Registry) {
        let queues = Gauges::<2>::default();
        for (queue, Backlog { waiting, retrying, dead }) in [("mails", self.mails), ("webhooks", self.webhooks)] {
            for (state, count) in [("waiting", waiting), ("retrying", retrying), ("dead", dead)] {
                queues.get_or_create(&[("queue", queue.into()), ("state", state.into())]).set(count as f64);
            }
        }
        let help = "Letters and calls of webhooks: not tried yet, failed and to be tried again, given up";
        register(registry, "usher_queue_length", help, queues);
    }

    fn write_database(&self, registry: &mut Registry) {
        let connections = Gauges::<2>::default();
        for Connections { pool, in_use, idle } in &self.connections {
            for (state, count) in [("in_use", in_use), ("idle", idle)] {
                connections.get_or_create(&[("pool", (*pool).into()), ("state", state.into())]).set(f64::from(*count));
            }
        }
        register(registry, "usher_database_connections", "Connections of this process to the database", connections);
        let size = Gauges::<0>::default();
        size.get_or_create(&[]).set(self.database_bytes as f64);
        register(registry, "usher_database_size_bytes", "How large the database is", size);
        let disk = Gauges::<0>::default();
        if let Some(bytes) = self.disk_free_bytes {
            disk.get_or_create(&[]).set(bytes as f64);
        }
        register(registry, "usher_disk_free_bytes", "How much room the data folder's disk has left", disk);
    }
}

fn register(registry: &mut Registry, name: &str, help: &str, metric: impl Metric) {
    registry.register(name, help, metric);
}

fn of_event(event: EventId) -> (&'static str, std::borrow::Cow<'static, str>) {
    ("event", event.to_string().into())
}

fn of_device(device: DeviceId, event: EventId) -> Labels<2> {
    [("device", device.to_string().into()), of_event(event)]
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}
