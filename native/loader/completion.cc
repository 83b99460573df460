// native/loader/completion.cc: from open to usable.
#include "loader/completion.h"

#include <algorithm>
#include <vector>

#include "loader/binder.h"
#include "loader/constructors.h"
#include "loader/relocator.h"
#include "loader/scope.h"
#include "loader/stopwatch.h"

namespace inmem::loader {
namespace {

using State = SharedObject::State;

Status Relocate(Registry& registry, const Redirects& redirects,
                const std::vector<ScopeMember>& scope, SharedObject& object) {
  return Relocator(object, scope, redirects, registry.host_symbols()).Bind();
}

Status BindAll(Registry& registry, const Redirects& redirects,
               SharedObject& root, const std::vector<SharedObject*>& objects) {
  const bool all_bound = std::none_of(
      objects.begin(), objects.end(),
      [](SharedObject* object) { return object->state == State::kOpened; });
  if (all_bound) return Status::Ok();
  const std::size_t globals = registry.globals().size();
  const std::vector<ScopeMember> scope = DiskScope(registry, root, globals);
  registry.host_symbols().BeginBinding();
  for (SharedObject* object : objects) {
    if (object->state != State::kOpened) continue;
    double milliseconds = 0;
    {
      const Stopwatch stopwatch(milliseconds);
      Status status = object->is_outline
                          ? Relocate(registry, redirects, scope, *object)
                          : Binder(*object, scope, redirects).Bind();
      if (!status.ok()) return status;
    }
    object->report.binding_milliseconds += milliseconds;
    object->report.milliseconds += milliseconds;
    object->bound_for = &root;
    object->bound_globals = globals;
    object->state = State::kBound;
  }
  return Status::Ok();
}

Status Construct(Registry& registry, SharedObject& object) {
  object.state = State::kConstructed;  // as seen by what its constructors call
  Status status = object.is_outline ? FinishRelocation(object) : Status::Ok();
  if (status.ok()) {
    const Stopwatch stopwatch(object.report.constructor_milliseconds);
    status =
        RunConstructors(object.constructors, object.report.base, object.label);
  }
  if (status.ok()) {
    if (!object.is_host) registry.Report(object);
  } else {
    object.state = State::kFailed;
    object.failure = status;
  }
  return status;
}

}  // namespace

Status Complete(Registry& registry, const Redirects& redirects,
                SharedObject& root) {
  std::vector<SharedObject*> objects = Reachable(root);
  for (const SharedObject* object : objects) {
    if (object->state == State::kFailed) return object->failure;
  }
  std::erase_if(objects, [](const SharedObject* object) {
    return object->state != State::kOpened && object->state != State::kBound;
  });
  std::sort(objects.begin(), objects.end(),
            [](const SharedObject* a, const SharedObject* b) {
              return a->sequence < b->sequence;
            });
  if (Status status = BindAll(registry, redirects, root, objects);
      !status.ok()) {
    return status;
  }
  for (SharedObject* object : objects) {
    // A constructor may have loaded, and so constructed, some of the rest.
    if (object->state != State::kBound) continue;
    if (Status status = Construct(registry, *object); !status.ok()) {
      return status;
    }
  }
  return Status::Ok();
}

void BindAhead(Registry& registry, const Redirects& redirects,
               SharedObject& need) {
  std::vector<SharedObject*> objects = Reachable(need);
  std::erase_if(objects, [](const SharedObject* object) {
    return object->state != State::kOpened || !object->is_outline;
  });
  if (objects.empty()) return;
  const std::vector<ScopeMember> scope =
      DiskScope(registry, need, registry.globals().size());
  registry.host_symbols().BeginBinding();
  for (SharedObject* object : objects) {
    (void)Relocate(registry, redirects, scope, *object);
  }
}

std::uint64_t CountViolations(Registry& registry, const Redirects& redirects,
                              SharedObject& object) {
  SharedObject* root = object.bound_for;
  if (root == nullptr) root = &object;
  const std::vector<ScopeMember> scope =
      DiskScope(registry, *root, object.bound_globals);
  return Binder(object, scope, redirects).CountViolations();
}

}  // namespace inmem::loader
