// The options that hold jobs back: what is read can be given to control/, what is refused is named.
#include <jobs/control_options.hpp>
#include <jobs/item_field.hpp>
#include <jobs/lane_rule.hpp>
#include <jobs/run_options.hpp>
#include <tests/fuzz/check.hpp>

namespace {

using namespace weir;

void read_rules(std::string_view text, std::string_view item) {
  jobs::lane_rule rule;
  if (rule.add(text)) {
    jobs::item_batch batch;
    batch.push(item);
    fuzz::require(rule.lane_of(batch) < rule.lanes(), "an item goes to a lane that is there");
  }
  const auto field = jobs::item_field::parse(text);
  fuzz::require_named(field, text);
  if (field) (void)field->of(item);
}

}  // namespace

// The first line is an option's value, the rest an item.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view text = input.substr(0, end);

  const auto backoff = jobs::parse_backoff(text);
  fuzz::require_named(backoff, text);
  fuzz::require(!backoff || !check(*backoff), "control takes every backoff");
  const auto budget = jobs::parse_retry_budget(text);
  fuzz::require_named(budget, text);
  fuzz::require(!budget || !check(*budget), "control takes every budget");
  const auto breaker = jobs::parse_breaker(text);
  fuzz::require_named(breaker, text);
  fuzz::require(!breaker || !check(*breaker), "control takes every breaker");
  const auto limit = jobs::parse_limit(text);
  fuzz::require_named(limit, text);
  fuzz::require(!limit || limit->adaptive || limit->most > 0, "a limit lets something run");
  if (text.empty() ||
      text.find_first_not_of("0123456789.-+%") == std::string_view::npos) {  // else: a file's name
    const auto workers = jobs::parse_workers(text);
    fuzz::require(!workers || (workers->count > 0 && workers->least <= workers->count),
                  "workers are a range");
  }
  if (text.size() < 64) read_rules(text, input.substr(std::min(end + 1, input.size())));
  return 0;
}
