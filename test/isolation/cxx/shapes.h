// test/isolation/cxx/shapes.h: what the libraries of the test share: classes with and without a key function.
#pragma once

#include <stdexcept>
#include <string>

namespace shapes {

// With a key function: type information in libshapes alone.
class __attribute__((visibility("default"))) Shape {
 public:
  virtual ~Shape();
  virtual std::string Name() const = 0;
};

class __attribute__((visibility("default"))) Square : public Shape {
 public:
  std::string Name() const override;
  int side = 3;
};

// Without one: each object that uses it has the type information too (vague linkage).
struct __attribute__((visibility("default"))) Round {
  virtual ~Round() = default;
};

struct __attribute__((visibility("default"))) Circle : Shape, Round {
  std::string Name() const override { return "circle"; }
};

class __attribute__((visibility("default"))) HeaderError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One in the whole process (STB_GNU_UNIQUE), whichever library counts.
__attribute__((visibility("default"))) inline int Count() {
  static int count = 0;
  return ++count;
}

template <typename T>
struct __attribute__((visibility("default"))) Registry {
  static int entries;
};
template <typename T>
int Registry<T>::entries = 100;

// Of libshapes.
Shape* MakeSquare();
Shape* MakeCircle();
int CountInShapes();
int& EntriesInShapes();
std::string GetShapesLog();

// Of libthrower, which needs libshapes.
void ThrowHeaderError();
void ThrowStandardError();
void ThrowThroughCallback(void (*callback)());
int CountInThrower();
bool IsCircleInThrower(Shape* shape);
int& EntriesInThrower();

}  // namespace shapes
