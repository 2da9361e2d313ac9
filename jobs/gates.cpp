#include <jobs/gates.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <charconv>
#include <string>

namespace weir::jobs {

namespace {

// A small file of /proc; empty when it cannot be read.
std::string text_of(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(4096, '\0');
  const ssize_t n = ::read(fd, text.data(), text.size());
  ::close(fd);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

template <class Number>
std::optional<Number> leading(std::string_view text) {
  Number n{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc()) return std::nullopt;
  return n;
}

}  // namespace

std::optional<double> parse_loadavg(std::string_view text) { return leading<double>(text); }

std::optional<std::uint64_t> parse_meminfo(std::string_view text) {
  constexpr std::string_view name = "MemAvailable:";
  const auto at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + name.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto kib = leading<std::uint64_t>(text);
  if (!kib) return std::nullopt;
  return *kib * 1024;
}

machine machine::real() {
  return {[] { return parse_loadavg(text_of("/proc/loadavg")); },
          [] { return parse_meminfo(text_of("/proc/meminfo")); }};
}

start_gate::start_gate(gate_options o, machine m)
    : options_(o), machine_(std::move(m)), open_(o.delay <= duration::zero() && !o.load && o.memfree == 0) {}

bool start_gate::machine_allows() const {
  if (options_.load) {
    const auto load = machine_.load();
    if (load && *load > *options_.load) return false;
  }
  if (options_.memfree > 0) {
    const auto memory = machine_.available_memory();
    if (memory && *memory < options_.memfree) return false;
  }
  return true;
}

bool start_gate::pass(const std::stop_token& stop) {
  if (open_) return !stop.stop_requested();
  std::unique_lock lock(mutex_);
  const auto never_true = [] { return false; };
  while (!stop.stop_requested()) {
    const time_point now = clock::now();
    if (now < next_start_) {
      const duration left = std::min<duration>(next_start_ - now, std::chrono::hours(1));
      changed_.wait_for(lock, stop, left, never_true);
    } else if (!machine_allows()) {
      changed_.wait_for(lock, stop, sample_every, never_true);
    } else {
      next_start_ = after(now, options_.delay);
      return true;
    }
  }
  return false;
}

}  // namespace weir::jobs
