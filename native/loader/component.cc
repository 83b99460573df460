// native/loader/component.cc: opens a strongly connected component.
#include "loader/component.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>

#include "base/hexadecimal.h"
#include "loader/host_libraries.h"
#include "loader/stopwatch.h"
#include "os/memfd.h"

namespace inmem::loader {
Status Component::Load() {
  copies_.reserve(members_.size());  // pointers to copies are kept
  for (Node* node : members_) {
    if (Status status = MakeCopy(*node); !status.ok()) return status;
  }
  if (!ChoosePaths()) return LoadApart();
  relocates_ = MayRelocate();
  RenameInside();
  if (Status status = NameOutside(); !status.ok()) return status;
  if (Status status = WriteCopies(); !status.ok()) return status;
  if (Status status = Open(); !status.ok()) return status;
  LinkMembers();
  for (Copy& copy : copies_) {
    if (copy.is_offered) {
      offers_.Add(
          {copy.node->entry, copy.node->bytes.span().size(), copy.node->crc32},
          copy.placement->fd());
    }
    if (copy.is_offered || copies_.size() > 1) {
      copy.placement->KeepOpenForEver();
    }
  }
  return Status::Ok();
}

Status Component::MakeCopy(Node& node) {
  const Stopwatch stopwatch(node.milliseconds);
  const bool may_change = policy_.tier.wish == TierChoice::Wish::kAuto;
  auto placement = Placement::Make(
      node.bytes, std::string(BaseNameOf(node.entry)), may_change, node.label);
  if (!placement.ok()) return placement.status();
  Copy& copy = copies_.emplace_back();
  copy.node = &node;
  copy.placement = placement.Take();
  copy.path = copy.placement->path();
  return Status::Ok();
}

std::string Component::ShortPath(const Copy& copy,
                                 std::size_t limit_bytes) const {
  if (!copy.placement->is_memfd()) return "";
  for (const char* folder : {"/proc/self/fd/", "/dev/fd/"}) {
    std::string path = folder + std::to_string(copy.placement->fd());
    // Nobody else may have loaded a file under this very string.
    if (path.size() <= limit_bytes && ::access(path.c_str(), F_OK) == 0 &&
        os::FindLoaded(path) == nullptr) {
      return path;
    }
  }
  return "";
}

bool Component::ChoosePaths() {
  if (copies_.size() == 1) return true;
  for (Copy& copy : copies_) {
    std::size_t limit_bytes = SIZE_MAX;
    for (const Node* user : members_) {
      for (std::size_t i = 0; i < user->edges.size(); ++i) {
        if (user == copy.node || user->edges[i].node != copy.node) continue;
        limit_bytes =
            std::min(limit_bytes, user->bytes.file->needs()[i].name.size());
      }
    }
    copy.path = ShortPath(copy, limit_bytes);
    if (copy.path.empty()) return false;
  }
  return true;
}

void Component::RenameInside() {
  for (Copy& copy : copies_) {
    for (std::size_t i = 0; i < copy.node->edges.size(); ++i) {
      const Edge& edge = copy.node->edges[i];
      if (!IsInside(edge)) continue;
      if (edge.node == copy.node) {  // a library that needs itself
        copy.edits.push_back(elf::PlanDrop(*copy.node->bytes.file, i));
        continue;
      }
      const auto target = std::find_if(
          copies_.begin(), copies_.end(),
          [&edge](const Copy& other) { return other.node == edge.node; });
      // It fits: ChoosePaths has looked at every name.
      auto edits = elf::PlanRename(*copy.node->bytes.file, i, target->path);
      for (elf::Edit& edit : *edits) copy.edits.push_back(std::move(edit));
      copy.edits_names = true;
    }
  }
}

// Makes the dynamic linker find what the members need besides each other.
Status Component::NameOutside() {
  std::set<SharedObject*> seen;
  const auto for_each_need = [this](auto&& action) -> Status {
    for (Copy& copy : copies_) {
      for (std::size_t i = 0; i < copy.node->edges.size(); ++i) {
        const Edge& edge = copy.node->edges[i];
        SharedObject* object = IsInside(edge) ? nullptr : TargetOf(edge);
        if (object == nullptr) continue;
        if (Status status = action(copy, i, *object); !status.ok()) {
          return status;
        }
      }
    }
    return Status::Ok();
  };
  (void)for_each_need([&](Copy&, std::size_t, SharedObject& object) {
    LendTokens(object, seen);
    return Status::Ok();
  });
  return for_each_need([this](Copy& copy, std::size_t i, SharedObject& object) {
    return NameOne(copy, i, object);
  });
}

// To the object and to all that it reaches.
void Component::LendTokens(SharedObject& object,
                           std::set<SharedObject*>& seen) {
  if (!seen.insert(&object).second) return;
  if (!object.token.empty()) {
    names_.emplace_front(HandleOf(object), object.token);
  }
  for (const Supply& need : object.needs) {
    if (need.object != nullptr) LendTokens(*need.object, seen);
  }
}

Status Component::NameOne(Copy& copy, std::size_t need, SharedObject& object) {
  const elf::ElfFile& file = *copy.node->bytes.file;
  const std::string name(file.needs()[need].name);
  if (os::FindLoaded(name) == HandleOf(object)) return Status::Ok();
  if (object.token.empty()) {
    object.token = os::UniqueToken();
    names_.emplace_front(HandleOf(object), object.token);
  }
  auto edits = elf::PlanRename(file, need, object.token);
  if (!edits) {
    return {ErrorCode::kLoadFailed,
            copy.node->label + ": the needed name " + name +
                " does not lead to " + object.report.path +
                ", and is too short to be replaced (expected at least " +
                std::to_string(object.token.size()) + " bytes)"};
  }
  for (elf::Edit& edit : *edits) copy.edits.push_back(std::move(edit));
  copy.edits_names = true;
  return Status::Ok();
}

// Makes the member known before its dlopen, which may come back to us.
void Component::Register(Copy& copy) {
  const Node& node = *copy.node;
  const elf::ElfFile& file = *node.bytes.file;
  auto object = std::make_unique<SharedObject>();
  object->descriptor_path = copy.path;
  object->label = node.label;
  object->mount = node.mount;
  object->entry = node.entry;
  object->rpath = file.rpath();
  object->runpath = file.runpath();
  object->crc32 = node.crc32;
  object->identity = node.identity;
  object->symbolic = file.Value(DT_SYMBOLIC) || (file.flags() & DF_SYMBOLIC);
  object->constructors = copy.constructors;
  object->is_outline = relocates_;
  object->weakened = std::move(copy.weakened);
  if (copy.edits_names) object->content = ContentIdOf(node.bytes.span());
  LoadedObject& report = object->report;
  report.path = node.virtual_path;
  report.soname = file.soname();
  if (copy.placement->is_memfd()) {
    report.memfd_name = os::MemfdName(BaseNameOf(node.entry));
  }
  report.tier = node.bytes.tier;
  report.reason = node.bytes.reason;
  report.build_id = Hexadecimal(file.build_id());
  report.size_bytes = node.bytes.span().size();
  report.copied_bytes = copy.copied_bytes;
  copy.object = registry_.Begin(node.key, std::move(object));
}

Status Component::Open() {
  if (Status status = VerifyVersions(); !status.ok()) return status;
  NoteAbsentHosts();
  for (Copy& copy : copies_) Register(copy);
  if (!relocates_) BindNeedsAhead();
  Copy& first = copies_.front();
  Result<void*> handle = Status::Ok();
  {
    const Stopwatch stopwatch(first.node->milliseconds);
    // RTLD_NODELETE: a dlclose too many must not pull an extension's code from
    // under objects that live on.
    handle =
        os::OpenPath(first.path, flags_ | RTLD_NODELETE, first.node->label);
  }
  Status status = handle.status();
  if (handle.ok()) {
    first.object->handle = handle.value();
    if (relocates_) TakeOutAllDestructors();
  }
  for (Copy& copy : copies_) {
    if (status.ok()) status = Settle(copy);
  }
  if (status.ok()) return status;
  for (const Copy& copy : copies_) registry_.Abandon(copy.node->key);
  return status;
}

// Names that the host is to supply and that are not loaded yet.
void Component::NoteAbsentHosts() {
  for (const Node* node : members_) {
    for (std::size_t i = 0; i < node->edges.size(); ++i) {
      if (TargetOf(node->edges[i]) != nullptr || IsInside(node->edges[i])) {
        continue;
      }
      const std::string name(node->bytes.file->needs()[i].name);
      if (ProviderOf(name) != Provider::kArchiveThenHost &&
          ProviderOf(name) != Provider::kArchive) {
        continue;
      }
      if (os::FindLoaded(name) == nullptr) absent_hosts_.insert(name);
    }
  }
}

// What satisfies each need, now that all members are there.
void Component::LinkMembers() {
  for (Node* node : members_) {
    std::vector<Supply>& needs = node->object->needs;
    needs.clear();
    for (std::size_t i = 0; i < node->edges.size(); ++i) {
      SharedObject* object = TargetOf(node->edges[i]);
      const std::string name(node->bytes.file->needs()[i].name);
      needs.push_back(object != nullptr ? Supply{object, nullptr}
                                        : HostSupply(name));
    }
  }
}

Supply Component::HostSupply(const std::string& name) {
  if (ProviderOf(name) == Provider::kHost) return {};
  void* handle = os::FindLoaded(name);
  if (handle == nullptr) return {};
  SharedObject* adopted = registry_.FindHost(handle);
  if (adopted == nullptr && absent_hosts_.contains(name)) {
    adopted = registry_.AdoptHost(handle);
  }
  return adopted != nullptr ? Supply{adopted, nullptr}
                            : Supply{nullptr, handle};
}

// Last member first: it was reached over the others. What is needed too early
// is dropped, and the binder completes it.
Status Component::LoadApart() {
  for (std::size_t i = members_.size(); i-- > 0;) {
    Node& node = *members_[i];
    const int mode = flags_ & (RTLD_LAZY | RTLD_NOW);
    Component one(registry_, redirects_, policy_, offers_, {&node},
                  i == 0 ? flags_ : mode);
    one.AllowUndefined();
    if (Status status = one.MakeCopy(node); !status.ok()) return status;
    one.relocates_ = one.MayRelocate();
    Copy& copy = one.copies_.front();
    for (std::size_t need = 0; need < node.edges.size(); ++need) {
      if (!IsInside(node.edges[need])) continue;
      copy.edits.push_back(elf::PlanDrop(*node.bytes.file, need));
    }
    Status status = one.NameOutside();
    if (status.ok()) status = one.WriteCopies();
    if (status.ok()) status = one.Open();
    if (!status.ok()) return status;
    // For the tokens of those that come next.
    one.LinkMembers();
  }
  LinkMembers();
  return Status::Ok();
}

}  // namespace inmem::loader
