// `weir run`: reads the options, and hands over to jobs/.

#include <adapters/http/address.hpp>
#include <jobs/run.hpp>
#include <tool/commands.hpp>
#include <tool/grammar.hpp>
#include <weir/base/units.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace jobs = weir::jobs;
using weir::tool::need;
using weir::tool::need_time;
using weir::tool::option_group;
using weir::tool::usage_error;

using options = jobs::run_options;

// Of the command line as it is planned; they are refused, and not taken for a mistyped other one.
constexpr std::string_view later[] = {"--rate-store", "--from", "--worker-process",
                                      "--post",       "--ui",   "--trace"};

option_group how_much(options& o) {
  return {
      "How much at once, and what may wait",
      {{"-j,--workers", "N|MIN..MAX|auto|FILE", "jobs at once; auto (the default): one a core",
        "MIN..MAX: as many as the load asks for, within these.\n"
        "A FILE holds the number and is read again when it changes:\n"
        "  echo 8 > n; weir run -j n ...; echo 16 > n   # while it runs",
        [&o](const std::string& v) { o.workers = need("--workers", jobs::parse_workers(v)); },
        [&o] { return o.limit ? std::to_string(jobs::workers_of(o).most) : "auto"; }},
       {"-q,--queue", "N", "jobs that may wait (4 x workers); 0: none",
        "When the queue is full, reading stops (or see --on-full), and whatever writes to us waits.",
        [&o](const std::string& v) { o.queue = need("--queue", jobs::parse_count(v, 0, "8")); },
        [&o] { return std::to_string(jobs::queue_of(o)); }},
       {"--queue-bytes", "SIZE", "bytes of items that may wait (64M)", "",
        [&o](const std::string& v) {
          o.queue_bytes = need("--queue-bytes", weir::parse_bytes(v));
          if (o.queue_bytes == 0) throw usage_error{"--queue-bytes: 0 lets nothing wait; use 64M, say"};
        },
        [&o] { return weir::bytes_to_string(o.queue_bytes); }},
       {"--on-full", "POLICY", "block (default), timeout:50ms, reject, drop_newest, drop_oldest, spill",
        "What happens to an item when the queue is full. block: the reader waits. timeout:D: it waits "
        "that long,\n"
        "then the item is lost. reject, drop_newest: this item is lost. drop_oldest: the one that waits "
        "longest\n"
        "is lost. What is lost is counted, and the exit code is 1. spill: it goes to disk (--spill-dir) and "
        "comes\n"
        "back in order.",
        [&o](const std::string& v) { o.on_full = need("--on-full", jobs::parse_on_full(v)); },
        [&o] { return o.on_full.to_string(); }},
       {"--spill-dir", "DIR", "where --on-full spill keeps what the queue has no room for",
        "A spilled item is in DIR until its job has ended. What a run that was stopped or killed leaves "
        "there, the\n"
        "next one on DIR runs first; with an empty input it runs that and nothing else. DIR holds items, "
        "not commands:\n"
        "they run with the COMMAND of the run that finds them. To give the same input again, have --joblog "
        "and --resume:\n"
        "what is in the journal or in DIR is passed over.",
        [&o](const std::string& v) { o.spill_dir = v; }},
       {"--spill-max", "SIZE", "bytes that may lie there (1G); beyond it items are rejected", "",
        [&o](const std::string& v) { o.spill_max = need("--spill-max", weir::parse_bytes(v)); }},
       {"--durability", "none|batch|each", "what a power cut may cost of it: batch (default): the last 10 ms",
        "none: what the system had not written yet. each: nothing. kill -9 costs nothing at any of them.",
        [&o](const std::string& v) { o.durability = need("--durability", weir::parse_durability(v)); }}}};
}

option_group who_goes_first(options& o) {
  return {
      "Who goes first",
      {{"--lane",
        "FIELD|REGEX=LANE,...",
        "priority of an item: lane 0 goes first",
        "FIELD: the number of a word, from 1, or $.a.b of a JSON item, holds the lane. REGEX=LANE,...: the "
        "first\n"
        "expression (as of grep -E) that matches; may be given again. What says nothing goes to the last "
        "lane.\n"
        "A lower lane still gets 1 job in 64.",
        [&o](const std::string& v) { need("--lane", o.lanes.add(v)); },
        {},
        true},
       {"--lanes", "K", "how many lanes (10 for a FIELD; else as named, and one for the rest)", "",
        [&o](const std::string& v) {
          const auto lanes = need("--lanes", jobs::parse_count(v, 1, "3"));
          if (lanes > jobs::most_lanes)
            throw usage_error{"--lanes: '" + v + "' are too many; use at most 64"};
          o.lanes.set_lanes(static_cast<std::size_t>(lanes));
        }},
       {"--fair-by", "FIELD", "even shares for each value of a field", "--fair-by 1, --fair-by $.user.id",
        [&o](const std::string& v) { o.fair_by = need("--fair-by", jobs::item_field::parse(v)); }}}};
}

