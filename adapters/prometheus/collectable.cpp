#include <adapters/prometheus/collectable.hpp>

#include <prometheus/text_serializer.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <utility>
#include <variant>

namespace weir::prometheus {

namespace {

using namespace std::chrono_literals;
using ::prometheus::ClientMetric;
using ::prometheus::MetricFamily;
using ::prometheus::MetricType;

constexpr std::array<duration, 20> bounds{10us,  100us, 500us, 1ms,    2500us, 5ms, 10ms, 25ms, 50ms, 100ms,
                                          250ms, 500ms, 1s,    2500ms, 5s,     10s, 30s,  60s,  600s, 3600s};

double seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }

MetricType type_of(figure_kind kind) noexcept {
  switch (kind) {
    case figure_kind::counter: return MetricType::Counter;
    case figure_kind::gauge: return MetricType::Gauge;
    case figure_kind::histogram: return MetricType::Histogram;
  }
  return MetricType::Untyped;
}

ClientMetric::Histogram histogram_of(const histogram_snapshot& shot) {
  ClientMetric::Histogram to;
  to.sample_count = shot.count();
  to.sample_sum = seconds(shot.sum());
  const std::vector<std::uint64_t> counts = shot.counts_up_to(bounds);
  to.bucket.reserve(bounds.size() + 1);
  for (std::size_t i = 0; i < bounds.size(); ++i) to.bucket.push_back({counts[i], seconds(bounds[i])});
  to.bucket.push_back({shot.count(), std::numeric_limits<double>::infinity()});
  return to;
}

ClientMetric series_of(const reading& r, const figure_info& about) {
  ClientMetric series;
  series.label.reserve(r.labels.size());
  for (std::size_t i = 0; i < r.labels.size(); ++i)
    series.label.push_back({std::string(about.labels[i]), r.labels[i]});
  if (const auto* const shot = std::get_if<histogram_snapshot>(&r.value)) {
    series.histogram = histogram_of(*shot);
  } else if (about.kind == figure_kind::counter) {
    series.counter.value = std::get<double>(r.value);
  } else {
    series.gauge.value = std::get<double>(r.value);
  }
  return series;
}

}  // namespace

std::span<const duration> bucket_bounds() noexcept { return bounds; }

std::vector<MetricFamily> families(const readings& all) {
  std::vector<MetricFamily> by_figure;
  by_figure.reserve(all_figures().size());
  for (const figure_info& f : all_figures())
    by_figure.push_back({std::string(f.name), std::string(f.help), type_of(f.kind), {}});
  for (const reading& r : all.all())
    by_figure[static_cast<std::size_t>(r.what)].metric.push_back(series_of(r, info(r.what)));
  std::erase_if(by_figure, [](const MetricFamily& f) { return f.metric.empty(); });
  return by_figure;
}

std::string text(const readings& all) {
  std::ostringstream out;
  ::prometheus::TextSerializer().Serialize(out, families(all));
  return std::move(out).str();
}

collectable::collectable(std::shared_ptr<const figure_sources> sources) : sources_(std::move(sources)) {}

std::vector<MetricFamily> collectable::Collect() const { return families(sources_->collect()); }

}  // namespace weir::prometheus
