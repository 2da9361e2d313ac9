#include <jobs/dry_run.hpp>
#include <jobs/run_input.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

namespace weir::jobs {

int dry_run(const run_request& request, source& from, console& out) {
  batch_reader reader(from, request.options.items_per_job, batch_budget(request.command));
  item_batch batch;
  expanded_command command;
  std::uint64_t jobs = 0;
  bool all_usable = true;
  for (;; ++jobs) {
    const auto got = reader.next(batch);
    if (!got) return out.say(got.error().detail), 1;
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
  if (jobs == 0) out.say("no items");
  return all_usable ? 0 : 1;
}

}  // namespace weir::jobs
