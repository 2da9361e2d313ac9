// Prints what every case of the given files gives, doubles by their bits: `print_vectors FILE...`. Two
// machines, or a native build and a wasm one, agree when their outputs are the same text.
#include "tests/vectors/replay.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdio>

namespace weir::vectors {
namespace {

using nlohmann::json;

struct print {
  void operator()(std::monostate) const { std::printf("null"); }
  void operator()(bool it) const { std::printf(it ? "true" : "false"); }
  void operator()(std::int64_t it) const { std::printf("%" PRId64, it); }
  void operator()(std::uint64_t it) const { std::printf("%" PRIu64, it); }
  void operator()(double it) const { std::printf("0x%016" PRIx64, std::bit_cast<std::uint64_t>(it)); }
  void operator()(const std::string& it) const { std::printf("%s", it.c_str()); }
};

void print_case(const driver& with, const json& one_case) {
  std::printf("%s: %s\n", std::string(with.algorithm).c_str(),
              one_case.at("name").get<std::string>().c_str());
  const replayed got = replay(with, one_case);
  if (got.refused) std::printf("  refused: %s\n", got.refused->c_str());
  for (const results& step : got.steps) {
    std::printf(" ");
    for (const auto& [name, it] : step) {
      std::printf(" %s=", name.c_str());
      std::visit(print{}, it);
    }
    std::printf("\n");
  }
}

bool print_file(const char* path) {
  std::FILE* const in = std::fopen(path, "rb");  // not a stream: libc++ for wasm has no files in <fstream>
  const json file = in ? json::parse(in, nullptr, false) : json(json::value_t::discarded);
  if (in) std::fclose(in);
  if (file.is_discarded()) {
    std::fprintf(stderr, "print_vectors: cannot read %s as JSON; name a file of tests/vectors\n", path);
    return false;
  }
  const auto algorithm = file.at("algorithm").get<std::string>();
  const auto all = drivers();
  const auto with =
      std::find_if(all.begin(), all.end(), [&](const driver& d) { return d.algorithm == algorithm; });
  if (with == all.end()) {
    std::fprintf(stderr, "print_vectors: no driver for %s; list it in drivers.cpp\n", algorithm.c_str());
    return false;
  }
  for (const json& one : file.at("cases")) print_case(*with, one);
  return true;
}

}  // namespace
}  // namespace weir::vectors

int main(int count, char** files) {
  for (int i = 1; i < count; ++i)
    if (!weir::vectors::print_file(files[i])) return 1;
  return 0;
}
