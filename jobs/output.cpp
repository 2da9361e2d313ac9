#include <jobs/descriptor_writer.hpp>
#include <jobs/kept_output.hpp>
#include <jobs/output.hpp>
#include <jobs/results_directory.hpp>
#include <jobs/spool.hpp>
#include <weir/base/time.hpp>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace weir::jobs {
namespace {

// What may wait for its turn: so much in memory, then in files of its own, a descriptor or two each.
constexpr std::uint64_t most_waiting_memory = std::uint64_t{4} << 20;
constexpr std::size_t most_waiting_files = 256;
constexpr std::size_t most_waiting_jobs = 8192;
constexpr std::size_t most_spare = 64;
constexpr std::size_t line_block = std::size_t{64} << 10;
// A job that would spill to a file may print while it runs, if it prints at least so fast: a slow one would
// keep the output of jobs that end before it back for as long as it runs.
constexpr double streaming_bytes_per_second = 4 << 20;

}  // namespace

struct printer::state {
  explicit state(output_options o)
      : options(std::move(o)), out(options.out, options.given_up), err(options.err, options.given_up) {}

  bool in_order() const { return options.keep_order && options.mode != print_mode::results; }
  bool ends_lines() const { return options.tag || options.mode == print_mode::lines; }

  // Of the turn.
  bool try_turn(std::uint64_t seq);
  void await_turn();
  void pass_on(std::uint64_t seq);
  void deliver(std::unique_ptr<kept_output>& kept);
  // With the turn held.
  void print(kept_output& kept);
  void print_kept(stream which, kept_output& kept);
  void emit(stream which, std::string_view item, std::string_view bytes);
  void end_job(std::string_view note);
  void announce();
  void tell_printed();
  void say_failure(const descriptor_writer& writer);
  void say_failure(const error& what);
  void say_failure(output_failure what);
  // With the mutex held.
  bool may_print(std::uint64_t seq) const { return !turn && (!in_order() || seq == next); }
  bool crowded() const {
    return waiting.size() >= most_waiting_jobs || waiting_files >= most_waiting_files ||
           waiting_memory >= 2 * most_waiting_memory;
  }
  void advance(std::uint64_t seq);
  std::unique_ptr<kept_output> take_next();
  std::unique_ptr<kept_output> spare_output();

  output_options options;

  // Used by whoever holds the turn.
  descriptor_writer out;
  descriptor_writer err;
  std::array<bool, 2> mid_line{false, false};  // of the job being printed
  bool announced = false;
  const std::array<bool, 2> terminal{::isatty(options.out) == 1, ::isatty(options.err) == 1};
  std::string lines;

  std::mutex mutex;  // guards all below
  std::condition_variable_any changed;
  bool turn = false;
  std::uint64_t next = 1;  // in order: whose turn comes
  std::uint64_t arrivals = 0;
  std::map<std::uint64_t, std::unique_ptr<kept_output>> waiting;  // by seq when in order, else by arrival
  std::map<std::uint64_t, std::uint64_t> skipped;  // first to last of each stretch, all above `next`
  std::uint64_t waiting_memory = 0;
  std::size_t waiting_files = 0;
  std::size_t held_back = 0;  // threads in `changed`
  std::vector<std::unique_ptr<kept_output>> spare;
  std::optional<output_failure> failed;
};

bool printer::state::try_turn(std::uint64_t seq) {
  const std::lock_guard lock(mutex);
  if (!may_print(seq) || (!in_order() && !waiting.empty())) return false;
  turn = true;
  return true;
}

void printer::state::await_turn() {
  std::unique_lock lock(mutex);
  ++held_back;
  changed.wait(lock, [&] { return !turn; });
  --held_back;
  turn = true;
}

/// Job `seq`, which held the turn, is printed: so are the others that wait for it, then the turn is free.
void printer::state::pass_on(std::uint64_t seq) {
  std::unique_lock lock(mutex);
  advance(seq);
  while (auto kept = take_next()) {
    if (held_back > 0) changed.notify_all();
    lock.unlock();
    print(*kept);
    kept->clear();
    lock.lock();
    advance(kept->seq);
    if (spare.size() < most_spare) spare.push_back(std::move(kept));
  }
  turn = false;
  if (held_back > 0) changed.notify_all();
}

