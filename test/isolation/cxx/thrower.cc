// test/isolation/cxx/thrower.cc: libthrower of the C++ test: throws what others catch.
#include <vector>

#include "shapes.h"

namespace shapes {

void ThrowHeaderError() { throw HeaderError("from libthrower"); }

void ThrowStandardError() { std::vector<int>().at(7); }

// Catches what the callback throws in another object, and throws it on.
void ThrowThroughCallback(void (*callback)()) {
  try {
    callback();
  } catch (const HeaderError& error) {
    throw std::logic_error(std::string("caught: ") + error.what());
  }
}

int CountInThrower() { return Count(); }
bool IsCircleInThrower(Shape* shape) { return dynamic_cast<Circle*>(shape) != nullptr; }
int& EntriesInThrower() { return Registry<Shape>::entries; }

}  // namespace shapes