option_group what_holds_jobs_back(options& o) {
  return {"What holds jobs back (each attempt of a job passes it again)",
          {{"--rate", "R", "starts a second, minute or hour: 100/s, 5/m, 100/s:20 (20 at once after a rest)",
            "", [&o](const std::string& v) { o.rate = need("--rate", weir::parse_rate(v)); }},
           {"--limit", "N|adaptive", "jobs under way; the smaller of this and -j",
            "adaptive: follows the run times, up to -j (8 a core).",
            [&o](const std::string& v) { o.limit = need("--limit", jobs::parse_limit(v)); }},
           {"--delay", "TIME", "least time between two starts", "",
            [&o](const std::string& v) { o.delay = need("--delay", weir::parse_duration(v)); }},
           {"--load", "L", "start no job while the load average is above L (2.5, or 80% of the cores)", "",
            [&o](const std::string& v) { o.load = need("--load", jobs::parse_load(v)); }},
           {"--memfree", "SIZE", "start no job while less memory is free", "",
            [&o](const std::string& v) { o.memfree = need("--memfree", weir::parse_bytes(v)); }},
           {"--breaker", "SHARE/N,reset=TIME", "while so many fail (50%/20,reset=30s), jobs wait",
            "Opens when the share of the last 100 attempts has failed, after N at the least; after the reset "
            "time "
            "one\n"
            "attempt tries: it closes, or opens again.",
            [&o](const std::string& v) { o.breaker = need("--breaker", jobs::parse_breaker(v)); }},
           {"--shadow", "", "rate, limit, breaker, retry budget and deadline only count",
            "The report says what "
            "they would have held or refused; nothing is.",
            [&o](const std::string&) { o.shadow = true; }}}};
}

option_group which_items(options& o) {
  return {"Items",
          {{"-a,--arg-file", "FILE", "read items from FILE instead of standard input", "",
            [&o](const std::string& v) { o.arg_file = v; }},
           {"-0,--null", "", "items end with NUL, as find -print0 writes them", "",
            [&o](const std::string&) { o.delimiter = '\0'; }},
           {"-d,--delimiter", "CHAR", "items end with CHAR: one character, or \\t \\n \\0 \\x2c", "",
            [&o](const std::string& v) { o.delimiter = need("--delimiter", jobs::parse_delimiter(v)); },
            [&o] { return jobs::delimiter_text(o.delimiter); }},
           {"-n,--max-args", "N", "N items a job",
            "{} as a word of its own becomes N arguments; inside a word the items are joined by a space; {1} "
            ".. {N}\n"
            "are the single ones. A job gets fewer when the command would be longer than the system allows.",
            [&o](const std::string& v) {
              o.items_per_job = static_cast<std::size_t>(need("--max-args", jobs::parse_count(v, 1, "100")));
            },
            [&o] { return std::to_string(o.items_per_job); }},
           {"--colsep", "TEXT", "split items into columns {1} {2} at TEXT (no pattern; \\t is a tab)", "",
            [&o](const std::string& v) { o.colsep = need("--colsep", jobs::parse_colsep(v)); }}}};
}

option_group when_jobs_run(options& o) {
  return {
      "When a job fails and stops",
      {{"--timeout", "TIME", "an attempt that takes longer gets SIGTERM, and fails",
        "So does its whole process group; what is left gets SIGKILL after --kill-after.",
        [&o](const std::string& v) { o.timeout = need_time("--timeout", v); }},
       {"--kill-after", "TIME", "from SIGTERM to SIGKILL (5s)", "",
        [&o](const std::string& v) { o.kill_after = need("--kill-after", weir::parse_duration(v)); },
        [&o] { return weir::to_string(o.kill_after); }},
       {"--retries", "N", "attempts in all (1); the output kept is the last one's", "",
        [&o](const std::string& v) { o.attempts = need("--retries", jobs::parse_count(v, 1, "3")); },
        [&o] { return std::to_string(o.attempts); }},
       {"--backoff", "A..B", "wait before another attempt: A, doubled each time, at most B",
        "10ms..1s,jitter=full spreads the waits: none (default), full, equal, decorrelated.",
        [&o](const std::string& v) { o.backoff = need("--backoff", jobs::parse_backoff(v)); }},
       {"--retry-budget", "P%", "further attempts for each hundred jobs, at most",
        "Counted over the last 600 jobs. A job that gets none has failed.",
        [&o](const std::string& v) { o.retry_budget = need("--retry-budget", jobs::parse_retry_budget(v)); }},
       {"--deadline", "TIME", "a job that has not started so long after its item came never runs",
        "It counts as expired.", [&o](const std::string& v) { o.deadline = need_time("--deadline", v); }},
       {"--halt", "RULE", "never (default), soon,fail=N, now,fail=N: end after N failures",
        "soon: running jobs finish, queued ones are cancelled. now: running jobs are stopped too.",
        [&o](const std::string& v) { o.halt = need("--halt", jobs::parse_halt(v)); }, [] { return "never"; }},
       {"--drain-timeout", "TIME", "after a first ctrl-C, jobs may take this long to finish (30s)", "",
        [&o](const std::string& v) { o.drain_timeout = need("--drain-timeout", weir::parse_duration(v)); },
        [&o] { return weir::to_string(o.drain_timeout); }}}};
}

