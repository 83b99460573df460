// native/loader/offers.h: copies that processes share. Private to the layer.
//
// Technical note. A copy in a sealed memory file is the same in every process
// that loads the same object: nothing of it depends on an address, and the
// edits of one that needs no tokens are those of every other. So a process
// keeps the descriptors of such copies, and its children open them:
//
//   INMEM_SHARED=/proc/PID/fd/N[:...]  the index of the process, before those
//                                      of its own ancestors
//   index   a memory file: kMagic, then a Record for each copy
//   copy    the object; at the next multiple of 8 a trailer: kMagic, the
//           number of edits, and for each its offset, size, and the bytes that
//           stood there
//
// Inheritance does not reach here: subprocess closes all descriptors. /proc
// gives them to processes of the same user, as long as the one that offers
// lives.
//
// Whom is believed? The variable, as LD_PRELOAD is: who may set it runs code
// here anyway. Everything else is checked: that the file is sealed, so that
// nobody changes it later, and that what it holds, with the edits undone, has
// the size and the CRC-32 that the archive here declares. Who offers something
// else is not used, and the object is read from the archive as if nobody had
// offered it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "elf/edit_plan.h"
#include "os/mapping.h"
#include "os/unique_fd.h"

namespace inmem::loader {

// What tells one object from others, as an archive declares it.
struct OfferKey {
  std::string_view entry;
  std::uint64_t size_bytes = 0;
  std::uint32_t crc32 = 0;
};

// Another process's copy of an object.
struct Offered {
  os::UniqueFd fd;
  os::FileView view;             // the object's own bytes
  std::vector<elf::Edit> edits;  // what the file has in place of some, by place
  std::string from;              // "process 123"
};

// Threads: all members may be called concurrently, after Begin.
class Offers {
 public:
  // Called once there is something to offer, and never again, with the value
  // of INMEM_SHARED for children.
  using Publish = std::function<void(const std::string& value)>;

  // Takes: this process's own INMEM_SHARED; "off" neither takes nor offers.
  void Begin(std::string_view inherited, Publish publish);

  // An ancestor's copy of that object; nullopt where none has it. `refusal`
  // gets why nothing can be had of the nearest one; stays where it can.
  std::optional<Offered> Find(const OfferKey& key, std::string& refusal) const;
  // Whether the dynamic linker may be given that very file: not twice, since
  // it tells files by their inode.
  bool MayOpen(const Offered& offered);

  // Whether one more copy may be offered: descriptors are few in some places.
  bool MayAdd() const;
  // What stands there in a copy that is offered. Takes: the object's own bytes
  // and the edits of the copy.
  static std::uint64_t TrailerOffset(std::uint64_t size_bytes) {
    return (size_bytes + 7) / 8 * 8;
  }
  static std::vector<std::byte> Trailer(std::span<const std::byte> bytes,
                                        const std::vector<elf::Edit>& edits);
  // `fd` is a sealed copy with its trailer, and stays open from now on.
  void Add(const OfferKey& key, int fd);

 private:
  struct Record;
  bool MakeIndex();
  static std::vector<Record> ReadIndex(const std::string& path,
                                       std::string& refusal);
  static std::optional<Offered> Take(const std::string& index,
                                     const Record& record, const OfferKey& key);

  mutable std::mutex mutex_;
  bool offers_ = false;
  pid_t process_ = 0;  // a forked child does not go on with its parent's index
  Publish publish_;
  std::vector<std::string> inherited_;
  os::UniqueFd index_;
  std::size_t count_ = 0;
  std::set<std::uint64_t> opened_;  // inodes
};

}  // namespace inmem::loader
