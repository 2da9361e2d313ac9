#include <weir/observe/figure_sources.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace weir {

namespace detail {

struct source_entry {
  std::string name;
  figure_sources::source call;
  // Under the list's mutex:
  std::size_t calls = 0;  // under way
  bool gone = false;      // its handle has ended: not to be called again
};

struct source_list {
  std::mutex mutex;
  std::condition_variable left;  // some entry's calls became 0
  std::vector<std::shared_ptr<source_entry>> entries;

  bool has(const std::string& name) const {
    return std::ranges::any_of(entries, [&](const auto& e) { return e->name == name; });
  }
};

namespace {

/// Holds a source in place while it is called; `here` says whether it was still there.
class visit {
 public:
  visit(source_list& list, source_entry& entry) : list_(list), entry_(entry) {
    const std::lock_guard lock(list_.mutex);
    here_ = !entry_.gone;
    if (here_) ++entry_.calls;
  }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() {
    if (!here_) return;
    const std::lock_guard lock(list_.mutex);
    if (--entry_.calls == 0) list_.left.notify_all();
  }
  bool here() const noexcept { return here_; }

 private:
  source_list& list_;
  source_entry& entry_;
  bool here_ = false;
};

}  // namespace

}  // namespace detail

figure_source::figure_source() noexcept = default;
figure_source::figure_source(figure_source&&) noexcept = default;
figure_source::figure_source(std::shared_ptr<detail::source_list> list,
                             std::shared_ptr<detail::source_entry> entry) noexcept
    : list_(std::move(list)), entry_(std::move(entry)) {}

figure_source& figure_source::operator=(figure_source&& other) noexcept {
  if (this == &other) return *this;
  end();
  list_ = std::move(other.list_);
  entry_ = std::move(other.entry_);
  return *this;
}

figure_source::~figure_source() { end(); }

std::string_view figure_source::name() const noexcept {
  return entry_ ? std::string_view(entry_->name) : std::string_view();
}

void figure_source::end() noexcept {
  if (!entry_) return;
  {
    std::unique_lock lock(list_->mutex);
    entry_->gone = true;
    std::erase(list_->entries, entry_);
    list_->left.wait(lock, [this] { return entry_->calls == 0; });
  }
  // What the source holds goes now and outside the lock, also while a collection has yet to pass the entry
  // by.
  entry_->call = nullptr;
  entry_.reset();
  list_.reset();
}

figure_sources::figure_sources() : list_(std::make_shared<detail::source_list>()) {}
figure_sources::~figure_sources() = default;

figure_source figure_sources::add(std::string name, source call) {
  auto entry =
      std::make_shared<detail::source_entry>(detail::source_entry{.name = name, .call = std::move(call)});
  const std::lock_guard lock(list_->mutex);
  for (std::size_t n = 2; list_->has(entry->name); ++n) entry->name = name + "-" + std::to_string(n);
  list_->entries.push_back(entry);
  return {list_, std::move(entry)};
}

readings figure_sources::collect() const {
  readings all;
  all.add_build_info();
  std::vector<std::shared_ptr<detail::source_entry>> entries;
  {
    const std::lock_guard lock(list_->mutex);
    entries = list_->entries;
  }
  for (const auto& entry : entries) {
    const detail::visit in_place(*list_, *entry);
    if (in_place.here()) entry->call(all, entry->name);
  }
  return all;
}

}  // namespace weir