option_group output(options& o) {
  return {"Output of jobs (whole, one job at a time, unless told otherwise)",
          {{"-k,--keep-order", "", "in the order of the items", "",
            [&o](const std::string&) { o.keep_order = true; }},
           {"--tag", "", "put the item and a tab before each line", "",
            [&o](const std::string&) { o.tag = true; }},
           {"--line-buffer", "", "whole lines as they come, of all jobs mixed", "",
            [&o](const std::string&) { o.line_buffer = true; }},
           {"--results", "DIR", "write DIR/SEQ/{item,stdout,stderr,exit} instead of printing",
            "Then -k, --tag and --line-buffer have nothing to do.",
            [&o](const std::string& v) { o.results = v; }},
           {"--dry-run", "", "print the commands, run nothing", "",
            [&o](const std::string&) { o.dry_run = true; }}}};
}

option_group what_is_kept(options& o) {
  return {
      "What is kept for another run",
      {{"--joblog", "FILE", "write a line for each job that has ended, as GNU parallel does",
        "Columns: Seq Host Starttime JobRuntime Send Receive Exitval Signal Command, after a tab each. What "
        "FILE held\n"
        "is gone, unless the run resumes.",
        [&o](const std::string& v) { o.joblog = v; }},
       {"--resume", "", "pass over what --joblog (or --results) says has ended",
        "Give the same command and input: a job is known by its number, and must be the same job. What was "
        "under\n"
        "way when weir was killed runs again.",
        [&o](const std::string&) { o.resume = true; }},
       {"--resume-failed", "", "as --resume, and run again what has failed", "",
        [&o](const std::string&) { o.resume_failed = true; }}}};
}

option_group what_you_see(options& o) {
  return {
      "What you see of it, on standard error",
      {{"--progress", "=WHEN", "done, failed, lost, rate, time left, queue: auto, always, never",
        "auto: drawn on a terminal. always (or --progress alone): off a terminal too, as a line every 10 s.",
        [&o](const std::string& v) { o.progress = need("--progress", jobs::parse_when(v)); },
        [] { return "auto"; }},
       {"--stats-every", "TIME", "print the figures again and again (SIGUSR1: once)", "",
        [&o](const std::string& v) { o.stats_every = need_time("--stats-every", v); }},
       {"--metrics", "ADDR",
        "answer there: /metrics, /stats.json, /livez, /readyz (127.0.0.1:9901, :9901, [::1]:9901)",
        "Without a host it is this machine alone; port 0 finds a free one and says which. weir top shows it "
        "live. "
        "Alerts are said on standard error when they start and end: a queue above 80% for 5 s, unexpected "
        "loss, "
        "breaker open, spill above 80%, no job ended for 30 s while some wait.",
        [&o](const std::string& v) { o.metrics = need("--metrics", weir::http::parse_address(v)); }},
       {"--admin-token-file", "FILE", "who sends the token in FILE's first line may change the run",
        "POST /pause, /resume and /workers?n=8 with Authorization: Bearer TOKEN. Keep FILE from others: "
        "chmod 600; one that others may write is refused. Without it these paths do not exist.",
        [&o](const std::string& v) { o.admin_token_file = v; }},
       {"--report", "FILE", "write the closing report to FILE", "",
        [&o](const std::string& v) { o.report_file = v; }},
       {"--format", "text|json|jsonl|csv", "of the closing report",
        "JSON: one object; submitted = completed + failed + rejected + dropped + timed_out + withdrawn + "
        "evicted\n"
        "+ expired + cancelled + queued + spilled + running. Times are in seconds.",
        [&o](const std::string& v) { o.format = need("--format", jobs::parse_format(v)); },
        [] { return "text"; }},
       {"--color", "=WHEN", "auto, always, never", "",
        [&o](const std::string& v) { o.color = need("--color", jobs::parse_when(v)); },
        [] { return "auto"; }}}};
}

weir::tool::grammar grammar_of(options& o) {
  return {
      {.name = "run",
       .usage = "usage: weir run [OPTIONS] [--] COMMAND [ARG...] [::: ITEM...]",
       .summary = "Runs COMMAND once for each item (a line of standard input, or a word after :::), many at "
                  "a time.\n"
                  "{} in COMMAND is the item; without it the item is the last argument.\n",
       .closing =
           "Try:\n"
           "  ls *.log | weir run gzip                      one gzip for each file, one a core at a time\n"
           "  weir run -k 'wc -l < {}' ::: *.txt            a shell's text in quotes; results in order\n"
           "  find . -print0 | weir run -0 -n100 chmod g+r  a hundred files a command\n",
       .more = "Placeholders\n"
               "    {}   the item          {.}  without extension    {/}  without its folder\n"
               "    {//} its folder        {/.} name without either  {#}  the job's number, from 1\n"
               "    {%}  slot, 1 .. N      {1} {2} ...  columns, or items of -n; also {1/}, {2.}\n"
               "\n"
               "Shell or no shell\n"
               "  COMMAND as several words runs without a shell: an item is an argument, whatever it holds.\n"
               "  COMMAND as one word with a space or a shell character runs through sh -c, and an item put "
               "into it is\n"
               "  quoted as one word: write placeholders outside quotes. In sh -c '... {} ...' an item would "
               "become\n"
               "  shell text; write sh -c '... \"$1\" ...' sh {} instead.\n"
               "\n"
               "Jobs\n"
               "  Each has WEIR_ITEM, WEIR_SEQ and WEIR_SLOT in its environment, /dev/null as its input, and "
               "a process\n"
               "  group of its own. None is left behind, not even by kill -9 of weir.\n"
               "\n"
               "Signals\n"
               "  The first ctrl-C (or SIGTERM, SIGHUP) drains: no more is read, what was accepted runs. The "
               "second\n"
               "  stops: running jobs get SIGTERM, SIGKILL after --kill-after. SIGUSR1 prints the figures.\n"
               "\n"
               "Exit status\n"
               "    0              all done\n"
               "    1              a job failed or an item was lost: the report says which\n"
               "    2              wrong usage, or a file that cannot be opened\n"
               "    126, 127       COMMAND cannot be executed, or was not found\n"
               "    129, 130, 143  ended by SIGHUP, SIGINT, SIGTERM\n"
               "    141            nobody reads the output\n",
       .further = "More: weir help run\n",
       .later = later},
      weir::tool::operands::end_options,
      {how_much(o), what_holds_jobs_back(o), who_goes_first(o), which_items(o), when_jobs_run(o), output(o),
       what_is_kept(o), what_you_see(o)},
      {{"-P", "-j, --workers"},
       {"--jobs", "-j, --workers"},
       {"--max-procs", "-j, --workers"},
       {"-I", "{} in the command, which needs no option"},
       {"-L", "-n, --max-args"},
       {"-t", "--dry-run"},
       {"-u", "--line-buffer"},
       {"--ungroup", "--line-buffer"},
       {"--group", "nothing at all: output is whole, one job at a time"},
       {"--bar", "--progress"},
       {"--eta", "--progress"},
       {"--C", "--colsep"},
       {"-C", "--colsep"},
       {"--files", "--results"},
       {"--dryrun", "--dry-run"},
       {"--lb", "--line-buffer"},
       {"--linebuffer", "--line-buffer"}}};
}

void check_together(const options& o, const weir::tool::parsed& words) {
  if (words.items && !o.arg_file.empty())
    throw usage_error{"items come from -a " + o.arg_file + " and from ::: as well; give one of the two"};
  if (words.items)
    for (const std::string& item : *words.items)
      if (item == ":::") throw usage_error{"::: stands twice; lists are not combined, give one"};
  if (const auto fit = jobs::check_control(o); !fit) throw usage_error{fit.error().detail};
  if (o.queue == 0U && o.on_full == weir::overflow::drop_oldest())
    throw usage_error{
        "--queue 0 holds nothing that drop_oldest could drop; use --queue 1 or more, or --on-full reject"};
}

}  // namespace

weir::tool::grammar run_grammar() {
  static options unused;
  return grammar_of(unused);
}

int run_command(std::vector<std::string> args) {
  options o;
  const weir::tool::grammar grammar = grammar_of(o);
  weir::tool::parsed words = weir::tool::parse_words(grammar, args);
  if (words.answer) return weir::tool::print(*words.answer);
  try {
    check_together(o, words);
    if (words.operands.empty()) throw usage_error{"no COMMAND; say what to run, such as: weir run echo"};
    auto command = need("COMMAND", jobs::command_template::parse(words.operands, o.colsep));
    return jobs::run({std::move(o), std::move(command), std::move(words.items)});
  } catch (usage_error& e) {
    e.usage = grammar.usage();
    throw;
  }
}
