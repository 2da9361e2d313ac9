//! governor, with the measurements of bench/control/control.cpp: one line of JSON, nanoseconds a call.
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long one call takes, by the clock, when so many threads make them at once.
fn per_call(threads: usize, length: Duration, call: impl Fn() + Sync) -> f64 {
    const BATCH: u64 = 1000;
    let calls = AtomicU64::new(0);
    let begin = Instant::now();
    std::thread::scope(|all| {
        for _ in 0..threads {
            all.spawn(|| {
                let mut mine = 0;
                while begin.elapsed() < length {
                    for _ in 0..BATCH {
                        call();
                    }
                    mine += BATCH;
                }
                calls.fetch_add(mine, Ordering::Relaxed);
            });
        }
    });
    begin.elapsed().as_nanos() as f64 / calls.load(Ordering::Relaxed) as f64
}

fn main() {
    let ms = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(200);
    let length = Duration::from_millis(ms);
    let most = NonZeroU32::new(1_000_000_000).unwrap();
    let granting = RateLimiter::direct(Quota::per_second(most).allow_burst(most));
    let hourly = Quota::per_hour(NonZeroU32::new(1).unwrap());
    let refusing = RateLimiter::direct(hourly);
    let grant = || {
        let _ = std::hint::black_box(granting.check());
    };
    let refuse = || {
        let _ = std::hint::black_box(refusing.check());
    };
    println!(
        "{{\"granted\": {}, \"refused\": {}, \"granted_by_8\": {}, \"refused_by_8\": {}}}",
        per_call(1, length, grant),
        per_call(1, length, refuse),
        per_call(8, length, grant),
        per_call(8, length, refuse)
    );
}
