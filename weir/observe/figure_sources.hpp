// Where figures come from: pools, guards and whatever else has some, and who asks them all at once.
//
//   auto sources = std::make_shared<weir::figure_sources>();
//   weir::figure_source shown = sources->add(kitchen);  // a pool: until `shown` ends
//   for (const weir::reading& r : sources->collect().all()) show(r);
//
// Invariants: no two sources have the same name, so no two readings of pools are the same series. A source is
// never called after its handle has ended: the end waits for calls under way. No lock is held while a source
// is called. Thread-safety: all of it; a handle belongs to one thread at a time.
#pragma once

#include <weir/observe/readings.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

namespace detail {
struct source_list;
struct source_entry;
}  // namespace detail

/// Keeps a source among the others. Move-only; may outlive figure_sources.
class figure_source {
 public:
  figure_source() noexcept;
  figure_source(figure_source&&) noexcept;
  figure_source& operator=(figure_source&&) noexcept;
  /// As end().
  ~figure_source();

  /// What it is called in the label `pool`; empty once ended.
  std::string_view name() const noexcept;
  /// The source leaves. Waits until nobody calls it any more; never from inside that source.
  void end() noexcept;

 private:
  friend class figure_sources;
  figure_source(std::shared_ptr<detail::source_list>, std::shared_ptr<detail::source_entry>) noexcept;

  std::shared_ptr<detail::source_list> list_;
  std::shared_ptr<detail::source_entry> entry_;
};

class figure_sources {
 public:
  /// Adds what it has to show, with its name as the label `pool`. Called by whoever collects, several at once
  /// if several do. What it throws leaves collect().
  using source = std::function<void(readings&, std::string_view name)>;

  figure_sources();
  figure_sources(const figure_sources&) = delete;
  figure_sources& operator=(const figure_sources&) = delete;
  ~figure_sources();

  /// `name`, when another has it, becomes "name-2" and so on. O(sources).
  [[nodiscard]] figure_source add(std::string name, source);

  /// A pool, under the name in its options; its figures are those of snapshot(). The pool outlives the
  /// handle.
  template <class Pool>
    requires requires(const Pool& p) {
      { p.snapshot() } -> std::same_as<pool_snapshot>;
    }
  [[nodiscard]] figure_source add(const Pool& pool) {
    return add(pool.snapshot().name,
               [&pool](readings& to, std::string_view name) { to.add(name, pool.snapshot()); });
  }

  /// weir_build_info, then every source in the order in which they came.
  [[nodiscard]] readings collect() const;

 private:
  std::shared_ptr<detail::source_list> list_;
};

}  // namespace weir
