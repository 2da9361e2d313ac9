/work/main/bench/channel/crossbeam/build/lead/bench/channel/cargo/release/crossbeam_peer: /work/main/bench/channel/crossbeam/src/main.rs
