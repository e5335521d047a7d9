//! How long a camera's picture takes to become grey, format by format, and how much of it is copied.
//!
//! One buffer is used again, as by the capturing thread: `alloc` says what a picture needs beside it, and `grow` and
//! `tmp` how much is moved besides.

use std::cell::RefCell;

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use harness::fake_camera::{Film, filmed};
use harness::frames::{self, Kind, Scene, Severity};
use usher_terminal::camera::luma::{PixelFormat, convert};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Counts the grey that comes out: 0.9 MB a picture of 1280x720.
#[divan::bench(args = [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Mjpeg])]
fn to_grey(bencher: Bencher<'_, '_>, format: PixelFormat) {
    let film = match format {
        PixelFormat::Yuyv => Film::Yuyv,
        PixelFormat::Nv12 => Film::Nv12,
        PixelFormat::Mjpeg => Film::Mjpeg,
    };
    let picture = frames::render("TICKET", &Scene { seed: 1, kind: Kind::Paper, severity: Severity::Mild });
    let size = (picture.width(), picture.height());
    let raw = filmed(&picture, film);
    let grey = RefCell::new(Vec::new());
    assert_eq!(convert(format, &raw, size, &mut grey.borrow_mut()), Ok(size), "the benchmark measures what it says");
    bencher
        .counter(BytesCount::new(size.0 * size.1))
        .bench_local(|| convert(format, black_box(&raw), size, &mut grey.borrow_mut()));
}
