// native/bridge/handles.cc: Python objects that JavaScript holds, by number.
#include "cpython/python_setup.h"

#include "bridge/handles.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace inmem::bridge {

std::uint32_t Handles::Send(PyObject* object) {
  const auto [found, is_new] = numbers_.try_emplace(object, 0);
  if (!is_new) {
    ++slots_[found->second].sent;
    return found->second;
  }
  std::uint32_t index = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  slots_[index] = {Py_NewRef(object), 1};
  found->second = index;
  return index;
}

void Handles::Release(std::uint32_t index, std::uint32_t times) {
  if (index >= slots_.size()) return;
  Slot& slot = slots_[index];
  if (slot.object == nullptr || slot.sent > times) {
    slot.sent -= slot.object != nullptr ? times : 0;
    return;
  }
  PyObject* object = std::exchange(slot, {}).object;
  numbers_.erase(object);
  free_.push_back(index);
  Py_DECREF(object);  // last: it may run code that comes back here
}

void Handles::Clear() {
  std::vector<Slot> slots = std::exchange(slots_, {});
  free_.clear();
  numbers_.clear();
  for (const Slot& slot : slots) Py_XDECREF(slot.object);
}

}  // namespace inmem::bridge
