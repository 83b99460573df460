// native/archive/dos_time.h: MS-DOS dates and times.
#pragma once

#include <cstdint>
#include <ctime>

namespace inmem::archive {

// Date << 16 | time, which zip tools mean as local time, as seconds since 1970.
// A thread's neighbours in an archive nearly always have one time, and mktime
// is a lock and a search in the time zone's table.
// Source: Lib/zipimport.py _parse_dostime; APPNOTE 4.4.6.
inline std::int64_t UnixTimeOfDos(std::uint32_t dos_time) {
  thread_local std::uint32_t last_dos = 0;
  thread_local std::int64_t last = -1;
  if (dos_time == last_dos && last != -1) return last;
  std::tm parts = {};
  parts.tm_sec = static_cast<int>((dos_time & 0x1f) * 2);
  parts.tm_min = static_cast<int>((dos_time >> 5) & 0x3f);
  parts.tm_hour = static_cast<int>((dos_time >> 11) & 0x1f);
  parts.tm_mday = static_cast<int>((dos_time >> 16) & 0x1f);
  parts.tm_mon = static_cast<int>((dos_time >> 21) & 0xf) - 1;
  parts.tm_year = static_cast<int>((dos_time >> 25) & 0x7f) + 80;
  parts.tm_isdst = -1;
  last_dos = dos_time;
  last = std::mktime(&parts);
  return last;
}

}  // namespace inmem::archive