/// A job has ended that was not printed while it ran. Leaves an empty output in `kept`.
void printer::state::deliver(std::unique_ptr<kept_output>& kept) {
  std::unique_lock lock(mutex);
  if (!may_print(kept->seq) && waiting_memory + kept->in_memory() > most_waiting_memory) {
    lock.unlock();
    // On a full disk it stays in memory; wait_for_room then holds further jobs back.
    (void)kept->out.to_file();
    (void)kept->err.to_file();
    lock.lock();
  }
  if (may_print(kept->seq)) {
    turn = true;
    lock.unlock();
    print(*kept);
    kept->clear();
    pass_on(kept->seq);
    return;
  }
  waiting_memory += kept->in_memory();
  waiting_files += kept->files();
  const std::uint64_t key = in_order() ? kept->seq : arrivals++;
  waiting.insert_or_assign(key, std::exchange(kept, spare_output()));
}

void printer::state::advance(std::uint64_t seq) {
  if (!in_order() || seq != next) return;
  ++next;
  while (!skipped.empty() && skipped.begin()->first <= next) {
    next = std::max(next, skipped.begin()->second + 1);
    skipped.erase(skipped.begin());
  }
}

std::unique_ptr<kept_output> printer::state::take_next() {
  if (waiting.empty() || (in_order() && waiting.begin()->first > next)) return nullptr;
  auto kept = std::move(waiting.extract(waiting.begin()).mapped());
  waiting_memory -= kept->in_memory();
  waiting_files -= kept->files();
  return kept;
}

std::unique_ptr<kept_output> printer::state::spare_output() {
  if (spare.empty()) return std::make_unique<kept_output>();
  auto kept = std::move(spare.back());
  spare.pop_back();
  return kept;
}

void printer::state::print(kept_output& kept) {
  if (!kept.nothing_to_print()) announce();
  print_kept(stream::out, kept);
  print_kept(stream::err, kept);
  end_job(kept.note);
}

void printer::state::print_kept(stream which, kept_output& kept) {
  spool& bytes = kept.of(which);
  if (bytes.empty()) return;
  if (!ends_lines() && bytes.has_file()) {
    descriptor_writer& writer = which == stream::out ? out : err;
    if (!writer.write(bytes)) say_failure(writer);
    mid_line[static_cast<std::size_t>(which)] = ends_inside_line(bytes);
    return;
  }
  if (!for_each_block(bytes, [&](std::string_view block) { emit(which, kept.item, block); })) {
    const std::error_code code(errno, std::generic_category());
    say_failure({false, code, "cannot read back output in " + temporary_directory() + ": " + code.message()});
  }
}

void printer::state::emit(stream which, std::string_view item, std::string_view bytes) {
  if (bytes.empty()) return;
  descriptor_writer& writer = which == stream::out ? out : err;
  bool& inside = mid_line[static_cast<std::size_t>(which)];
  if (!options.tag) {
    inside = bytes.back() != '\n';
    if (!writer.write(bytes)) say_failure(writer);
    return;
  }
  lines.clear();
  while (!bytes.empty() && !writer.failure()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view line = bytes.substr(0, newline == std::string_view::npos ? newline : newline + 1);
    if (!inside) lines.append(item).push_back('\t');
    lines.append(line);
    inside = newline == std::string_view::npos;
    bytes.remove_prefix(line.size());
    if (lines.size() < line_block && !bytes.empty()) continue;
    if (!writer.write(lines)) say_failure(writer);
    lines.clear();
  }
}

/// The last of a job is printed: no line of the next one joins its last line, where lines are what is
/// printed.
void printer::state::end_job(std::string_view note) {
  if (ends_lines() && mid_line[0] && !out.write("\n")) say_failure(out);
  if ((ends_lines() || !note.empty()) && mid_line[1] && !err.write("\n")) say_failure(err);
  const bool unread = out.failure() == std::errc::broken_pipe;  // then the run ends quietly
  if (!note.empty() && !unread && !err.write(note)) say_failure(err);
  if (ends_lines()) mid_line = {false, false};
  if (!note.empty()) mid_line[1] = false;
  tell_printed();
  mid_line = {false, false};
}

