// test/isolation/cxx/shapes.cc: libshapes of the C++ test: classes, and a constructor that writes to std::cout.
#include "shapes.h"

#include <iostream>
#include <sstream>

namespace shapes {

Shape::~Shape() = default;
std::string Square::Name() const { return "square"; }

Shape* MakeSquare() { return new Square; }
Shape* MakeCircle() { return new Circle; }
int CountInShapes() { return Count(); }
int& EntriesInShapes() { return Registry<Shape>::entries; }

namespace {

// Runs while the library is loaded; the streams are Node's own objects there (copy relocation).
struct Announcement {
  Announcement() { std::cout << "libshapes: constructor" << std::endl; }
} announcement;

}  // namespace

std::string GetShapesLog() {
  std::ostringstream text;
  text << std::boolalpha << (std::cout.rdbuf() != nullptr) << ' ' << 1.5 << ' ' << 42;
  return text.str();
}

}  // namespace shapes
