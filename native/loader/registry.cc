// native/loader/registry.cc: what this process has loaded.
#include "loader/registry.h"

#include <algorithm>
#include <utility>

#include "os/dynamic_linker.h"

namespace inmem::loader {
namespace {

std::uint64_t Likeness(std::uint64_t size_bytes, std::uint32_t crc32) {
  return (size_bytes << 32 | size_bytes >> 32) ^ crc32;
}

}  // namespace

bool SharedObject::Contains(std::uintptr_t address) const {
  return std::any_of(
      layout.segments.begin(), layout.segments.end(),
      [address](const Segment& s) { return s.Contains(address); });
}

std::string KeyOf(const vfs::Mount& mount, archive::Archive::Index index) {
  const archive::Entry entry = mount.archive().entry(index);
  std::string key = mount.point();
  key += '\0';
  key += entry.name;
  key += '\0';
  key += std::to_string(entry.size_bytes) + ":" + std::to_string(entry.crc32);
  key += '\0';
  key += mount.archive().content_identity(index);
  return key;
}

SharedObject* Registry::Find(const std::string& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : found->second;
}

SharedObject* Registry::FindBySoname(std::string_view soname) const {
  const auto found = by_soname_.find(std::string(soname));
  return found == by_soname_.end() ? nullptr : found->second;
}

SharedObject* Registry::FindByAddress(std::uintptr_t address) const {
  const auto found = std::find_if(in_memory_.begin(), in_memory_.end(),
                                  [address](const SharedObject* object) {
                                    return object->Contains(address);
                                  });
  return found == in_memory_.end() ? nullptr : *found;
}

std::vector<SharedObject*> Registry::FindAlike(std::uint64_t size_bytes,
                                               std::uint32_t crc32) const {
  std::vector<SharedObject*> objects;
  const auto [begin, end] =
      by_likeness_.equal_range(Likeness(size_bytes, crc32));
  for (auto it = begin; it != end; ++it) objects.push_back(it->second);
  return objects;
}

SharedObject* Registry::Begin(const std::string& key,
                              std::unique_ptr<SharedObject> object) {
  objects_.push_back(std::move(object));
  by_key_[key] = objects_.back().get();
  return objects_.back().get();
}

void Registry::Abandon(const std::string& key) { by_key_.erase(key); }

void Registry::Finish(SharedObject* object) {
  by_likeness_.emplace(Likeness(object->report.size_bytes, object->crc32),
                       object);
  // The first one stays, as in the dynamic linker's own list.
  if (!object->report.soname.empty()) {
    by_soname_.emplace(object->report.soname, object);
  }
  object->sequence = in_memory_.size();
  in_memory_.push_back(object);
}

void Registry::Alias(const std::string& key, SharedObject* object) {
  by_key_[key] = object;
}

void Registry::Report(const SharedObject& object) {
  const std::lock_guard lock(reports_mutex_);
  const auto known = std::find_if(reports_.begin(), reports_.end(),
                                  [&object](const LoadedObject& other) {
                                    return other.base == object.report.base;
                                  });
  if (known != reports_.end()) {
    *known = object.report;
  } else {
    reports_.push_back(object.report);
  }
}

SharedObject* Registry::AdoptHost(void* handle) {
  auto object = std::make_unique<SharedObject>();
  object->is_host = true;
  object->report.path = os::Name(handle);
  object->label = object->report.path;
  object->handle = handle;
  object->image = ImageOf(handle);
  object->layout = LayoutOf(handle);
  object->report.base = object->image.base;
  object->state = SharedObject::State::kOpened;
  object->sequence = in_memory_.size();  // before its user
  objects_.push_back(std::move(object));
  hosts_[handle] = objects_.back().get();
  return objects_.back().get();
}

SharedObject* Registry::FindHost(void* handle) const {
  const auto found = hosts_.find(handle);
  return found == hosts_.end() ? nullptr : found->second;
}

void Registry::AddGlobal(SharedObject* object) {
  if (std::find(globals_.begin(), globals_.end(), object) == globals_.end()) {
    globals_.push_back(object);
  }
}

const Image& Registry::HostImage(void* handle) {
  const auto [entry, is_new] = host_images_.try_emplace(handle);
  if (is_new) entry->second = ImageOf(handle);
  return entry->second;
}

std::vector<LoadedObject> Registry::Reports() const {
  const std::lock_guard lock(reports_mutex_);
  return reports_;
}

void* HandleOf(SharedObject& object) {
  if (object.handle == nullptr) {
    object.handle = os::FindLoaded(object.descriptor_path);
  }
  return object.handle;
}

}  // namespace inmem::loader
