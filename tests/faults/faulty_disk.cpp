#include <tests/faults/faulty_disk.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <fstream>
#include <memory>
#include <new>

namespace weir::testing {

namespace {

faulty_disk* disk = nullptr;

/// What SQLite holds for an open file; the real one lies behind it.
struct disk_file {
  sqlite3_file base;
  std::string* name;  // null: a temporary file, which nobody will look for
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

disk_file* as_disk_file(sqlite3_file* file) { return reinterpret_cast<disk_file*>(file); }
sqlite3_file* real(sqlite3_file* file) { return as_disk_file(file)->real(); }

int close(sqlite3_file* file) {
  delete as_disk_file(file)->name;
  return real(file)->pMethods->xClose(real(file));
}

int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  if (disk->fails(disk_call::read)) return SQLITE_IOERR_READ;
  return real(file)->pMethods->xRead(real(file), out, size, offset);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (disk->fails(disk_call::write)) return SQLITE_IOERR_WRITE;
  const int code = real(file)->pMethods->xWrite(real(file), bytes, size, offset);
  if (code == SQLITE_OK && as_disk_file(file)->name) {
    disk->wrote(*as_disk_file(file)->name, static_cast<std::uint64_t>(offset),
                std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size)));
  }
  return code;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (disk->fails(disk_call::resize)) return SQLITE_IOERR_TRUNCATE;
  const int code = real(file)->pMethods->xTruncate(real(file), size);
  if (code == SQLITE_OK && as_disk_file(file)->name) {
    disk->resized(*as_disk_file(file)->name, static_cast<std::uint64_t>(size));
  }
  return code;
}

