// Overflow policies: what is read is printed as the same, what is refused is named with the policies there
// are.
#include <jobs/run_options.hpp>
#include <tests/fuzz/check.hpp>
#include <weir/pool/overflow.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view text = fuzz::text_of(data, size);
  const auto policy = overflow::parse(text);
  fuzz::require_named(policy, text);
  if (policy) {
    fuzz::require(policy->wait() >= duration::zero(), "no wait is negative");
    fuzz::require(overflow::parse(policy->to_string()) == *policy, "a policy is read back as it is printed");
  } else {
    fuzz::require(policy.error().detail.find("drop_oldest") != std::string::npos,
                  "a refusal shows a right one");
  }
  const auto of_run = jobs::parse_on_full(text);
  fuzz::require(!of_run || (policy && *of_run == *policy), "a run reads policies as a pool does");
  return 0;
}
