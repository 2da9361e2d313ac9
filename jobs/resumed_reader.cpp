#include <jobs/resumed_reader.hpp>

#include <utility>

namespace weir::jobs {

resumed_reader::resumed_reader(batch_reader& from, earlier_jobs& before, again what,
                               std::function<void(std::uint64_t)> skipped, hold_limits most)
    : from_(from), before_(before), what_(what), skipped_(std::move(skipped)), most_(most) {}

// Whether there is something left to compare before a held job may run.
bool resumed_reader::compares() const noexcept {
  return !ended_ && before_.left() > 0 && held_.size() < most_.jobs && held_bytes_ < most_.bytes &&
         (held_.empty() || clock::now() < after(began_, most_.time));
}

io_result<reading> resumed_reader::next(item_batch& batch) {
  while (compares()) {
    const auto got = next_to_run(batch);
    if (!got || *got == reading::interrupted) return got;
    if (*got == reading::end) break;
    held_bytes_ += batch.bytes.size();
    held_.push_back(std::exchange(batch, {}));
  }
  if (held_.empty()) return ended_ ? reading::end : next_to_run(batch);
  batch = std::move(held_.front());
  held_.pop_front();
  held_bytes_ -= batch.bytes.size();
  return reading::got;
}

io_result<reading> resumed_reader::next_to_run(item_batch& batch) {
  for (;;) {
    const auto got = from_.next(batch);
    if (got && *got == reading::end) return end_of_input();
    if (!got || *got != reading::got) return got;
    last_ = batch.seq;
    const auto end = before_.look(batch);
    if (!end) return std::unexpected(end.error());
    if (*end == earlier_end::none || (*end == earlier_end::failed && what_ == again::failed))
      return reading::got;
    skipped_(batch.seq);
  }
}

// Nothing at all is no input that has changed: what is left in a store is completed so.
io_result<reading> resumed_reader::end_of_input() {
  ended_ = true;
  if (last_ == 0) return reading::end;
  if (const auto whole = before_.check_end(last_); !whole) return std::unexpected(whole.error());
  return reading::end;
}

}  // namespace weir::jobs
