#include <weir/observe/observer.hpp>

namespace weir {

void observer::on_failed(const job_note&, const std::exception_ptr&) {}
void observer::on_finished(const job_note&, duration, duration) {}
void observer::on_spilled(const job_note&) {}
void observer::on_lost(const job_note&, errc) {}
void observer::on_refused(std::string_view, errc) {}

}  // namespace weir