void printer::state::announce() {
  announced = true;
  if (options.before_print) options.before_print();
}

void printer::state::tell_printed() {
  if (!std::exchange(announced, false)) return;
  if (options.after_print) options.after_print((terminal[0] && mid_line[0]) || (terminal[1] && mid_line[1]));
}

void printer::state::say_failure(const descriptor_writer& writer) {
  const std::error_code code = writer.failure();
  if (code == std::errc::operation_canceled)
    return say_failure({false, code, "nobody reads the output: the rest of it is thrown away"});
  say_failure({code == std::errc::broken_pipe, code, "cannot write output: " + code.message()});
}

void printer::state::say_failure(const error& what) {
  say_failure({false, what.code, "cannot write output: " + what.detail});
}

void printer::state::say_failure(output_failure what) {
  {
    const std::lock_guard lock(mutex);
    if (failed) return;
    failed = what;
  }
  if (options.on_failure) options.on_failure(what);
}

struct job_output::state {
  explicit state(printer& p) : shared(*p.state_) {
    if (shared.options.mode == print_mode::results) results.emplace(shared.options.directory);
  }

  io_result<> keep_or_print(stream which, std::string_view bytes);
  io_result<> print_lines(stream which, std::string_view bytes);
  bool print_now(std::size_t more);
  void end_lines(std::string note);

  printer::state& shared;
  std::optional<results_directory> results;
  std::unique_ptr<kept_output> kept = std::make_unique<kept_output>();
  attempt now = attempt::last;
  bool streaming = false;  // this job holds the turn
  time_point began{};
};

/// Whether this job may print while it runs, now that `more` bytes came. If so it holds the turn until it
/// ends, and what it had printed before is out.
bool job_output::state::print_now(std::size_t more) {
  if (streaming) return true;
  if (now != attempt::last) return false;
  if (!shared.in_order()) {
    const std::uint64_t bytes = kept->out.size() + kept->err.size() + more;
    if (bytes <= spool::default_limit) return false;
    const auto seconds = std::chrono::duration<double>(clock::now() - began).count();
    if (static_cast<double>(bytes) < seconds * streaming_bytes_per_second) return false;
  }
  if (!shared.try_turn(kept->seq)) return false;
  streaming = true;
  shared.announce();
  shared.print_kept(stream::out, *kept);
  shared.print_kept(stream::err, *kept);
  kept->clear_streams();
  return true;
}

io_result<> job_output::state::keep_or_print(stream which, std::string_view bytes) {
  if (!print_now(bytes.size())) return kept->of(which).append(bytes);
  shared.announce();
  shared.emit(which, kept->item, bytes);
  shared.tell_printed();
  return {};
}

/// What is a whole line goes out; the beginning of the next one stays in `kept`.
io_result<> job_output::state::print_lines(stream which, std::string_view bytes) {
  spool& beginning = kept->of(which);
  const std::size_t last = bytes.rfind('\n');
  if (last == std::string_view::npos) return beginning.append(bytes);
  shared.await_turn();
  shared.announce();
  shared.print_kept(which, *kept);
  shared.emit(which, kept->item, bytes.substr(0, last + 1));
  shared.tell_printed();
  shared.pass_on(kept->seq);
  beginning.clear();
  return beginning.append(bytes.substr(last + 1));
}

void job_output::state::end_lines(std::string note) {
  kept->note = std::move(note);
  if (kept->nothing_to_print()) return;
  shared.await_turn();
  shared.print(*kept);
  shared.pass_on(kept->seq);
}

job_output::job_output(printer& p) : state_(std::make_unique<state>(p)) {}

job_output::~job_output() = default;

