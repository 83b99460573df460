// native/bridge/handles.cc: Python objects that JavaScript holds, by number.
#include "cpython/python_setup.h"

#include "bridge/handles.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace inmem::bridge {

namespace {

// Below that many objects there is not much to give back.
constexpr std::size_t kMany = 8192;

// What a bound method is of; null: it is none. Borrowed.
struct Bound {
  const void* function = nullptr;
  const void* self = nullptr;
  bool operator==(const Bound&) const = default;
};

Bound BoundOf(PyObject* object) {
  if (Py_IS_TYPE(object, &PyMethod_Type)) {
    return {PyMethod_GET_FUNCTION(object), PyMethod_GET_SELF(object)};
  }
  if (Py_IS_TYPE(object, &PyCFunction_Type)) {
    const auto* function = reinterpret_cast<PyCFunctionObject*>(object);
    return {function->m_ml, function->m_self};
  }
  return {};
}

}  // namespace

std::size_t Handles::Hash::operator()(PyObject* object) const {
  constexpr std::size_t kOdd = 0x9E3779B97F4A7C15;
  const std::hash<const void*> hash;
  const Bound bound = BoundOf(object);
  if (bound.function == nullptr) return hash(object);
  return hash(bound.function) * kOdd ^ hash(bound.self);
}

bool Handles::IsSame::operator()(PyObject* one, PyObject* other) const {
  if (one == other) return true;
  if (Py_TYPE(one) != Py_TYPE(other)) return false;
  const Bound bound = BoundOf(one);
  return bound.function != nullptr && bound == BoundOf(other);
}

std::uint32_t Handles::Send(PyObject* object) {
  const auto [found, is_new] = table_->numbers.try_emplace(object, 0);
  if (!is_new) {
    ++slots_[found->second].sent;
    return found->second;
  }
  const std::uint32_t index = FreeIndex();
  slots_[index] = {Py_NewRef(object), 1};
  found->second = index;
  return index;
}

// Of `free_` some may have gone with the end of `slots_`, and come again.
std::uint32_t Handles::FreeIndex() {
  while (!free_.empty()) {
    const std::uint32_t index = free_.back();
    free_.pop_back();
    if (index < slots_.size() && slots_[index].object == nullptr) return index;
  }
  slots_.emplace_back();
  return static_cast<std::uint32_t>(slots_.size() - 1);
}

void Handles::Release(std::uint32_t index, std::uint32_t times) {
  if (index >= slots_.size()) return;
  Slot& slot = slots_[index];
  if (slot.object == nullptr || slot.sent > times) {
    slot.sent -= slot.object != nullptr ? times : 0;
    return;
  }
  PyObject* object = std::exchange(slot, {}).object;
  table_->numbers.erase(object);
  free_.push_back(index);
  while (!slots_.empty() && slots_.back().object == nullptr) slots_.pop_back();
  if (slots_.capacity() >= kMany && slots_.size() < slots_.capacity() / 4) {
    Shrink();
  }
  Py_DECREF(object);  // last: it may run code that comes back here
}

// After a great many objects, gives back what only they needed.
void Handles::Shrink() {
  slots_.shrink_to_fit();
  free_.clear();
  for (std::size_t i = slots_.size(); i > 0; --i) {
    if (slots_[i - 1].object == nullptr) {
      free_.push_back(static_cast<std::uint32_t>(i - 1));
    }
  }
  free_.shrink_to_fit();
  auto table = std::make_unique<Table>();
  table->numbers.insert(table_->numbers.begin(), table_->numbers.end());
  table_ = std::move(table);
}

void Handles::Clear() {
  std::pmr::vector<Slot> slots(&Pages());
  slots.swap(slots_);
  free_.clear();
  table_->numbers.clear();
  for (const Slot& slot : slots) Py_XDECREF(slot.object);
}

}  // namespace inmem::bridge
