// native/loader/component_copies.cc: what the members' copies hold, and what is
// put over them.
#include <dlfcn.h>

#include <algorithm>
#include <optional>

#include "loader/address_map.h"
#include "loader/completion.h"
#include "loader/component.h"
#include "loader/outline.h"
#include "loader/relocator.h"
#include "loader/stopwatch.h"
#include "os/dynamic_linker.h"

namespace inmem::loader {
namespace {

// Takes: the first ones by place.
bool IsSame(const std::vector<elf::Edit>& sorted,
            std::vector<elf::Edit> edits) {
  std::sort(edits.begin(), edits.end(),
            [](const elf::Edit& a, const elf::Edit& b) {
              return a.offset_bytes < b.offset_bytes;
            });
  return std::equal(sorted.begin(), sorted.end(), edits.begin(), edits.end(),
                    [](const elf::Edit& a, const elf::Edit& b) {
                      return a.offset_bytes == b.offset_bytes &&
                             a.bytes == b.bytes;
                    });
}

}  // namespace

// All or none: what ld.so relocates it looks up in the tables of the others,
// which are not there yet. Nor where calls are to be bound lazily: that is its
// art alone.
bool Component::MayRelocate() const {
  return std::all_of(
             copies_.begin(), copies_.end(),
             [this](const Copy& copy) {
               const ObjectBytes& bytes = copy.node->bytes;
               return bytes.tier == Tier::kMapped && bytes.outline &&
                      ((flags_ & RTLD_NOW) != 0 || bytes.file->bind_now());
             }) &&
         registry_.host_symbols().IsKnown();
}

// The edits that every copy gets.
void Component::EditContents(Copy& copy) {
  const Stopwatch stopwatch(copy.editing_milliseconds);
  const elf::ElfFile& file = *copy.node->bytes.file;
  copy.constructors = file.constructors();
  const auto append = [&copy](std::vector<elf::Edit> edits) {
    for (elf::Edit& edit : edits) copy.edits.push_back(std::move(edit));
  };
  append(elf::PlanDeferConstructors(file));
  if (!weaken_ || relocates_) return;
  auto edits = elf::PlanWeakenUndefined(file);
  const auto symbols = file.Symbols();
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    const elf::Symbol& symbol = symbols[i];
    if (symbol.defined() || symbol.bind != STB_GLOBAL) continue;
    copy.weakened.push_back(i + 1);  // behind the null symbol
  }
  copy.edits_names = copy.edits_names || !edits.empty();
  append(std::move(edits));
}

// Whether another process's copy is what the member's would be.
bool Component::OpenOffered(Copy& copy) {
  std::optional<Offered>& offered = copy.node->bytes.offered;
  if (!offered || copies_.size() != 1 || !copy.placement->is_memfd() ||
      !IsSame(offered->edits, copy.edits) || !offers_.MayOpen(*offered)) {
    return false;
  }
  copy.placement->Adopt(std::move(offered->fd));
  copy.path = copy.placement->path();
  copy.node->bytes.reason += "; it is the copy of " + offered->from;
  return true;
}

Status Component::WriteCopies() {
  for (Copy& copy : copies_) {
    const Stopwatch stopwatch(copy.node->milliseconds);
    EditContents(copy);
    if (OpenOffered(copy)) continue;
    copy.is_offered = !copy.edits_names && copies_.size() == 1 &&
                      copy.placement->is_memfd() &&
                      copy.node->bytes.tier == Tier::kMemfd && offers_.MayAdd();
    const auto copied =
        relocates_ ? WriteOutline(copy.placement->fd(), copy.node->bytes,
                                  copy.edits, copy.node->label)
                   : copy.placement->Write(copy.node->bytes, copy.edits,
                                           copy.is_offered, copy.node->label);
    if (!copied.ok()) return copied.status();
    copy.copied_bytes = copied.value();
  }
  return Status::Ok();
}

// ld.so runs resolvers of functions (IFUNC) while it relocates the members, and
// those call what they need: that must be bound by then. What cannot be bound
// is told when all of the closure is there.
void Component::BindNeedsAhead() {
  for (const Node* node : members_) {
    for (const Edge& edge : node->edges) {
      SharedObject* need = TargetOf(edge);
      if (need != nullptr) BindAhead(registry_, redirects_, *need);
    }
  }
}

// Of all members before the first is filled: where that fails, none may run.
void Component::TakeOutAllDestructors() {
  for (Copy& copy : copies_) {
    const auto base =
        reinterpret_cast<std::uintptr_t>(os::LoadBias(HandleOf(*copy.object)));
    const ObjectBytes& bytes = copy.node->bytes;
    TakeOutDestructors(*copy.object, *bytes.file, base,
                       base + bytes.outline->dynamic_address);
  }
}

// The member is loaded, also where it came as a need of the first one.
Status Component::Settle(Copy& copy) {
  Node& node = *copy.node;
  SharedObject& object = *copy.object;
  {
    const Stopwatch stopwatch(node.milliseconds);
    void* handle = HandleOf(object);
    os::SetName(handle, node.virtual_path);
    const auto base = reinterpret_cast<std::uintptr_t>(os::LoadBias(handle));
    const auto mapped = relocates_
                            ? FillOutline(copy.placement->fd(), node.bytes,
                                          copy.edits, base, node.label)
                            : copy.placement->MapSegments(
                                  node.bytes, copy.edits, base, node.label);
    if (!mapped.ok()) return mapped.status();
    object.report.mapped_bytes = mapped.value();
    object.layout = LayoutOf(*node.bytes.file, base);
    object.image = ImageOf(handle, &object.layout);
    if (relocates_) BeginRelocation(object);
    object.report.base = base;
    object.report.memory_bytes = object.layout.segments.back().end -
                                 object.layout.segments.front().begin;
  }
  object.report.milliseconds = node.milliseconds;
  object.report.binding_milliseconds = copy.editing_milliseconds;
  object.state = SharedObject::State::kOpened;
  node.object = &object;
  registry_.Finish(&object);
  PublishRange(object.layout.segments.front().begin,
               object.layout.segments.back().end, object.report.path.c_str());
  return Status::Ok();
}

}  // namespace inmem::loader
