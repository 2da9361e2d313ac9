// For tests of the output: a printer's options that print into files of a folder of its own.
#pragma once

#include <jobs/output.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const process_result success{};

class output : public testing::Test {
 protected:
  output() {
    std::string name = "/tmp/weir-output-test-XXXXXX";
    place = ::mkdtemp(name.data());
    options.out = ::open((place / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    options.err = ::open((place / "err").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    options.directory = place / "results";
    options.on_failure = [this](const output_failure& what) { failures.push_back(what); };
  }
  ~output() override {
    ::close(options.out);
    ::close(options.err);
    std::filesystem::remove_all(place);
  }

  std::string out() const { return content(place / "out"); }
  std::string err() const { return content(place / "err"); }
  /// A job from begin to finish.
  static void print(job_output& job, std::uint64_t seq, std::string_view item, std::string_view text,
                    const process_result& result = success) {
    ASSERT_TRUE(job.begin(seq, item));
    ASSERT_TRUE(job.write(stream::out, text));
    ASSERT_TRUE(job.finish(result));
  }

  std::filesystem::path place;
  output_options options;
  std::vector<output_failure> failures;
};

}  // namespace weir::jobs
