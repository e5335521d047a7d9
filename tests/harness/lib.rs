//! What the tests, the demo and the benchmarks stand on: real databases, the real programs, a real terminal screen.
//!
//! Nothing here imitates the product. [`postgres`] and [`databases`] give throw-away databases, [`cluster`] one that may
//! be killed, [`process`] runs the programs that cargo built, [`organiser`] speaks to the server as an organiser's own
//! program would, [`pty`] shows what a person at the door would see, [`frames`] draws what a camera at the door would,
//! and [`fake_camera`] is that camera; [`camera_trial`] is what it has to have in common with a real one.
//! [`feed_world`] is an event's feed in memory, for tests of a terminal alone, and [`crowd`] is as many attendees as are
//! needed.

pub mod camera_trial;
pub mod cluster;
pub mod crowd;
pub mod databases;
pub mod device;
pub mod fake_camera;
pub mod feed_world;
pub mod organiser;
pub mod postgres;
pub mod process;
pub mod pty;

pub use frames;
