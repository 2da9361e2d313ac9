#include <jobs/run.hpp>

#include <jobs/administration.hpp>
#include <jobs/console.hpp>
#include <jobs/dry_run.hpp>
#include <jobs/ending.hpp>
#include <jobs/report.hpp>
#include <jobs/report_target.hpp>
#include <jobs/run_input.hpp>
#include <jobs/run_memory.hpp>
#include <jobs/signals.hpp>
#include <jobs/watchdog.hpp>
#include <jobs/whole_run.hpp>

#include <fmt/format.h>

#include <malloc.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <exception>
#include <string>
#include <system_error>

namespace weir::jobs {

namespace {

// Of a file that is all right but for the room on its disk.
bool is_full(const std::error_code& code) {
  return code == std::errc::no_space_on_device || code == std::errc::file_too_large ||
         code == std::error_code(EDQUOT, std::generic_category());
}

std::string formatted(const report& r, const run_options& o, const console& out) {
  switch (o.format) {
    case report_format::json: return as_json(r);
    case report_format::csv: return as_csv(r);
    case report_format::text: break;
  }
  return as_text(r, run_name, out.color() && o.report_file.empty());
}

int exit_code_of(const ending& end, const report& r) {
  if (end.exit_code() != 0) return end.exit_code();
  return r.jobs.failed + lost(r.jobs) > 0 ? 1 : 0;
}

}  // namespace

int run(run_request request) {
  ::mallopt(M_ARENA_MAX, 2);  // an arena a thread keeps memory that other threads could use
  const run_options& o = request.options;
  ending end;
  console out(STDERR_FILENO, std::string(run_name), o.color, o.progress, end.given_up());
  if (const std::string warning = request.command.warning(); !warning.empty()) out.say("warning: " + warning);
  if (o.dry_run) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto from = open_input(request, -1);
    if (!from) return out.say(from.error().detail), 2;
    const auto memory = run_memory::look(request);
    if (!memory) return out.say(memory.error().detail), 2;
    return dry_run(request, **from, memory->before(), out);
  }
  // Opening a FIFO waits for its other end: before signals are blocked, so that one ends the wait.
  auto from = open_input(request, end.interrupt());
  if (!from) return out.say(from.error().detail), 2;
  report_target target;
  if (const auto opened = target.open(o.report_file); !opened) return out.say(opened.error().detail), 2;
  auto admin = administration::open(o);
  if (!admin) return out.say(admin.error().detail), 2;
  std::signal(SIGUSR1, SIG_IGN);  // who asks for figures while a large store is read ends nothing
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write, as a full disk is
  const auto tell = [&](const std::string& text) { out.say(text); };
  const auto refused = [&](const error& why) { return out.say(why.detail), is_full(why.code) ? 1 : 2; };
  auto memory = run_memory::open(request, tell);
  if (!memory) return refused(memory.error());
  block_signals();
  auto dog = watchdog::start(memory->locks());
  if (!dog) return out.say(dog.error().detail), 1;
  if (const auto opened = memory->open_store(request, tell); !opened) return refused(opened.error());
  try {
    whole_run all(request, *memory, *dog, std::move(*from), end, out);
    if (const std::string warning = admin->warning(); !warning.empty()) out.say(warning);
    if (const std::string where = admin->where_it_is(); !where.empty()) out.say(where);
    const auto serving = admin->serve(all.surface());
    const report r = all.run();
    const bool asked = !o.report_file.empty() || o.format != report_format::text;
    const bool nothing = !all.read_anything() && r.jobs.submitted == 0 && end.exit_code() == 0;
    if (nothing) out.say("no items");
    const bool quiet = nothing || end.exit_code() == 128 + SIGPIPE;
    const bool written = (quiet && !asked) || target.write(formatted(r, o, out), out);
    const int code = exit_code_of(end, r);
    return code == 0 && !written ? 1 : code;
  } catch (const std::exception& e) {
    out.say(e.what());
    return 1;
  }
}

}  // namespace weir::jobs
