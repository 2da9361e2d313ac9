// weir's figures for Prometheus, through prometheus-cpp: for a registry or exposer of your own, or as text.
//
//   auto sources = std::make_shared<weir::figure_sources>();
//   auto shown = sources->add(kitchen);
//   auto metrics = std::make_shared<weir::prometheus::collectable>(sources);
//   prometheus::Exposer exposer("127.0.0.1:9090");
//   exposer.RegisterCollectable(metrics);  // keeps a weak pointer: hold `metrics`
//
// Each scrape asks the sources anew; between scrapes nothing is done, and jobs never wait for one longer than
// for pool.snapshot(). Histograms have the buckets of bucket_bounds(); the counts behind them know durations
// within 1 %, so one that close to a bound may be counted on either side of it. Which figures there are:
// docs/reference/metrics.md. Thread-safety: all of it.
#pragma once

#include <weir/base/time.hpp>
#include <weir/observe/figure_sources.hpp>
#include <weir/observe/readings.hpp>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::prometheus {

class collectable final : public ::prometheus::Collectable {
 public:
  /// `sources` is not null; others may add to it and take away from it at any time.
  explicit collectable(std::shared_ptr<const figure_sources> sources);

  /// What a source throws leaves it. O(series).
  std::vector<::prometheus::MetricFamily> Collect() const override;

 private:
  std::shared_ptr<const figure_sources> sources_;
};

/// A family for each figure that has a reading, in the order of the table of figures.
std::vector<::prometheus::MetricFamily> families(const readings&);

/// The same as Prometheus reads it, to be sent as text_content_type.
std::string text(const readings&);

inline constexpr std::string_view text_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of histograms' buckets but the infinite one: those usual in Prometheus (5 ms to 10 s),
/// and some below and above, since queues may be microseconds long and jobs hours. Ascending.
std::span<const duration> bucket_bounds() noexcept;

}  // namespace weir::prometheus
