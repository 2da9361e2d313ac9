//! crossbeam-channel between threads, with the command line of bench/peers/channel_program.hpp.

use crossbeam_channel::bounded;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

struct Cell {
    producers: u64,
    consumers: u64,
    capacity: usize,
    bytes: u64,
    items: u64,
    ping_pong: bool,
}

struct Usage {
    cpu: f64,
    voluntary: i64,
    involuntary: i64,
}

fn used() -> Usage {
    let mut r: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut r) }; // cannot fail with these arguments
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    Usage { cpu: seconds(r.ru_utime) + seconds(r.ru_stime), voluntary: r.ru_nvcsw, involuntary: r.ru_nivcsw }
}

/// Runs all runners, each on its own thread, from one start; says what they took until the last one's end.
fn race(runners: Vec<Box<dyn FnOnce() + Send + '_>>) {
    let gate = Barrier::new(runners.len() + 1);
    let begin = Mutex::new(None);
    let end: Mutex<Option<(Duration, Usage)>> = Mutex::new(None);
    let left = AtomicUsize::new(runners.len());
    std::thread::scope(|scope| {
        for run in runners {
            let (gate, begin, end, left) = (&gate, &begin, &end, &left);
            scope.spawn(move || {
                gate.wait();
                begin.lock().unwrap().get_or_insert_with(|| (used(), Instant::now()));
                run();
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    let began = begin.lock().unwrap().as_ref().unwrap().1;
                    *end.lock().unwrap() = Some((began.elapsed(), used()));
                }
            });
        }
        gate.wait();
    });
    let before = begin.into_inner().unwrap().unwrap().0;
    let (took, after) = end.into_inner().unwrap().unwrap();
    print!(
        "{{\"seconds\": {}, \"cpu_seconds\": {}, \"voluntary\": {}, \"involuntary\": {}, ",
        took.as_secs_f64(),
        after.cpu - before.cpu,
        after.voluntary - before.voluntary,
        after.involuntary - before.involuntary
    );
}

fn sum<const WORDS: usize>(parcel: [u64; WORDS]) -> u64 {
    parcel[0].wrapping_add(parcel[WORDS - 1])
}

fn move_through<const WORDS: usize>(c: &Cell) -> u64 {
    let (tx, rx) = bounded::<[u64; WORDS]>(c.capacity);
    let total = AtomicU64::new(0);
    let each = c.items / c.producers;
    let mut runners: Vec<Box<dyn FnOnce() + Send + '_>> = Vec::new();
    for i in 0..c.producers {
        let tx = tx.clone();
        runners.push(Box::new(move || {
            for n in i * each + 1..=(i + 1) * each {
                tx.send([n; WORDS]).unwrap();
            }
        }));
    }
    for _ in 0..c.consumers {
        let (rx, total) = (rx.clone(), &total);
        runners.push(Box::new(move || {
            let mut own = 0u64;
            for _ in 0..c.items / c.consumers {
                own = own.wrapping_add(sum(rx.recv().unwrap()));
            }
            total.fetch_add(own, Ordering::Relaxed);
        }));
    }
    race(runners);
    total.into_inner()
}

fn ping_pong<const WORDS: usize>(c: &Cell) -> u64 {
    let there = bounded::<[u64; WORDS]>(c.capacity);
    let back = bounded::<[u64; WORDS]>(c.capacity);
    let total = AtomicU64::new(0);
    race(vec![
        Box::new(|| {
            let mut own = 0u64;
            for n in 1..=c.items {
                there.0.send([n; WORDS]).unwrap();
                own = own.wrapping_add(sum(back.1.recv().unwrap()));
            }
            total.store(own, Ordering::Relaxed);
        }),
        Box::new(|| {
            for _ in 0..c.items {
                back.0.send(there.1.recv().unwrap()).unwrap();
            }
        }),
    ]);
    total.into_inner()
}

fn run<const WORDS: usize>(c: &Cell) -> u64 {
    if c.ping_pong {
        ping_pong::<WORDS>(c)
    } else {
        move_through::<WORDS>(c)
    }
}

fn fail(message: String) -> ! {
    eprintln!("{message}");
    std::process::exit(2);
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> T {
    text.parse().unwrap_or_else(|_| fail(format!("{name} '{text}' is no whole number")))
}

fn main() {
    let mut c = Cell { producers: 1, consumers: 1, capacity: 64, bytes: 8, items: 0, ping_pong: false };
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        if name == "--pingpong" {
            c.ping_pong = true;
            continue;
        }
        let value = words.next().unwrap_or_else(|| fail(format!("{name} has no value")));
        match name.as_str() {
            "--cell" => {
                let (p, q) = value.split_once('x').unwrap_or_else(|| fail(format!("--cell '{value}' is not like 2x2")));
                (c.producers, c.consumers) = (number("--cell", p), number("--cell", q));
            }
            "--capacity" => c.capacity = number("--capacity", &value),
            "--bytes" => c.bytes = number("--bytes", &value),
            "--items" => c.items = number("--items", &value),
            _ => fail(format!("unknown option {name}")),
        }
    }
    if c.producers == 0 || c.consumers == 0 || c.items % c.producers != 0 || c.items % c.consumers != 0 {
        fail(format!("--items {}: cannot be shared", c.items));
    }
    let total = match c.bytes {
        8 => run::<1>(&c),
        64 => run::<8>(&c),
        other => fail(format!("--bytes {other} is neither 8 nor 64")),
    };
    println!("\"checksum\": {total}}}");
}
