// native/loader/component.cc: loads a strongly connected component.
#include "loader/component.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "loader/stopwatch.h"
#include "os/memfd.h"

namespace inmem::loader {
namespace {

// What satisfies the edge, once that is loaded.
SharedObject* TargetOf(const Edge& edge) {
  if (edge.object != nullptr) return edge.object;
  return edge.node != nullptr ? edge.node->object : nullptr;
}

// Descriptors of circles. Their paths are spelled plainly, to fit over short
// names, and glibc remembers them: the numbers must never be used again.
void KeepOpenForEver(os::UniqueFd fd) { (void)fd.Release(); }

}  // namespace

bool Component::IsInside(const Edge& edge) const {
  return edge.node != nullptr && edge.node->object == nullptr;
}

bool Component::Matches(Node& node, SharedObject& object,
                        std::vector<std::pair<Node*, SharedObject*>>& matched) {
  for (const auto& [known, its_object] : matched) {
    if (known == &node) return its_object == &object;
  }
  if (object.needs.size() != node.edges.size() ||
      object.content != node.content) {
    return false;
  }
  matched.emplace_back(&node, &object);
  for (std::size_t i = 0; i < node.edges.size(); ++i) {
    const Edge& edge = node.edges[i];
    SharedObject* need = object.needs[i];
    const bool same =
        IsInside(edge) ? need != nullptr && Matches(*edge.node, *need, matched)
                       : need == TargetOf(edge);
    if (!same) return false;
  }
  return true;
}

bool Component::Share() {
  for (Node* node : members_) {
    const Stopwatch stopwatch(node->milliseconds);
    node->content = ContentIdOf(node->bytes.span());
  }
  for (SharedObject* candidate :
       registry_.FindByContent(members_.front()->content)) {
    std::vector<std::pair<Node*, SharedObject*>> matched;
    if (!Matches(*members_.front(), *candidate, matched)) continue;
    for (const auto& [node, object] : matched) {
      node->object = object;
      registry_.Alias(node->key, object);
    }
    return true;
  }
  return false;
}

Status Component::Load() {
  copies_.reserve(members_.size());  // pointers to copies are kept
  for (Node* node : members_) {
    if (Status status = MakeCopy(*node); !status.ok()) return status;
  }
  if (!ChoosePaths()) return LoadApart();
  RenameInside();
  if (Status status = NameOutside(); !status.ok()) return status;
  if (Status status = WriteCopies(); !status.ok()) return status;
  if (Status status = Open(); !status.ok()) return status;
  if (copies_.size() > 1) {
    for (Copy& copy : copies_) KeepOpenForEver(std::move(copy.fd));
  }
  return Status::Ok();
}

Status Component::MakeCopy(Node& node) {
  const Stopwatch stopwatch(node.milliseconds);
  auto fd = os::CreateMemfd(BaseNameOf(node.entry));
  if (!fd.ok()) {
    return {fd.status().code(), node.label + ": " + fd.status().message()};
  }
  Copy copy;
  copy.node = &node;
  copy.fd = fd.Take();
  copies_.push_back(std::move(copy));
  return Status::Ok();
}

std::string Component::ShortPath(const Copy& copy,
                                 std::size_t limit_bytes) const {
  for (const char* folder : {"/proc/self/fd/", "/dev/fd/"}) {
    std::string path = folder + std::to_string(copy.fd.get());
    // Nobody else may have loaded a file under this very string.
    if (path.size() <= limit_bytes && ::access(path.c_str(), F_OK) == 0 &&
        os::FindLoaded(path) == nullptr) {
      return path;
    }
  }
  return "";
}

bool Component::ChoosePaths() {
  if (copies_.size() == 1) {
    copies_[0].path = os::UniqueDescriptorPath(copies_[0].fd.get());
    return true;
  }
  for (Copy& copy : copies_) {
    std::size_t limit_bytes = SIZE_MAX;
    for (const Node* user : members_) {
      for (std::size_t i = 0; i < user->edges.size(); ++i) {
        if (user == copy.node || user->edges[i].node != copy.node) continue;
        limit_bytes = std::min(limit_bytes, user->file->needs()[i].name.size());
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
        copy.edits.push_back(elf::PlanDrop(*copy.node->file, i));
        continue;
      }
      const auto target = std::find_if(
          copies_.begin(), copies_.end(),
          [&edge](const Copy& other) { return other.node == edge.node; });
      // It fits: ChoosePaths has looked at every name.
      auto edits = elf::PlanRename(*copy.node->file, i, target->path);
      for (elf::Edit& edit : *edits) copy.edits.push_back(std::move(edit));
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
  for (SharedObject* need : object.needs) {
    if (need != nullptr) LendTokens(*need, seen);
  }
}

Status Component::NameOne(Copy& copy, std::size_t need, SharedObject& object) {
  const elf::ElfFile& file = *copy.node->file;
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
  return Status::Ok();
}

Status Component::WriteCopies() {
  for (Copy& copy : copies_) {
    const Stopwatch stopwatch(copy.node->milliseconds);
    const int fd = copy.fd.get();
    const std::string& label = copy.node->label;
    Status status = os::WriteAll(fd, 0, copy.node->bytes.span(), label);
    for (const elf::Edit& edit : copy.edits) {
      if (!status.ok()) break;
      status = os::WriteAll(fd, edit.offset_bytes, edit.bytes, label);
    }
    if (status.ok()) status = os::Seal(fd, label);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// Makes the member known before its dlopen: a constructor may ask for it.
void Component::Register(Copy& copy) {
  const Node& node = *copy.node;
  auto object = std::make_unique<SharedObject>();
  object->content = node.content;
  object->descriptor_path = copy.path;
  object->report.path = node.virtual_path;
  object->report.soname = node.file->soname();
  object->report.memfd_name = os::MemfdName(BaseNameOf(node.entry));
  object->report.method = "memfd";
  object->report.size_bytes = node.bytes.span().size();
  object->report.copied_bytes = object->report.size_bytes;
  copy.object = registry_.Begin(node.key, std::move(object));
}

Status Component::Open() {
  for (Copy& copy : copies_) Register(copy);
  for (Copy& copy : copies_) {
    for (const Edge& edge : copy.node->edges) {
      SharedObject* target = TargetOf(edge);
      for (const Copy& other : copies_) {
        if (other.node == edge.node) target = other.object;
      }
      copy.object->needs.push_back(target);
    }
  }
  Copy& first = copies_.front();
  Result<void*> handle = Status::Ok();
  {
    const Stopwatch stopwatch(first.node->milliseconds);
    // RTLD_NODELETE: a dlclose too many must not pull an extension's code from
    // under objects that live on.
    handle =
        os::OpenPath(first.path, flags_ | RTLD_NODELETE, first.node->label);
  }
  if (!handle.ok()) {
    for (const Copy& copy : copies_) registry_.Abandon(copy.node->key);
    return handle.status();
  }
  first.object->handle = handle.value();
  for (Copy& copy : copies_) {
    // The others are loaded too, under the path by which they were needed.
    os::SetName(HandleOf(*copy.object), copy.node->virtual_path);
    copy.object->report.milliseconds = copy.node->milliseconds;
    copy.node->object = copy.object;
    registry_.Finish(copy.object);
  }
  return Status::Ok();
}

// Last member first: it was reached over the others.
Status Component::LoadApart() {
  for (std::size_t i = members_.size(); i-- > 0;) {
    Node& node = *members_[i];
    // Lazily, since some of what it needs comes after it.
    const int lazy = RTLD_LAZY | (flags_ & ~RTLD_NOW);
    Component one(registry_, {&node}, i == 0 ? flags_ : lazy);
    if (Status status = one.MakeCopy(node); !status.ok()) return status;
    Copy& copy = one.copies_.front();
    copy.path = os::UniqueDescriptorPath(copy.fd.get());
    for (std::size_t need = 0; need < node.edges.size(); ++need) {
      if (!IsInside(node.edges[need])) continue;
      copy.edits.push_back(elf::PlanDrop(*node.file, need));
    }
    Status status = one.NameOutside();
    if (status.ok()) status = one.WriteCopies();
    if (status.ok()) status = one.Open();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

}  // namespace inmem::loader
