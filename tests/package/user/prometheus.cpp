// The adapter to prometheus-cpp as an installed component.
#include <adapters/prometheus/collectable.hpp>
#include <weir/pool/task_pool.hpp>

#include <memory>
#include <string>

int main() {
  weir::task_pool pool({.name = "mine", .max_workers = 1});
  const auto sources = std::make_shared<weir::figure_sources>();
  const auto shown = sources->add(pool);
  const std::string text = weir::prometheus::text(sources->collect());
  return text.find("weir_workers_limit{pool=\"mine\"} 1\n") != std::string::npos ? 0 : 1;
}
