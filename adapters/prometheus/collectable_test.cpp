#include <adapters/prometheus/collectable.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/registry.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::prometheus {
namespace {

using namespace std::chrono_literals;
using ::prometheus::MetricFamily;
using ::prometheus::MetricType;

/// What a server on this machine answers to GET path.
std::string get(int port, const std::string& path) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
  EXPECT_EQ(::send(connection, request.data(), request.size(), 0), std::ssize(request));
  std::string answer;
  char part[4096];
  for (ssize_t n; (n = ::recv(connection, part, sizeof part, 0)) > 0;)
    answer.append(part, static_cast<std::size_t>(n));
  ::close(connection);
  return answer;
}

const MetricFamily& family(const std::vector<MetricFamily>& all, std::string_view name) {
  for (const MetricFamily& f : all)
    if (f.name == name) return f;
  throw std::out_of_range("no family " + std::string(name));
}

TEST(prometheus, a_counter_a_gauge_and_a_histogram_keep_their_kind) {
  readings all;
  all.add(figure::jobs_lost, {"kitchen", "evicted"}, 3.0);
  all.add(figure::workers, {"kitchen", "busy"}, 2.0);
  all.add(figure::queue_wait, {"kitchen"}, histogram_snapshot());
  const auto shown = families(all);
  ASSERT_EQ(shown.size(), 3u);
  const MetricFamily& lost = family(shown, "weir_jobs_lost_total");
  EXPECT_EQ(lost.type, MetricType::Counter);
  EXPECT_EQ(lost.help, info(figure::jobs_lost).help);
  ASSERT_EQ(lost.metric.size(), 1u);
  EXPECT_EQ(lost.metric[0].counter.value, 3);
  EXPECT_EQ(lost.metric[0].label,
            (std::vector<::prometheus::ClientMetric::Label>{{"pool", "kitchen"}, {"reason", "evicted"}}));
  EXPECT_EQ(family(shown, "weir_workers").type, MetricType::Gauge);
  EXPECT_EQ(family(shown, "weir_workers").metric[0].gauge.value, 2);
  EXPECT_EQ(family(shown, "weir_queue_wait_seconds").type, MetricType::Histogram);
}

TEST(prometheus, series_of_one_figure_stand_together_whoever_gave_them) {
  readings all;
  for (const std::string_view pool : {"a", "b"}) {
    all.add(figure::in_flight, {pool}, 1.0);
    all.add(figure::workers_limit, {pool}, 1.0);
  }
  const auto shown = families(all);
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(family(shown, "weir_in_flight").metric.size(), 2u);
  EXPECT_EQ(family(shown, "weir_workers_limit").metric.size(), 2u);
}

TEST(prometheus, histograms_have_the_usual_buckets_and_more_and_an_infinite_one) {
  histogram waits;
  waits.record(7ms, 2);
  waits.record(300ms);
  waits.record(2h);
  readings all;
  all.add(figure::queue_wait, {"kitchen"}, waits.snapshot());
  const auto shown = families(all);
  const auto& got = family(shown, "weir_queue_wait_seconds").metric[0].histogram;
  EXPECT_EQ(got.sample_count, 4u);
  EXPECT_DOUBLE_EQ(got.sample_sum, 0.014 + 0.3 + 7200);
  ASSERT_EQ(got.bucket.size(), bucket_bounds().size() + 1);
  EXPECT_TRUE(std::isinf(got.bucket.back().upper_bound));
  EXPECT_EQ(got.bucket.back().cumulative_count, 4u);
  std::map<double, std::uint64_t> counts;
  for (const auto& b : got.bucket) counts[b.upper_bound] = b.cumulative_count;
  for (const double usual : {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0})
    EXPECT_TRUE(counts.contains(usual)) << usual;
  EXPECT_EQ(counts.at(0.005), 0u);
  EXPECT_EQ(counts.at(0.01), 2u);
  EXPECT_EQ(counts.at(0.25), 2u);
  EXPECT_EQ(counts.at(0.5), 3u);
  EXPECT_EQ(counts.at(3600), 3u);
}

TEST(prometheus, text_is_what_prometheus_reads) {
  readings all;
  all.add(figure::in_flight, {"a \"pool\"\nof\\two"}, 1.0);
  EXPECT_EQ(text(all),
            "# HELP weir_in_flight Jobs or calls that run now\n"
            "# TYPE weir_in_flight gauge\n"
            "weir_in_flight{pool=\"a \\\"pool\\\"\\nof\\\\two\"} 1\n");
}

TEST(prometheus, an_exposer_shows_weir_beside_a_registry_of_its_user) {
  worker_pool<int> kitchen([](int&) {}, {.name = "kitchen", .max_workers = 1});
  auto sources = std::make_shared<figure_sources>();
  auto shown = sources->add(kitchen);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(kitchen.submit(int{i}));
  ASSERT_TRUE(kitchen.drain());

  const auto mine = std::make_shared<::prometheus::Registry>();
  ::prometheus::BuildCounter().Name("orders_total").Help("Orders").Register(*mine).Add({}).Increment(42);
  const auto metrics = std::make_shared<collectable>(sources);
  ::prometheus::Exposer exposer("127.0.0.1:0");
  exposer.RegisterCollectable(mine);
  exposer.RegisterCollectable(metrics);
  const int port = exposer.GetListeningPorts().at(0);

  const std::string answer = get(port, "/metrics");
  EXPECT_NE(answer.find("\norders_total 42\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\nweir_jobs_completed_total{pool=\"kitchen\"} 3\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\nweir_job_duration_seconds_count{pool=\"kitchen\"} 3\n"), std::string::npos);
  EXPECT_NE(answer.find("\nweir_build_info{version="), std::string::npos);

  shown.end();
  EXPECT_EQ(get(port, "/metrics").find("kitchen"), std::string::npos);
}

}  // namespace
}  // namespace weir::prometheus
