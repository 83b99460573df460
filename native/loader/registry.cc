// native/loader/registry.cc: what this process has loaded.
#include "loader/registry.h"

#include <utility>

#include "os/dynamic_linker.h"

namespace inmem::loader {

std::string KeyOf(const vfs::Mount& mount, const archive::Entry& entry) {
  std::string key = mount.point();
  key += '\0';
  key += entry.name;
  key += '\0';
  key += std::to_string(entry.size_bytes) + ":" + std::to_string(entry.crc32);
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

std::vector<SharedObject*> Registry::FindByContent(
    const ContentId& content) const {
  std::vector<SharedObject*> objects;
  const auto [begin, end] = by_content_.equal_range(content);
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
  by_content_.emplace(object->content, object);
  // The first one stays, as in the dynamic linker's own list.
  if (!object->report.soname.empty()) {
    by_soname_.emplace(object->report.soname, object);
  }
  const std::lock_guard lock(reports_mutex_);
  reports_.push_back(object->report);
}

void Registry::Alias(const std::string& key, SharedObject* object) {
  by_key_[key] = object;
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
