// native/loader/closure.cc: finds a shared object's closure and orders it.
#include "loader/closure.h"

#include <dlfcn.h>

#include <algorithm>
#include <utility>

#include "loader/component.h"
#include "loader/host_libraries.h"
#include "loader/stopwatch.h"
#include "os/dynamic_linker.h"

namespace inmem::loader {
namespace {

// Real chains of needs are a dozen long; each step costs stack.
constexpr std::size_t kDepthLimit = 200;

// "libpython3.12.so.1.0" and "libpython3.13.so.1.0": the same up to a digit.
bool IsAnotherVersion(std::string_view soname, std::string_view own) {
  const std::string_view stem = own.substr(0, own.find_first_of("0123456789"));
  return !stem.empty() && stem != own && soname.starts_with(stem);
}

}  // namespace

Result<SharedObject*> Closure::Load(const std::string& entry) {
  const auto root = Visit(entry, nullptr, 0);
  if (!root.ok()) return root.status();
  return root.value()->object;
}

Result<Node*> Closure::Visit(const std::string& entry, Node* user,
                             std::size_t depth) {
  const auto index = mount_->FindFile(entry);
  const std::string label = mount_->archive().name() + "!/" + entry;
  if (!index) {
    return Status(ErrorCode::kNotFound, label + ": no such entry");
  }
  if (depth > kDepthLimit) {
    return Status(ErrorCode::kLoadFailed,
                  label + ": at the end of " + std::to_string(depth) +
                      " needs, each of which has the next (expected at most " +
                      std::to_string(kDepthLimit) + ")");
  }
  nodes_.push_back(std::make_unique<Node>());
  Node& node = *nodes_.back();
  node.mount = mount_;
  node.entry = entry;
  node.key = KeyOf(*mount_, *index);
  node.label = label;
  node.virtual_path = mount_->point() + "/" + entry;
  node.user = user;
  node.index = node.lowlink = nodes_.size();
  node_by_entry_[entry] = &node;
  if (Status status = ReadNode(node, *index); !status.ok()) return status;

  node.on_stack = true;
  stack_.push_back(&node);
  if (Status status = VisitNeeds(node, depth); !status.ok()) return status;
  if (node.lowlink != node.index) return &node;

  // `node` closes a strongly connected component: itself and what is above.
  const auto first = std::find(stack_.begin(), stack_.end(), &node);
  std::vector<Node*> members(first, stack_.end());
  stack_.erase(first, stack_.end());
  for (Node* member : members) member->on_stack = false;
  if (Status status = LoadComponent(members); !status.ok()) return status;
  for (Node* member : members) {
    member->bytes = ObjectBytes();  // a closure may be gigabytes large
  }
  return &node;
}

Status Closure::ReadNode(Node& node, archive::Archive::Index index) {
  const Stopwatch stopwatch(node.milliseconds);
  auto ahead = read_ahead_.Take(node.entry);
  auto bytes =
      ahead ? *std::move(ahead)
            : ReadObject(*mount_, index, policy_.tier, node.label, &offers_);
  if (!bytes.ok()) return bytes.status();
  node.bytes = bytes.Take();
  node.crc32 = mount_->archive().entry(index).crc32;
  node.identity = mount_->archive().content_identity(index);
  const elf::ElfFile& file = *node.bytes.file;
  node.seeker = {node.entry, file.rpath(), file.runpath(),
                 node.user != nullptr ? &node.user->seeker : nullptr};
  return Status::Ok();
}

// All but the first one, which this thread reads next itself.
void Closure::ReadNeedsAhead(
    const std::vector<std::optional<std::string>>& entries) {
  // Smaller ones are inflated before another thread has seen them.
  constexpr std::uint64_t kLeastBytes = std::uint64_t{64} << 10;
  bool is_first = true;
  for (const std::optional<std::string>& entry : entries) {
    if (!entry || node_by_entry_.contains(*entry) || read_ahead_.Has(*entry)) {
      continue;
    }
    const auto index = mount_->FindFile(*entry);
    const archive::Entry found = mount_->archive().entry(*index);
    if (registry_.Find(KeyOf(*mount_, *index)) != nullptr) continue;
    if (std::exchange(is_first, false)) continue;
    if (found.method == archive::Method::kStored ||
        found.size_bytes < kLeastBytes) {
      continue;
    }
    read_ahead_.Ask(
        *entry, found.size_bytes,
        [this, index, label = mount_->archive().name() + "!/" + *entry] {
          return ReadObject(*mount_, *index, policy_.tier, label, &offers_);
        });
  }
}

Status Closure::VisitNeeds(Node& node, std::size_t depth) {
  // All needs of one object are resolved before any is loaded: what is missing
  // shows before constructors have run.
  const auto entries = ResolveNeeds(node);
  if (!entries.ok()) return entries.status();
  ReadNeedsAhead(entries.value());
  for (std::size_t i = 0; i < entries.value().size(); ++i) {
    const std::optional<std::string>& entry = entries.value()[i];
    if (!entry) continue;
    const auto index = mount_->FindFile(*entry);
    Edge& edge = node.edges[i];
    edge.object = registry_.Find(KeyOf(*mount_, *index));
    if (edge.object != nullptr) continue;
    if (const auto seen = node_by_entry_.find(*entry);
        seen != node_by_entry_.end()) {
      edge.node = seen->second;
      if (edge.node->on_stack) {
        node.lowlink = std::min(node.lowlink, edge.node->index);
      }
      continue;
    }
    const auto visited = Visit(*entry, &node, depth + 1);
    if (!visited.ok()) return visited.status();
    edge.node = visited.value();
    node.lowlink = std::min(node.lowlink, edge.node->lowlink);
  }
  return Status::Ok();
}

// By DT_NEEDED: the library's entry, or nullopt where the host or an object
// loaded before (then in node.edges) satisfies it.
Result<std::vector<std::optional<std::string>>> Closure::ResolveNeeds(
    Node& node) {
  const Stopwatch stopwatch(node.milliseconds);
  const std::size_t count = node.bytes.file->needs().size();
  node.edges.resize(count);
  std::vector<std::optional<std::string>> entries;
  for (std::size_t i = 0; i < count; ++i) {
    auto entry = ResolveNeed(node, i);
    if (!entry.ok()) return entry.status();
    entries.push_back(entry.Take());
  }
  return entries;
}

Result<std::optional<std::string>> Closure::ResolveNeed(Node& node,
                                                        std::size_t need) {
  const std::string_view name = node.bytes.file->needs()[need].name;
  // Ours comes before any other of that name, the bundle's and the host's: a
  // second one beside us would be another world of objects.
  if (name == os::OwnSoname()) return std::optional<std::string>();
  const auto& allowed = policy_.host_libraries;
  const Provider provider =
      std::find(allowed.begin(), allowed.end(), name) != allowed.end()
          ? Provider::kHost
          : ProviderOf(name);
  const std::optional<std::string> host;
  if (provider == Provider::kHost) return host;
  if (provider == Provider::kLoadedThenArchive &&
      os::FindLoaded(std::string(name)) != nullptr) {
    return host;
  }
  // What the host may give a wheel asks for by that name: libz.so.1 is the
  // host's, whatever soname the wheel's own zlib has. Nor must every library of
  // the bundle be read to learn that it is not there.
  const bool by_soname = provider == Provider::kArchive;
  NeedFound found = FindNeed(*mount_, node.seeker, name, by_soname);
  if (found.entry) return std::move(found.entry);
  if (provider != Provider::kArchive) return host;
  node.edges[need].object = registry_.FindBySoname(name);
  if (node.edges[need].object != nullptr) return host;
  return Missing(node, name, found.looked_for);
}

Status Closure::LoadComponent(std::vector<Node*> members) {
  // A constructor of a dependency may have loaded them by dlopen.
  std::erase_if(members, [this](Node* node) {
    node->object = registry_.Find(node->key);
    return node->object != nullptr;
  });
  if (members.empty()) return Status::Ok();
  const bool is_root = members.front()->user == nullptr;
  // From disk the root's binding mode holds for all that it brings in, and
  // RTLD_GLOBAL is extended to them when the root is opened.
  const int mode = flags_ & (RTLD_LAZY | RTLD_NOW);
  Component component(registry_, redirects_, policy_, offers_, members,
                      is_root ? flags_ : mode);
  if (component.Share()) return Status::Ok();
  Status status = component.Load();
  if (status.code() != ErrorCode::kUndefinedSymbol || is_root) return status;
  Component again(registry_, redirects_, policy_, offers_, members, mode);
  again.AllowUndefined();
  // The first reason is the better one: it names the first symbol.
  return again.Load().ok() ? Status::Ok() : status;
}

Status Closure::Missing(const Node& node, std::string_view need,
                        const std::vector<std::string>& looked_for) const {
  std::string message =
      node.label + ": needs " + std::string(need) + ", which is not there";
  if (IsMusl(need)) {
    return {ErrorCode::kWrongMachine,
            message +
                ": the object is built for musl, Alpine's C library "
                "(expected a manylinux wheel, for glibc)"};
  }
  if (IsAnotherVersion(need, os::OwnSoname())) {
    return {ErrorCode::kWrongPython,
            message + ": the object is built for another version (expected " +
                std::string(os::OwnSoname()) + ", which this process is)"};
  }
  message += " (expected ";
  for (const std::string& name : looked_for) message += name + ", ";
  message +=
      "a library loaded before, or one that PEP 600 leaves to the host); add "
      "the wheel that carries it, let auditwheel repair the wheel, or name it "
      "in the option hostLibraries to take the host's";
  return {ErrorCode::kMissingLibrary, std::move(message)};
}

}  // namespace inmem::loader
