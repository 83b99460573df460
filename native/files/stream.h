// native/files/stream.h: directory streams over virtual folders.
// Private to the layer.
#pragma once

#include <dirent.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "files/resolve.h"
#include "os/unique_fd.h"

namespace inmem::files {

// What a DIR* of ours stands for. The names are those of the moment of opendir;
// the mount is kept, so that an unmount changes nothing here.
class Stream {
 public:
  explicit Stream(Target folder);

  // The next entry, valid until the next call; null at the end.
  dirent* Next();
  void Seek(long position);
  long Tell();

  // A descriptor of the folder, opened when first asked for; -1 with errno.
  int Descriptor();
  void Own(int fd) { fd_.Reset(fd); }

 private:
  struct Item {
    std::string name;
    std::uint64_t inode = 0;
    unsigned char type = 0;
  };
  void Add(std::string_view name, const Target& target);
  void ListAbove();

  std::mutex mutex_;
  Target folder_;
  std::vector<Item> items_;
  std::size_t next_ = 0;
  dirent entry_ = {};
  os::UniqueFd fd_;
};

// Gives the stream out as a DIR*; null with EMFILE where too many are open.
DIR* GiveOut(std::unique_ptr<Stream> stream);
// The stream behind a DIR*; null: the C library's. Safe for any pointer.
Stream* StreamOf(DIR* given);
// Takes it back.
std::unique_ptr<Stream> TakeBack(DIR* given);

}  // namespace inmem::files
