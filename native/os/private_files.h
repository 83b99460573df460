// native/os/private_files.h: a folder of files that is this process's own.
//
// What PrivateTmpfs and PrivateFolder have in common: both give real paths to
// those who cannot do without one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "os/unique_fd.h"

namespace inmem::os {

class PrivateFiles {
 public:
  // `folder` is the root, `path` how others name it, `kind` what messages call
  // it ("the private tmpfs").
  PrivateFiles(UniqueFd folder, std::string path, std::string kind)
      : folder_(std::move(folder)),
        path_(std::move(path)),
        kind_(std::move(kind)) {}

  // A new file, open for writing, close-on-exec; its folders are made. The file
  // gets `size_bytes` at once: a tmpfs gives huge pages only to what is within
  // a file's size. `relative` is "a/b.so": no "..", no empty piece.
  // The dynamic linker remembers paths for ever: never the same one for other
  // bytes, even after the file is gone. Making it unique is the caller's.
  // Errors: kLoadFailed; a file that exists is one.
  Result<UniqueFd> Create(std::string_view relative,
                          std::uint64_t size_bytes = 0) const;

  // The path of a file in it, or of the folder itself for "".
  std::string Path(std::string_view relative) const;

  int folder() const { return folder_.get(); }

 private:
  Status Refused(std::string_view relative, std::string_view what,
                 int error) const;

  UniqueFd folder_;
  std::string path_;
  std::string kind_;
};

}  // namespace inmem::os
