// native/loader/component_share.cc: is a component loaded already?
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "loader/component.h"
#include "os/mapping.h"

namespace inmem::loader {
namespace {

// Whether the bytes of the archive are those of the loaded object. Read-only
// segments are compared where they lie in memory; the writable ones have
// changed since, and are told apart by the archive's CRC-32 over everything.
bool HaveSameBytes(const Node& node, const SharedObject& object) {
  const std::span<const std::byte> bytes = node.bytes.span();
  if (object.report.size_bytes != bytes.size() || object.crc32 != node.crc32 ||
      object.identity != node.identity) {
    return false;
  }
  if (object.content) return *object.content == ContentIdOf(bytes);
  for (const Elf64_Phdr& phdr : node.bytes.file->program_headers()) {
    if (phdr.p_type != PT_LOAD || (phdr.p_flags & PF_W) != 0) continue;
    if ((phdr.p_flags & PF_R) == 0) return false;  // nobody may look there
    if (phdr.p_filesz == 0) continue;
    const std::uintptr_t address = object.report.base + phdr.p_vaddr;
    if (!object.Contains(address) ||
        !object.Contains(address + phdr.p_filesz - 1)) {
      return false;
    }
    if (std::memcmp(os::PointerTo(address), bytes.data() + phdr.p_offset,
                    phdr.p_filesz) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

SharedObject* TargetOf(const Edge& edge) {
  if (edge.object != nullptr) return edge.object;
  return edge.node != nullptr ? edge.node->object : nullptr;
}

bool IsInside(const Edge& edge) {
  return edge.node != nullptr && edge.node->object == nullptr;
}

bool Component::Matches(Node& node, SharedObject& object,
                        std::vector<std::pair<Node*, SharedObject*>>& matched) {
  for (const auto& [known, its_object] : matched) {
    if (known == &node) return its_object == &object;
  }
  if (object.needs.size() != node.edges.size() ||
      !HaveSameBytes(node, object)) {
    return false;
  }
  matched.emplace_back(&node, &object);
  for (std::size_t i = 0; i < node.edges.size(); ++i) {
    const Edge& edge = node.edges[i];
    SharedObject* need = object.needs[i].object;
    if (need != nullptr && need->is_host) need = nullptr;
    const bool same =
        IsInside(edge) ? need != nullptr && Matches(*edge.node, *need, matched)
                       : need == TargetOf(edge);
    if (!same) return false;
  }
  return true;
}

bool Component::Share() {
  const Node& first = *members_.front();
  for (SharedObject* candidate :
       registry_.FindAlike(first.bytes.span().size(), first.crc32)) {
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

}  // namespace inmem::loader
