// Who touches what: the clients share `next_arrival_` (each arrival is taken by one of them); clients and
// workers record into histograms, which are made for that, and into gauges that publish nothing but
// themselves (relaxed: exact totals are read after the threads have been joined or the pool has drained,
// which orders them). The pool is declared last, so that its workers have ended before what they write to
// does.
#include <bench/harness/flood.hpp>

#include <bench/harness/resident_memory.hpp>
#include <weir/base/hardware.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/pool/worker_pool.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

namespace weir::bench {

using std::chrono::milliseconds;

const std::vector<strategy>& strategies() {
  static const std::vector<strategy> all = {
      {"unbounded", overflow::block(), unlimited},
      {"block", overflow::block(), usual_queue},
      {"drop_newest", overflow::drop_newest(), usual_queue},
      {"drop_oldest", overflow::drop_oldest(), usual_queue},
      {"reject", overflow::reject(), usual_queue},
      {"timeout", overflow::timeout(milliseconds(20)), usual_queue},
  };
  return all;
}

const strategy* find_strategy(std::string_view name) {
  const auto found = std::ranges::find(strategies(), name, &strategy::name);
  return found == strategies().end() ? nullptr : &*found;
}

namespace {

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

quantiles quantiles_of(const histogram& h) {
  const histogram_snapshot s = h.snapshot();
  if (s.count() == 0) return {};
  return {s.p(0.5), s.p(0.9), s.p(0.99), s.max()};
}

std::uint64_t lost_of(const pool_stats& s) { return s.rejected + s.dropped + s.timed_out + s.evicted; }

class flood_run {
 public:
  flood_run(const strategy& how, const flood_options& options)
      : how_(how),
        options_(options),
        interval_(static_cast<std::int64_t>(1e9 / options.arrivals_per_second())),
        pool_([this](block& job) { work_on(job); }, {.name = "flood",
                                                     .min_workers = options.workers,
                                                     .max_workers = options.workers,
                                                     .queue_capacity = how.queue_capacity,
                                                     .on_full = how.on_full}) {}

  // Also when on_sample throws: the pool's end runs nothing that is still queued.
  ~flood_run() { pool_.cancel(); }

  flood_result run(const std::function<void(const flood_sample&)>& on_sample, std::stop_token stop) {
    std::vector<std::jthread> clients;
    clients.reserve(options_.clients);
    for (std::size_t i = 0; i < options_.clients; ++i)
      clients.emplace_back([this](std::stop_token end) { bring_jobs(end); });
    memory_watch memory;  // after the clients: what they take is not the strategy's
    std::this_thread::sleep_until(start_);

    const time_point end = start_ + options_.length;
    do {  // once at the least, also where starting the clients took longer than the flood
      std::this_thread::sleep_until(std::min<time_point>(clock::now() + milliseconds(10), end));
      const flood_sample now = sample(memory);
      if (on_sample) on_sample(now);
    } while (clock::now() < end && !stop.stop_requested());
    for (std::jthread& c : clients) c.request_stop();
    clients.clear();
    return finish(memory);
  }

 private:
  void work_on(block& job) {
    const duration wait = clock::now() - job.arrived;
    waits_.record(wait);
    last_wait_.store(wait.count(), std::memory_order_relaxed);
    digest_.fetch_xor(stretched_hash(job, options_.work.passes), std::memory_order_relaxed);
    if (clock::now() - job.arrived <= options_.patience) in_time_.fetch_add(1, std::memory_order_relaxed);
  }

  // A client: takes the next arrival of the schedule, and is back for another when the pool has answered.
  void bring_jobs(std::stop_token end) {
    const std::uint64_t arrivals = options_.arrivals();
    for (std::uint64_t n = next_arrival_.fetch_add(1, std::memory_order_relaxed); n < arrivals;
         n = next_arrival_.fetch_add(1, std::memory_order_relaxed)) {
      const time_point due = start_ + interval_ * static_cast<std::int64_t>(n);
      std::this_thread::sleep_until(due);
      if (end.stop_requested()) return;
      const result<job_id> answer = pool_.submit(make_block(n, due), {.stop = end});
      if (!answer && answer.error() == errc::cancelled) return;
      door_.record(clock::now() - due);
    }
  }

  flood_sample sample(memory_watch& memory) {
    const duration elapsed = clock::now() - start_;
    return {.elapsed = elapsed,
            .depth = pool_.queue_depth(),
            .wait = duration(last_wait_.load(std::memory_order_relaxed)),
            .goodput = static_cast<double>(in_time_.load(std::memory_order_relaxed)) / seconds(elapsed),
            .lost = lost_of(pool_.stats()),
            .memory = memory.sample()};
  }

  flood_result finish(memory_watch& memory) {
    memory.sample();
    const duration scheduled = std::min<duration>(clock::now() - start_, options_.length);
    pool_.cancel();
    static_cast<void>(pool_.drain());  // without a deadline it cannot time out
    const pool_stats s = pool_.stats();
    flood_result r{.how = how_};
    r.elapsed = clock::now() - start_;
    r.offered =
        std::min<std::uint64_t>(static_cast<std::uint64_t>(scheduled / interval_) + 1, options_.arrivals());
    r.completed = s.completed;
    r.in_time = in_time_.load(std::memory_order_relaxed);
    r.rejected = s.rejected;
    r.dropped = s.dropped;
    r.timed_out = s.timed_out;
    r.evicted = s.evicted;
    r.left = r.offered - r.completed - r.lost();
    r.wait = quantiles_of(waits_);
    r.door = quantiles_of(door_);
    r.peak_depth = s.high_water;
    r.peak_memory = memory.peak();
    return r;
  }

  const strategy how_;
  const flood_options options_;
  const duration interval_;
  const time_point start_ = from_now(milliseconds(20));  // the clients are there by then
  std::atomic<std::uint64_t> next_arrival_ = 0;
  std::atomic<std::uint64_t> in_time_ = 0;
  std::atomic<std::int64_t> last_wait_ = 0;
  std::atomic<std::uint64_t> digest_ = 0;  // keeps the work from being left out
  histogram waits_;
  histogram door_;
  worker_pool<block> pool_;
};

}  // namespace

double flood_options::arrivals_per_second() const {
  const std::size_t at_once = std::min(workers, hardware());
  return overload * static_cast<double>(at_once) / seconds(work.service);
}

std::uint64_t flood_options::arrivals() const {
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::llround(arrivals_per_second() * seconds(length))));
}

double flood_result::throughput() const { return static_cast<double>(completed) / seconds(elapsed); }

double flood_result::goodput() const { return static_cast<double>(in_time) / seconds(elapsed); }

flood_result flood(const strategy& how, const flood_options& options,
                   const std::function<void(const flood_sample&)>& on_sample, std::stop_token stop) {
  return flood_run(how, options).run(on_sample, std::move(stop));
}

}  // namespace weir::bench