int sync(sqlite3_file* file, int) {
  if (disk->fails(disk_call::sync)) return SQLITE_IOERR_FSYNC;
  if (as_disk_file(file)->name)
    disk->synced(*as_disk_file(file)->name);  // the real disk need not work for it
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int is_reserved(sqlite3_file* file, int* out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
int control(sqlite3_file* file, int what, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int characteristics(sqlite3_file*) { return 0; }  // nothing is atomic, nothing in order

// Version 1: no shared memory and no memory map, by which it would be passed by.
const sqlite3_io_methods methods = {
    1,       close,       read,    write,       truncate,        sync,    file_size, lock,
    unlock,  is_reserved, control, sector_size, characteristics, nullptr, nullptr,   nullptr,
    nullptr, nullptr,     nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  disk_file* const mine = as_disk_file(file);
  mine->base.pMethods = nullptr;
  if (disk->fails(disk_call::open)) return SQLITE_CANTOPEN;
  const int code = disk->real().xOpen(&disk->real(), name, mine->real(), flags, out_flags);
  if (code != SQLITE_OK) return code;
  mine->base.pMethods = &methods;
  mine->name = name ? new std::string(name) : nullptr;
  if (name) disk->opened(name);
  return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char* name, int sync_directory) {
  if (disk->fails(disk_call::remove)) return SQLITE_IOERR_DELETE;
  const int code = disk->real().xDelete(&disk->real(), name, sync_directory);
  if (code == SQLITE_OK) disk->removed(name);
  return code;
}

/// The layer: the real one's other functions, called with the real one.
sqlite3_vfs* layer_over(sqlite3_vfs* under) {
  static sqlite3_vfs layer;
  layer = *under;
  layer.zName = "faulty";
  layer.szOsFile = static_cast<int>(sizeof(disk_file)) + under->szOsFile;
  layer.pNext = nullptr;
  layer.xOpen = open;
  layer.xDelete = remove;
  return &layer;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

faulty_disk::faulty_disk() : real_(sqlite3_vfs_find(nullptr)) {
  assert(!disk);
  disk = this;
  sqlite3_vfs_register(layer_over(real_), 1);
}

faulty_disk::~faulty_disk() {
  sqlite3_vfs_unregister(sqlite3_vfs_find("faulty"));
  sqlite3_vfs_register(real_, 1);
  disk = nullptr;
}

void faulty_disk::fail(disk_call what, std::uint64_t nth, std::uint64_t more) {
  const std::lock_guard hold(mutex_);
  failing_ = what;
  first_failure_ = calls_[what] + nth;
  last_failure_ = more > UINT64_MAX - first_failure_ ? UINT64_MAX : first_failure_ + more;
  failures_ = 0;
}

void faulty_disk::heal() {
  const std::lock_guard hold(mutex_);
  first_failure_ = last_failure_ = 0;
}

bool faulty_disk::is_failing() const {
  const std::lock_guard hold(mutex_);
  const auto made = calls_.find(failing_);
  return made != calls_.end() && made->second >= first_failure_ && made->second < last_failure_;
}

std::uint64_t faulty_disk::failures() const {
  const std::lock_guard hold(mutex_);
  return failures_;
}

std::uint64_t faulty_disk::calls(disk_call what) const {
  const std::lock_guard hold(mutex_);
  const auto found = calls_.find(what);
  return found == calls_.end() ? 0 : found->second;
}

void faulty_disk::hold(disk_call what) {
  const std::lock_guard hold(mutex_);
  holding_ = what;
}

void faulty_disk::release() {
  const std::lock_guard hold(mutex_);
  holding_.reset();
  changed_.notify_all();
}

void faulty_disk::wait_held() {
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [this] { return held_ != 0; });
}

void faulty_disk::fail_as(int system_error) {
  const std::scoped_lock hold(mutex_);
  system_error_ = system_error;
}

bool faulty_disk::fails(disk_call what) {
  std::unique_lock hold(mutex_);
  if (holding_ == what) {
    ++held_;
    changed_.notify_all();
    changed_.wait(hold, [&] { return holding_ != what; });
    --held_;
  }
  const std::uint64_t number = ++calls_[what];
  if (what != failing_ || first_failure_ == 0 || number < first_failure_ || number > last_failure_)
    return false;
  ++failures_;
  errno = system_error_;
  return true;
}

void faulty_disk::apply(const change& what, std::string& content) {
  if (what.resize) {
    content.resize(what.offset);
    return;
  }
  if (content.size() < what.offset + what.bytes.size()) content.resize(what.offset + what.bytes.size());
  content.replace(what.offset, what.bytes.size(), what.bytes);
}

void faulty_disk::opened(const std::string& name) {
  const std::lock_guard hold(mutex_);
  // What was there before this disk saw it is safe; what it has seen, it knows better.
  if (!files_.contains(name)) files_[name].safe = content_of(name);
}

void faulty_disk::wrote(const std::string& name, std::uint64_t offset, std::string bytes) {
  const std::lock_guard hold(mutex_);
  files_[name].at_risk.push_back({offset, std::move(bytes)});
}

void faulty_disk::resized(const std::string& name, std::uint64_t size) {
  const std::lock_guard hold(mutex_);
  files_[name].at_risk.push_back({size, {}, true});
}

void faulty_disk::synced(const std::string& name) {
  const std::lock_guard hold(mutex_);
  platter& file = files_[name];
  for (const change& c : file.at_risk) apply(c, file.safe);
  file.at_risk.clear();
}

void faulty_disk::removed(const std::string& name) {
  const std::lock_guard hold(mutex_);
  files_.erase(name);
}

bool faulty_disk::all_safe() const {
  const std::lock_guard hold(mutex_);
  return std::ranges::all_of(files_, [](const auto& file) { return file.second.at_risk.empty(); });
}

void faulty_disk::cut_power(const std::filesystem::path& from, const std::filesystem::path& to,
                            std::mt19937_64& random, bool keep_none) const {
  const std::lock_guard hold(mutex_);
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    const auto known = files_.find(entry.path().string());
    std::string left = known == files_.end() ? content_of(entry.path()) : known->second.safe;
    if (known != files_.end() && !keep_none) {
      for (const change& c : known->second.at_risk) {
        if (random() % 2 == 0) apply(c, left);
      }
    }
    std::ofstream(to / entry.path().filename(), std::ios::binary) << left;
  }
}

}  // namespace weir::testing