io_result<> job_output::begin(std::uint64_t seq, std::string_view item, attempt now) {
  kept_output& kept = *state_->kept;
  kept.clear();
  kept.seq = seq;
  kept.item.assign(item);
  state_->now = now;
  state_->began = clock::now();
  if (!state_->results) return {};
  auto begun = state_->results->begin(seq, item);
  if (!begun) state_->shared.say_failure(begun.error());
  return begun;
}

io_result<> job_output::write(stream which, std::string_view bytes) {
  if (state_->results) {
    auto written = state_->results->write(which, bytes);
    if (!written) state_->shared.say_failure(written.error());
    return written;
  }
  const output_options& options = state_->shared.options;
  if (options.mode == print_mode::lines && !options.keep_order && state_->now == attempt::last) {
    return state_->print_lines(which, bytes);
  }
  return state_->keep_or_print(which, bytes);
}

/// Standard output as it is: of standard error the last byte is looked at, for the note that may follow.
io_result<std::size_t> job_output::take(stream which, int pipe) {
  state& own = *state_;
  if (own.results || own.shared.ends_lines() || which == stream::err) return std::size_t{0};
  if (own.shared.options.after_print && own.shared.terminal[0])
    return std::size_t{0};  // the last byte counts
  if (!own.print_now(0)) return own.kept->of(which).take(pipe);
  own.shared.announce();
  const std::size_t moved = own.shared.out.move(pipe);
  if (own.shared.out.failure()) own.shared.say_failure(own.shared.out);
  own.shared.tell_printed();
  return moved;
}

io_result<> job_output::finish(const process_result& result) {
  state& own = *state_;
  std::string note = note_about(own.kept->seq, own.kept->item, result);
  if (own.results) {
    auto written = own.results->finish(result);
    if (!written) own.shared.say_failure(written.error());
    own.end_lines(std::move(note));
    return written;
  }
  if (own.streaming) {
    own.streaming = false;
    own.shared.end_job(note);
    own.shared.pass_on(own.kept->seq);
  } else if (own.shared.options.mode == print_mode::lines && !own.shared.in_order()) {
    own.end_lines(std::move(note));
  } else {
    own.kept->note = std::move(note);
    // Most jobs print nothing: they need no turn, unless a number is waited for.
    if (!own.kept->nothing_to_print() || own.shared.in_order()) own.shared.deliver(own.kept);
  }
  own.kept->clear();
  return {};
}

printer::printer(output_options options) : state_(std::make_unique<state>(std::move(options))) {
  for (const int signal : {SIGPIPE, SIGXFSZ})
    std::signal(signal, SIG_IGN);  // the write fails instead, and says why
}

printer::~printer() = default;

bool printer::wait_for_room(std::uint64_t seq, std::stop_token stop) {
  state& s = *state_;
  std::unique_lock lock(s.mutex);
  if (!s.crowded()) return true;
  ++s.held_back;
  const bool room =
      s.changed.wait(lock, std::move(stop), [&] { return !s.crowded() || (s.in_order() && seq == s.next); });
  --s.held_back;
  return room;
}

void printer::skip(std::uint64_t seq) {
  state& s = *state_;
  if (!s.in_order()) return;
  std::unique_lock lock(s.mutex);
  if (s.may_print(seq)) {
    s.turn = true;
    lock.unlock();
    s.pass_on(seq);
    return;
  }
  if (seq <= s.next) return;
  // Losses come in long stretches: one entry holds a stretch.
  const auto after_it = s.skipped.upper_bound(seq);
  if (after_it != s.skipped.begin() && std::prev(after_it)->second + 1 >= seq) {
    std::prev(after_it)->second = std::max(std::prev(after_it)->second, seq);
  } else {
    s.skipped.emplace_hint(after_it, seq, seq);
  }
}

void printer::finish() {
  state& s = *state_;
  std::unique_lock lock(s.mutex);
  ++s.held_back;
  s.changed.wait(lock, [&] { return !s.turn; });
  --s.held_back;
  while (!s.waiting.empty()) {
    if (s.in_order()) s.next = s.waiting.begin()->first;
    s.turn = true;
    lock.unlock();
    s.pass_on(0);
    lock.lock();
  }
}

std::optional<output_failure> printer::failure() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failed;
}

}  // namespace weir::jobs
