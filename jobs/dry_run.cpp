#include <jobs/dry_run.hpp>
#include <jobs/resumed_reader.hpp>
#include <jobs/run_input.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

namespace weir::jobs {

namespace {

template <class Reader>
int print_all(const run_request& request, Reader& reader, const bool& passed_over, console& out) {
  item_batch batch;
  expanded_command command;
  std::uint64_t jobs = 0;
  bool all_usable = true;
  for (;; ++jobs) {
    const auto got = reader.next(batch);
    if (!got) return out.say(got.error().detail), got.error().code == std::errc::invalid_argument ? 2 : 1;
    if (*got != reading::got) break;
    if (batch.fault != item_fault::none) {
      out.say(describe_fault(batch));
      all_usable = false;
      continue;
    }
    request.command.expand(batch, jobs % workers_of(request.options).most + 1, command);
    const std::string line = command.to_string() + "\n";
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) break;
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    if (errno == EPIPE) return 128 + SIGPIPE;
    return out.say(fmt::format("cannot write output: {}", std::strerror(errno))), 1;
  }
  if (jobs == 0 && !passed_over) out.say("no items");
  return all_usable ? 0 : 1;
}

}  // namespace

int dry_run(const run_request& request, source& from, earlier_jobs* before, console& out) {
  const run_options& o = request.options;
  batch_reader reader(from, o.items_per_job, batch_budget(request.command));
  bool passed_over = false;
  if (before == nullptr) return print_all(request, reader, passed_over, out);
  using again = resumed_reader::again;
  resumed_reader rest(reader, *before, o.resume_failed ? again::failed : again::nothing,
                      [&](std::uint64_t) { passed_over = true; });
  return print_all(request, rest, passed_over, out);
}

}  // namespace weir::jobs
