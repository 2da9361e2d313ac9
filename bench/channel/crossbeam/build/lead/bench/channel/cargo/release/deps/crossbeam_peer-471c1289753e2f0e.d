/work/main/bench/channel/crossbeam/build/lead/bench/channel/cargo/release/deps/crossbeam_peer-471c1289753e2f0e.d: src/main.rs

/work/main/bench/channel/crossbeam/build/lead/bench/channel/cargo/release/deps/crossbeam_peer-471c1289753e2f0e: src/main.rs

src/main.rs:
