// The floor under every job runner: start a program with posix_spawn, wait for any to end, start the next. No
// input is read, nothing is captured, counted or reported. What a runner takes beyond this is its own.
//
//   bare_loop JOBS SLOTS COMMAND [ARG...]    runs COMMAND ARG... NUMBER, JOBS times, SLOTS of them in flight

#include <spawn.h>
#include <sys/wait.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

extern char** environ;

namespace {

// A count of at least 1, or the end of the program with what was wrong.
long count_of(std::string_view text, const char* name) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1) {
    std::fprintf(stderr, "bare_loop: %s '%.*s' is not a number of 1 or more\n", name,
                 static_cast<int>(text.size()), text.data());
    std::exit(2);
  }
  return value;
}

void start(std::vector<char*>& words, long number, std::string& item) {
  item = std::to_string(number);
  words[words.size() - 2] = item.data();
  pid_t pid = 0;
  if (const int error = posix_spawnp(&pid, words[0], nullptr, nullptr, words.data(), environ)) {
    std::fprintf(stderr, "bare_loop: cannot start %s: %s\n", words[0], std::strerror(error));
    std::exit(error == ENOENT ? 127 : 126);
  }
}

// True when the job that ended did so with exit status 0.
bool wait_for_one() {
  int status = 0;
  if (wait(&status) < 0) {
    std::perror("bare_loop: wait");
    std::exit(1);
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: bare_loop JOBS SLOTS COMMAND [ARG...]\n", stderr);
    return 2;
  }
  const long jobs = count_of(argv[1], "JOBS");
  const long slots = count_of(argv[2], "SLOTS");
  std::vector<char*> words(argv + 3, argv + argc);
  words.push_back(nullptr);  // the item's place
  words.push_back(nullptr);

  std::string item;
  long failed = 0;
  long running = 0;
  for (long number = 1; number <= jobs; ++number) {
    if (running == slots) {
      failed += !wait_for_one();
      --running;
    }
    start(words, number, item);
    ++running;
  }
  for (; running > 0; --running) failed += !wait_for_one();
  if (failed) std::fprintf(stderr, "bare_loop: %ld of %ld jobs failed\n", failed, jobs);
  return failed ? 1 : 0;
}
