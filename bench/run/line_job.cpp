// A job that prints much: numbered lines, each naming its job, so that a reader (line_check) can tell whether
// they arrived whole and unmixed. It prints through stdio as most programs do: its writes end inside lines.
//
//   line_job JOB MEGABYTES      lines of 80 bytes, "JOB NUMBER xxxx...", as many as fit MEGABYTES million
//   bytes

#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
  constexpr int width = 80;
  const long job = argc == 3 ? std::strtol(argv[1], nullptr, 10) : 0;
  const long megabytes = argc == 3 ? std::strtol(argv[2], nullptr, 10) : 0;
  if (job < 1 || job > 9999 || megabytes < 1 || megabytes > 100'000) {
    std::fputs("usage: line_job JOB MEGABYTES (1..9999, 1..100000)\n", stderr);
    return 2;
  }
  char filler[width];
  std::memset(filler, 'x', sizeof filler);
  const long lines = megabytes * 1'000'000 / width;
  for (long line = 1; line <= lines; ++line)
    if (std::printf("%04ld %010ld %.*s\n", job, line, width - 17, filler) != width) break;
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    std::perror("line_job: write");
    return 1;
  }
  return 0;
}
