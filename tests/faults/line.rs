//! A bad line between a terminal and its server: late, narrow, and such that packets are lost on it.
//!
//! It passes streams on, not packets: a lost packet is what TCP makes of it, a wait for its being sent again, and now
//! and then a connection that is given up.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// What one packet holds, in bytes.
const PACKET: usize = 1_400;
/// Packets on their way in one direction of a connection.
const UNDER_WAY_MAX: usize = 32;
/// How long TCP waits before it sends a packet again, at least (Linux) and about at most.
const SENT_AGAIN_AFTER_MS: std::ops::Range<u64> = 200..900;

/// What is bad about a line, in each direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quality {
    pub(crate) delay: Duration,
    /// Of a hundred packets, those that are lost.
    pub(crate) lost_percent: u32,
    /// Of ten thousand packets, those whose connection ends.
    pub(crate) cut_per_10_000: u32,
    /// Bits in a second; 0 is any number.
    pub(crate) bits_per_second: u64,
}

/// A line to a server.
pub(crate) struct Line {
    port: u16,
}

/// One direction of all connections.
struct Direction {
    quality: Quality,
    state: Mutex<State>,
}

struct State {
    chance: StdRng,
    /// When all that was sent before is through.
    free_at: Instant,
}

impl Line {
    /// Lays a line to `server`, as in `127.0.0.1:8080`, until the program ends.
    pub(crate) fn lay(server: String, quality: Quality, seed: u64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("could not listen")?;
        let port = listener.local_addr()?.port();
        let (there, back) = (Direction::new(quality, seed), Direction::new(quality, !seed));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(upstream) = TcpStream::connect(&server) else { continue };
                let (Ok(from_client), Ok(from_server)) = (client.try_clone(), upstream.try_clone()) else { continue };
                pass(from_client, upstream, Arc::clone(&there));
                pass(from_server, client, Arc::clone(&back));
            }
        });
        Ok(Self { port })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Direction {
    fn new(quality: Quality, seed: u64) -> Arc<Self> {
        let state = State { chance: StdRng::seed_from_u64(seed), free_at: Instant::now() };
        Arc::new(Self { quality, state: Mutex::new(state) })
    }

    /// When a packet of so many bytes arrives, if its connection goes on.
    fn arrival(&self, bytes: usize) -> Option<Instant> {
        let Quality { delay, lost_percent, cut_per_10_000, bits_per_second } = self.quality;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = bytes as u64 * 8;
        let takes = Duration::from_micros((bits * 1_000_000).checked_div(bits_per_second).unwrap_or(0));
        state.free_at = state.free_at.max(Instant::now()) + takes;
        let mut arrival = state.free_at + delay;
        while state.chance.random_range(0..100) < lost_percent {
            arrival += Duration::from_millis(state.chance.random_range(SENT_AGAIN_AFTER_MS));
        }
        (state.chance.random_range(0..10_000) >= cut_per_10_000).then_some(arrival)
    }
}

fn pass(from: TcpStream, to: TcpStream, direction: Arc<Direction>) {
    let (sender, receiver) = sync_channel(UNDER_WAY_MAX);
    thread::spawn(move || take(from, &direction, &sender));
    thread::spawn(move || deliver(to, receiver));
}

/// Takes what comes, in packets.
fn take(mut from: TcpStream, direction: &Direction, under_way: &SyncSender<(Instant, Vec<u8>)>) {
    let mut packet = vec![0; PACKET];
    while let Ok(count @ 1..) = from.read(&mut packet) {
        let Some(bytes) = packet.get(..count) else { break };
        let Some(arrival) = direction.arrival(count) else {
            let _ = from.shutdown(Shutdown::Both);
            break;
        };
        if under_way.send((arrival, bytes.to_vec())).is_err() {
            break;
        }
    }
}

/// Delivers each packet when it arrives; one that was lost keeps back those behind it.
fn deliver(mut to: TcpStream, under_way: Receiver<(Instant, Vec<u8>)>) {
    for (arrival, bytes) in under_way {
        thread::sleep(arrival.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
